package demo

import (
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
)

// judge checks the promises against what the World holds at the end and what was noted before.
func (p *Play) judge() []timeline.Promise {
	mail := p.applicationMail()
	_, pending := pending(p.world)
	return []timeline.Promise{
		{Text: "No mail failed, except those that the emergency had to cut off.", Kept: mail.Failed == 0 &&
			mail.Sent == p.delivered(p.shop, p.reports)},
		{Text: "The crash didn't change AWSCURRENT.", Kept: !p.crashMovedCurrent},
		{Text: "After the emergency the attacker sent nothing.", Kept: p.delivered(p.attacker) == p.attackerSent},
		{Text: "One access key is left: Active, named by AWSCURRENT, accepted by SES.", Kept: p.oneKeyWorks()},
		{Text: "Nothing is pending.", Kept: !pending},
	}
}

// delivered counts the mails that SES has accepted from these senders.
func (p *Play) delivered(senders ...*application) (n int) {
	for _, m := range p.world.Mail() {
		if slices.ContainsFunc(senders, func(a *application) bool { return a.from() == m.From }) {
			n++
		}
	}
	return n
}

func (p *Play) oneKeyWorks() bool {
	keys := p.world.Keys(userName)
	current, _ := p.world.Labelled(secretID, "AWSCURRENT")
	login := valueOf(current.Value)
	return len(keys) == 1 && keys[0].Status == string(timeline.Active) && keys[0].ID == login.Username &&
		p.world.Accepts(region, login.Username, login.Password)
}
