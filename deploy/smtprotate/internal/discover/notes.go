package discover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

// note says what a person should know before.
func (a *Adoption) note(now time.Time) {
	say := func(format string, args ...any) { a.notes = append(a.notes, fmt.Sprintf(format, args...)) }
	f := a.facts
	if f.Role != "" {
		say("It is in another account than you are: run these with credentials of %s that may make a stack there.",
			f.Title())
	}
	if f.Owner != nil {
		say("A stack owns this user already, as %s says. Two stacks for one user would take each other's keys.",
			f.Owner.By)
	}
	is := useOf(f.Keys, now)
	switch {
	case len(f.Keys) >= 2 && f.Secret == "":
		say("It has two access keys, and a stack needs room for one: delete one first. %s", a.spare())
	case f.Secret == "":
		say("The stack makes a secret of its own with a new key. The old key stays Active for the grace period, and " +
			"as long as it is in use: have applications read the secret meanwhile.")
	default:
		say("Applications go on reading secret %s. Its key is adopted as it stands; one older than RotationInterval "+
			"(30 days) is rotated at once.", f.Secret)
	}
	if is.mail == nil {
		say("IAM hasn't seen it send mail. If it sends in other Regions than %s, name them.",
			strings.Join(a.regions, ", "))
	}
	if len(a.description.Identities) == 0 {
		say("Its policies name no identity. Put those that it sends from in the place of %s: aws sesv2 "+
			"list-email-identities%s --region %s", placeholder, a.as(), a.regions[0])
	}
	if len(a.left) > 0 {
		say("Not taken over from its policies, because a stack has no parameter that means the same: %s.",
			strings.Join(a.left, "; "))
	}
	if f.Access.Boundary != nil {
		say("Its boundary %s stays, and limits the stack's policy as well.", f.Access.Boundary.Name)
	}
}

// spare is the key to delete where there are two.
func (a *Adoption) spare() string {
	for _, worth := range []func(Key) bool{
		func(k Key) bool { return !k.active() },
		func(k Key) bool { return k.Used == nil && !k.Unknown },
	} {
		if i := slices.IndexFunc(a.facts.Keys, worth); i >= 0 {
			k := a.facts.Keys[i]
			why := "is Inactive"
			if k.active() {
				why = "was never used"
			}
			return fmt.Sprintf("%s %s: aws iam delete-access-key%s --user-name %s --access-key-id %s", k.ID, why,
				a.as(), a.facts.Access.User, k.ID)
		}
	}
	return "Both are in use: move what uses the one to the other."
}

// header is what stands above both kinds of commands.
func (a *Adoption) header() string {
	var out strings.Builder
	comment := func(text string) {
		for i, line := range layout.Wrap(text, lineWidth-4) {
			lead := "#   "
			if i == 0 {
				lead = "# - "
			}
			fmt.Fprintln(&out, lead+line)
		}
	}
	fmt.Fprintf(&out, "# IAM user %s of %s, taken over by a stack. Nothing has been run.\n",
		a.facts.Access.User, a.facts.Title())
	for _, n := range a.notes {
		comment(n)
	}
	return out.String()
}

// as is the profile, on the AWS CLI's command line.
func (a *Adoption) as() string { return a.facts.cli() }
