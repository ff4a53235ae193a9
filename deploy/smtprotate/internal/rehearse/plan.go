package rehearse

import (
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// applicationMails is how many mails the application sends at most.
const applicationMails = 2000

// Plan says what a rehearsal will create and send, and what it costs at most.
func (r *Rehearsal) Plan() string {
	text := fmt.Sprintf("This rehearses in account %s, Region %s, as %s. It makes the IAM users %s and %s with access "+
		"keys, and the secrets %s and %s. At the end it deletes them. It touches nothing else. It takes about %s, and "+
		"up to %s if AWS is slow.", r.account.ID, r.Endpoint.Region, r.account.Caller, r.User, r.Asked, r.Secret,
		r.AskedSecret, minutes(4*r.Pace+2*r.Patience), minutes(4*r.Pace+mostWaits*r.Patience))
	if r.From == "" {
		return text + " It costs less than $0.05. It sends no mail, so much is left unanswered: --from lets it send."
	}
	mails := r.mostMails()
	return text + fmt.Sprintf(" It sends up to %d mails from %s to %s. They count against the account's sending "+
		"rate, but not against its quota. The users' policies allow no other mail. It costs less than $%.2f: SES "+
		"charges $0.10 for 1,000 mails, and a secret costs $0.40 a month.",
		mails, r.From, recording.Simulator, 0.05+float64(mails)/10000)
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
// of eight waits for a policy or a session, and a hundred for the rest.
func (r *Rehearsal) mostMails() int { return applicationMails + int(8*r.Patience/r.Every) + 100 }
