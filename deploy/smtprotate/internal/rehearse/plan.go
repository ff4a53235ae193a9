package rehearse

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// applicationMails is how many mails the application sends at most.
const applicationMails = 2000

// Plan says what a rehearsal will create and send, and what it costs at most.
func (r *Rehearsal) Plan() string {
	var plan strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&plan, format+"\n", args...) }
	say("This rehearses in account %s, Region %s,", r.account.ID, r.Endpoint.Region)
	say("as %s.\n", r.account.Caller)
	say("It makes these, and deletes them at the end. It touches nothing else.")
	for _, user := range []string{r.User, r.Asked} {
		say("  IAM user  %s", user)
	}
	for _, secret := range []string{r.Secret, r.AskedSecret} {
		say("  secret    %s", secret)
	}
	say("\nTime  about %s; up to %s if AWS is slow", minutes(4*r.Pace+2*r.Patience),
		minutes(4*r.Pace+mostWaits*r.Patience))
	if r.From == "" {
		say("Mail  none, so much is left unanswered: --from lets it send")
		say("Cost  less than $0.05")
		return plan.String()
	}
	mails := r.mostMails()
	say("Mail  at most %d, from %s", mails, r.From)
	say("      to %s; the users may send no other", recording.Simulator)
	say("      It counts against the account's sending rate, but not against its quota.")
	say("Cost  less than $%.2f: 1,000 mails cost $0.10, and a secret $0.40 a month", 0.05+float64(mails)/10000)
	return plan.String()
}

// mostWaits is how many waits may each last for Patience: ten in the acts, and the others in the
// questions.
const mostWaits = 10 + 16

// minutes says a duration in minutes, rounded up.
func minutes(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	if n == 1 {
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", n)
}

// mostMails is the most mails that a rehearsal sends: the application's, one every r.Every in each
// of eight waits for a policy or a session, and three hundred for the rest.
func (r *Rehearsal) mostMails() int { return applicationMails + int(8*r.Patience/r.Every) + 300 }
