package rehearse

import (
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// Plan says what a rehearsal will make and send, and what it costs at most.
func (r *Rehearsal) Plan() string {
	text := fmt.Sprintf("This rehearses in account %s, Region %s, as %s. It makes the IAM users %s and %s with access "+
		"keys, and the secrets %s and %s. At the end it deletes them. It touches nothing else.",
		r.account.ID, r.Endpoint.Region, r.account.Caller, r.User, r.Asked, r.Secret, r.AskedSecret)
	longest := r.longest().Round(time.Minute)
	if r.From == "" {
		return text + fmt.Sprintf(" It takes up to %s, and costs less than $0.05. It sends no mail, so much is left "+
			"unanswered: --from lets it send.", longest)
	}
	mails := r.mostMails()
	return text + fmt.Sprintf(" It takes up to %s, and sends up to %d mails from %s to %s, which don't count against "+
		"the sending quota. The users' policies allow no other mail. It costs less than $%.2f: SES takes $0.10 for "+
		"1,000 mails, and a secret costs $0.40 a month.",
		longest, mails, r.From, recording.Simulator, 0.05+float64(mails)/10000)
}

// longest is how long it takes if each answer is waited for as long as patience goes: acts wait for
// three periods, and eight questions may wait.
func (r *Rehearsal) longest() time.Duration { return 5*r.Pace + 8*r.Patience }

// mostMails is how many are sent then: the application's, and those of three open sessions.
func (r *Rehearsal) mostMails() int {
	application := (5*r.Pace + r.Patience) / r.Every
	sessions := 3 * r.Patience / r.Every
	return int(application+sessions) + 100
}
