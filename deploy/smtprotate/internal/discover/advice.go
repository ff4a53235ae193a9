package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Advice is what to do about a user, in one word.
type Advice string

const (
	Revoke     Advice = "revoke"     // a key is known to have leaked
	Adopt      Advice = "adopt"      // let a stack rotate it
	Deactivate Advice = "deactivate" // nobody seems to need it
	Separate   Advice = "separate"   // it is used for something else, but may also send
	Look       Advice = "look"       // its last use isn't known
	Narrow     Advice = "narrow"     // a stack owns it, but older policies still allow too much
	Check      Advice = "check"      // a stack owns it, but doesn't seem to rotate it
	Delete     Advice = "delete"     // all its keys are Inactive
	Nothing    Advice = "nothing"    // a stack owns it, and all is well
)

// decide sets the advice: the first case that fits the user.
func (u *User) decide(f Facts, findings []sendpolicy.Finding, now time.Time) {
	is := useOf(f.Keys, now)
	switch {
	case u.Quarantined && len(is.active) > 0:
		u.revoke(is)
	case u.Quarantined:
		u.say(Revoke, sendpolicy.Medium, "AWS found one of its keys in public. All its keys are Inactive: answer the "+
			"case that AWS opened, then delete them")
	case len(is.active) == 0:
		u.say(Delete, sendpolicy.Low, "No key is Active. Delete %s", ids(f.Keys))
	case f.Owner != nil:
		u.owned(is, findings)
	case !u.MaySend:
		u.say(Deactivate, sendpolicy.Low, "It has used SES, but may no longer send over SMTP. If nothing else "+
			"needs the key, deactivate %s, and delete it later", ids(is.active))
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

// closeOthers adds the user's other ways into AWS to the advice, if nothing about it is worse.
func (u *User) closeOthers(worst sendpolicy.Severity) {
	if worst == "" || u.Severity.AtLeast(worst) && u.Severity != worst {
		return
	}
	u.Severity = worst
	u.Todo += ". Close its other ways into AWS, which rotation doesn't: " + u.audit(u.Name) + " says how"
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
	u.say(Revoke, sendpolicy.High, "AWS found one of its keys in public, and AWS's quarantine policy doesn't stop "+
		"its mail. %s. Answer the case that AWS opened", what)
}

func (u *User) owned(is use, findings []sendpolicy.Finding) {
	switch worst := worstOfMail(findings); {
	case worst == sendpolicy.High:
		u.say(Narrow, sendpolicy.High, "%s, but older policies still allow too much: %s says which to "+
			"remove", u.owner(), u.audit(u.Name))
	case is.newest >= old:
		u.say(Check, sendpolicy.Medium, "%s, but its newest key is %s old: check with smtprotate status whether "+
			"the function still rotates it", u.owner(), Age(is.newest))
	default:
		u.say(Nothing, "", "%s: nothing to do", u.owner())
	}
}

// owner says in words which stack owns the user.
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
	u.say(Separate, severity, "Its key was last used for %s on %s, not for mail; IAM remembers only the last "+
		"service. If it also sends mail, create a separate user for that; if not, take ses:SendRawEmail away from it",
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

// ids returns the keys' IDs, sorted and joined.
func ids(keys []Key) string {
	var all []string
	for _, k := range keys {
		all = append(all, k.ID)
	}
	slices.Sort(all)
	return strings.Join(all, " and ")
}
