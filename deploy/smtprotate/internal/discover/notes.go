package discover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

// note collects what a person should know before running the commands.
func (a *Adoption) note(now time.Time) {
	say := func(format string, args ...any) { a.notes = append(a.notes, fmt.Sprintf(format, args...)) }
	f := a.facts
	if f.Role != "" {
		say("The user is in another account: run these commands with credentials of %s that may create a stack there.",
			f.Title())
	}
	if f.Owner != nil {
		say("A stack already owns this user, as %s shows. Two stacks for one user would retire each other's keys.",
			f.Owner.By)
	}
	is := useOf(f.Keys, now)
	switch {
	case len(f.Keys) >= 2 && f.Secret == "":
		say("It has two access keys, which is IAM's maximum, and a stack has to create one: delete one first. %s",
			a.spare())
	case f.Secret == "":
		say("The stack creates its own secret with a new key. The old key stays Active for the grace period, and as " +
			"long as it is in use: have applications read the secret meanwhile.")
	default:
		say("Applications keep reading secret %s. The stack adopts its key as it is; if the key is older than "+
			"RotationInterval (30 days), it is rotated at once.", f.Secret)
	}
	if is.mail == nil {
		say("IAM hasn't seen it send mail. If it sends in Regions other than %s, add them.",
			strings.Join(a.regions, ", "))
	}
	if len(a.description.Identities) == 0 {
		say("Its policies name no identity. Replace %s with those that it sends from. This lists yours: aws sesv2 "+
			"list-email-identities%s --region %s", placeholder, a.as(), a.regions[0])
	}
	if len(a.left) > 0 {
		say("A stack has no parameter for these parts of its policies, so it doesn't take them over: %s.",
			strings.Join(a.left, "; "))
	}
	if f.Access.Boundary != nil {
		say("Its permissions boundary %s stays, and also limits the stack's policy.", f.Access.Boundary.Name)
	}
}

// spare says which of two keys to delete.
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
	return "Both are in use: move everything that uses one of them to the other."
}

// header returns the comments that begin both kinds of output.
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
	fmt.Fprintf(&out, "# Let a stack take over IAM user %s of %s. Nothing has been run.\n",
		a.facts.Access.User, a.facts.Title())
	for _, n := range a.notes {
		comment(n)
	}
	return out.String()
}

// as returns the AWS CLI's flag for the profile.
func (a *Adoption) as() string { return a.facts.cli() }
