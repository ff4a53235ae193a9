package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Advice names what to do about a user.
type Advice string

const (
	Revoke     Advice = "revoke"     // a key is known to have leaked
	Adopt      Advice = "adopt"      // let a stack rotate it
	Deactivate Advice = "deactivate" // nobody seems to need it
	Separate   Advice = "separate"   // it is for something else, and may send as well
	Look       Advice = "look"       // too little is known
	Narrow     Advice = "narrow"     // a stack owns it, and older policies are still there
	Check      Advice = "check"      // a stack owns it, and doesn't seem to rotate
	Delete     Advice = "delete"     // its keys are Inactive
	Nothing    Advice = "nothing"    // a stack owns it
)

// User is what was found of one.
type User struct {
	Place
	Name     string              `json:"user"`
	ARN      string              `json:"arn"`
	Severity sendpolicy.Severity `json:"severity,omitempty"`
	Advice   Advice              `json:"advice"`
	// Todo says why, and what to do, in a person's words.
	Todo string `json:"what_to_do"`
	// MaySend: over SMTP, by its policies.
	MaySend     bool             `json:"may_send"`
	Width       sendpolicy.Width `json:"width"`
	Keys        []KeyReport      `json:"keys"`
	Owner       *Owner           `json:"owner,omitempty"`
	Secret      string           `json:"secret,omitempty"`
	Quarantined bool             `json:"quarantined,omitempty"`
	Boundary    string           `json:"boundary,omitempty"`
	// OtherWays are those into AWS besides access keys, and those that nothing is known of.
	OtherWays []string `json:"other_ways,omitempty"`
	// Findings are the audit's, without the policies to have instead: smtprotate audit --user has
	// those.
	Findings []Finding `json:"findings,omitempty"`
}

// KeyReport is an access key as it is reported.
type KeyReport struct {
	ID       string     `json:"access_key_id"`
	Status   string     `json:"status"`
	Created  time.Time  `json:"created"`
	AgeDays  int        `json:"age_days"`
	LastUsed *time.Time `json:"last_used,omitempty"`
	Service  string     `json:"last_used_service,omitempty"`
	Region   string     `json:"last_used_region,omitempty"`
	// UseUnknown: IAM didn't say, so no last_used doesn't mean never.
	UseUnknown bool `json:"last_used_unknown,omitempty"`
}

// Finding is one of the audit's.
type Finding struct {
	Code     sendpolicy.Code     `json:"code"`
	Severity sendpolicy.Severity `json:"severity"`
	Policy   string              `json:"policy,omitempty"`
	Message  string              `json:"message"`
	Risk     string              `json:"risk"`
}

// old is how old a key is that should have been replaced, and idle how long one goes unused that
// nobody seems to need (the controls IAM.3 and IAM.8, "Security Hub controls for IAM", AWS Security
// Hub User Guide).
const (
	old  = 90 * day
	idle = 90 * day
	day  = 24 * time.Hour
)

// Judge says what is wrong with a user, and what to do.
func Judge(f Facts, now time.Time) User {
	f.Access.Now = now
	may := sendpolicy.MaySend(f.Access)
	findings := sendpolicy.Audit(f.Access)
	u := User{Place: f.Place, Name: f.Access.User, ARN: f.ARN, MaySend: may,
		Width: sendpolicy.WidthOf(may, findings), Owner: f.Owner, Secret: f.Secret,
		OtherWays: otherWays(f.Access), Keys: reports(f.Keys, now)}
	if f.Access.Boundary != nil {
		u.Boundary = f.Access.Boundary.Name
	}
	for _, found := range findings {
		u.Quarantined = u.Quarantined || found.Code == sendpolicy.Quarantined
		u.Findings = append(u.Findings, Finding{found.Code, found.Severity, found.Policy, found.Message, found.Risk})
	}
	u.decide(f, findings, now)
	return u
}

func reports(keys []Key, now time.Time) []KeyReport {
	all := []KeyReport{}
	for _, k := range keys {
		r := KeyReport{ID: k.ID, Status: k.Status, Created: k.Created, AgeDays: days(now.Sub(k.Created)),
			UseUnknown: k.Unknown}
		if k.Used != nil {
			r.LastUsed, r.Service, r.Region = &k.Used.At, k.Used.Service, k.Used.Region
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b KeyReport) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return all
}

func days(d time.Duration) int { return int(d / day) }

func otherWays(a sendpolicy.Access) (ways []string) {
	switch {
	case a.Console && a.MFA:
		ways = append(ways, "a password for the console, with MFA")
	case a.Console:
		ways = append(ways, "a password for the console, without MFA")
	}
	ways = append(ways, a.OtherLogins...)
	for _, why := range a.Unseen {
		ways = append(ways, "not known: "+why)
	}
	return ways
}

// use is what the Active keys tell together.
type use struct {
	active  []Key
	oldest  time.Duration // the age of the oldest
	newest  time.Duration
	mail    *iamaccess.Use // the latest that was mail
	other   *iamaccess.Use // the latest that wasn't
	unknown bool
}

func useOf(keys []Key, now time.Time) (u use) {
	for _, k := range keys {
		if !k.active() {
			continue
		}
		age := now.Sub(k.Created)
		if u.oldest = max(u.oldest, age); len(u.active) == 0 || age < u.newest {
			u.newest = age
		}
		u.active = append(u.active, k)
		u.unknown = u.unknown || k.Unknown
		switch {
		case k.Used == nil:
		case k.mail():
			u.mail = later(u.mail, k.Used)
		default:
			u.other = later(u.other, k.Used)
		}
	}
	return u
}

func later(a, b *iamaccess.Use) *iamaccess.Use {
	if a == nil || b.At.After(a.At) {
		return b
	}
	return a
}

// decide goes through what can be said of a user. The first that is true is said.
func (u *User) decide(f Facts, findings []sendpolicy.Finding, now time.Time) {
	is := useOf(f.Keys, now)
	switch {
	case u.Quarantined && len(is.active) > 0:
		u.revoke(is)
	case u.Quarantined:
		u.say(Revoke, sendpolicy.Medium, "AWS has found one of its keys in public. All are Inactive: answer the case "+
			"that AWS has opened, and then delete them")
	case len(is.active) == 0:
		u.say(Delete, sendpolicy.Low, "No key is Active. Delete %s", ids(f.Keys))
	case f.Owner != nil:
		u.owned(is, findings)
	case !u.MaySend:
		u.say(Deactivate, sendpolicy.Low, "It may not send over SMTP any more, though it has used SES. If nothing "+
			"else needs the key, deactivate %s, and delete it later", ids(is.active))
	case is.unknown:
		u.say(Look, atLeast(sendpolicy.Medium, u.byWidth()), "IAM didn't say when its key was last used: allow "+
			"iam:GetAccessKeyLastUsed, and look again")
	case is.other != nil && (is.mail == nil || idling(is.mail, now)):
		u.separate(is)
	case is.mail == nil && is.oldest >= idle:
		u.say(Deactivate, atLeast(sendpolicy.Medium, u.byWidth()), "Nobody has ever used its key, which is %s old. "+
			"Deactivate %s, which can be undone, and delete it later", Age(is.oldest), ids(is.active))
	case idling(is.mail, now):
		u.say(Deactivate, atLeast(sendpolicy.Medium, u.byWidth()), "Nothing has been sent with it since %s. "+
			"Deactivate %s, which can be undone; if nobody misses it, delete it", date(is.mail.At), ids(is.active))
	default:
		u.adopt(is)
	}
	if u.Advice == Adopt || u.Advice == Deactivate || f.Owner != nil {
		u.closeOthers(worstWayIn(findings))
	}
}

// closeOthers adds that the user has other ways in, where those are what is worst about it.
func (u *User) closeOthers(worst sendpolicy.Severity) {
	if worst == "" || u.Severity.AtLeast(worst) && u.Severity != worst {
		return
	}
	u.Severity = worst
	u.Todo += ". Close its other ways in, which no rotation does: " + u.audit(u.Name) + " says how"
}

func (u *User) say(what Advice, how sendpolicy.Severity, why string, args ...any) {
	u.Advice, u.Severity, u.Todo = what, how, fmt.Sprintf(why, args...)
}

func (u *User) revoke(is use) {
	what := "Deactivate " + ids(is.active) + " now, which stops its mail, or let a stack take it over and then " +
		"revoke it"
	if u.Owner != nil {
		what = "Revoke it now: smtprotate emergency --key " + is.active[0].ID
		if len(is.active) > 1 {
			what = "Revoke the one that AWS's case names now, with smtprotate emergency --key: " + ids(is.active)
		}
	}
	u.say(Revoke, sendpolicy.High, "AWS has found one of its keys in public, and mail goes on: AWS's policy doesn't "+
		"stop it. %s. Answer the case that AWS has opened", what)
}

func (u *User) owned(is use, findings []sendpolicy.Finding) {
	switch worst := worstOfMail(findings); {
	case worst == sendpolicy.High:
		u.say(Narrow, sendpolicy.High, "%s, but policies from before still make it wide: %s says which to "+
			"take off", u.owner(), u.audit(u.Name))
	case is.newest >= old:
		u.say(Check, sendpolicy.Medium, "%s, but its newest key is %s old: see with smtprotate status whether the "+
			"function still rotates", u.owner(), Age(is.newest))
	default:
		u.say(Nothing, "", "%s: nothing to do", u.owner())
	}
}

// owner is a stack, in words.
func (u *User) owner() string {
	if u.Owner.Stack != "" {
		return fmt.Sprintf("Stack %s owns it", u.Owner.Stack)
	}
	return fmt.Sprintf("A stack owns it (by %s)", u.Owner.By)
}

func (u *User) separate(is use) {
	severity := sendpolicy.Low
	if u.Width.AtLeast(sendpolicy.AnySender) {
		severity = sendpolicy.Medium
	}
	u.say(Separate, severity, "Its key was last used for %s on %s, not for mail; IAM remembers the last service "+
		"alone. If it sends mail, give that a user of its own; if not, take ses:SendRawEmail away from it",
		cmp.Or(is.other.Service, "something"), date(is.other.At))
}

func (u *User) adopt(is use) {
	severity := u.byWidth()
	if is.oldest >= old {
		severity = atLeast(severity, sendpolicy.Medium)
	}
	used := "It hasn't been used yet"
	if is.mail != nil {
		used = "It sends mail"
	}
	u.say(Adopt, severity, "%s, and nobody rotates its key, which is %s old. Let a stack take it over: %s "+
		"--adopt %s prints the commands", used, Age(is.oldest), u.discover(), quoted(u.Name))
}

// byWidth is what a leak of the credential would mean.
func (u *User) byWidth() sendpolicy.Severity {
	switch u.Width {
	case sendpolicy.AnySender, sendpolicy.BeyondMail:
		return sendpolicy.High
	case sendpolicy.Anywhere:
		return sendpolicy.Medium
	}
	return sendpolicy.Low
}

func atLeast(a, b sendpolicy.Severity) sendpolicy.Severity {
	if b.AtLeast(a) {
		return b
	}
	return a
}

// worstWayIn is the worst finding about ways in that no rotation closes.
func worstWayIn(findings []sendpolicy.Finding) sendpolicy.Severity {
	return worstOf(findings, wayIn)
}

func worstOfMail(findings []sendpolicy.Finding) sendpolicy.Severity {
	return worstOf(findings, func(c sendpolicy.Code) bool { return !wayIn(c) })
}

func wayIn(c sendpolicy.Code) bool { return c == sendpolicy.Console || c == sendpolicy.OtherLogins }

func worstOf(findings []sendpolicy.Finding, about func(sendpolicy.Code) bool) (worst sendpolicy.Severity) {
	for _, f := range findings {
		if about(f.Code) {
			worst = atLeast(worst, f.Severity)
		}
	}
	return worst
}

// ids are the keys' in order.
func ids(keys []Key) string {
	var all []string
	for _, k := range keys {
		all = append(all, k.ID)
	}
	slices.Sort(all)
	return strings.Join(all, " and ")
}

// idling tells whether the last use was long ago.
func idling(last *iamaccess.Use, now time.Time) bool { return last != nil && now.Sub(last.At) >= idle }

func date(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// Age is a time in days, or in years where there are many.
func Age(d time.Duration) string {
	if d >= 2*365*day {
		return fmt.Sprintf("%.1f years", d.Hours()/24/365.25)
	}
	if days(d) == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", days(d))
}

// Sort puts the worst first: by severity, then what leaked, then width, then the age of the oldest
// key.
func Sort(users []User) {
	weight := func(s sendpolicy.Severity) int {
		return slices.Index([]sendpolicy.Severity{sendpolicy.High, sendpolicy.Medium, sendpolicy.Low, ""}, s)
	}
	leaked := func(u User) int {
		if u.Advice == Revoke {
			return 0
		}
		return 1
	}
	width := func(u User) int { return slices.Index(sendpolicy.Widths(), u.Width) }
	slices.SortFunc(users, func(a, b User) int {
		return cmp.Or(weight(a.Severity)-weight(b.Severity), leaked(a)-leaked(b), width(b)-width(a),
			b.oldest()-a.oldest(), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Name, b.Name))
	})
}

// oldest is the age of the user's oldest Active key in days, or of any if none is.
func (u User) oldest() (most int) {
	for _, active := range []bool{true, false} {
		for _, k := range u.Keys {
			if !active || k.Status == "Active" {
				most = max(most, k.AgeDays)
			}
		}
		if most > 0 {
			return most
		}
	}
	return most
}
