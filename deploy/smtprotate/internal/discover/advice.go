package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

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

// ids are the keys' in order.
func ids(keys []Key) string {
	var all []string
	for _, k := range keys {
		all = append(all, k.ID)
	}
	slices.Sort(all)
	return strings.Join(all, " and ")
}
