package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const (
	title    = "The life of an SMTP credential"
	prologue = "The function that you would deploy runs once an hour (a tick), against local copies of IAM, " +
		"Secrets Manager and SES's SMTP endpoint. Months pass in seconds; everything else is as in your account."
)

var scenes = []scene{
	{"The first credential",
		"The stack is new: an IAM user without access keys, and a secret that holds {}. The first tick creates " +
			"a key, stores its SMTP password, tests that SES accepts it, and makes it current.",
		(*Play).firstCredential},
	{"Applications send",
		"Two applications send mail from now on, without a break. The shop reads AWSCURRENT every six hours. " +
			"An old host, reports, reads it once, when it is set up, and never again.",
		(*Play).applicationsSend},
	{"Thirty days later",
		"The access key is due, so a tick creates a second one. SES doesn't know it yet and answers 535. Until SES " +
			"accepts the new password, AWSCURRENT stays with the old one, and nobody notices.",
		(*Play).rotate},
	{"Grace",
		"Both keys work for seven days, so nobody has to switch at once. After that, the old one is retired, but " +
			"not while somebody still sends with it.",
		(*Play).grace},
	{"Out of use",
		"Somebody fixes reports. A day after its last use the old key is deactivated. A day later it is deleted.",
		(*Play).retire},
	{"A crash in the middle",
		"The next rotation is due, but its invocation dies right after it has written the new password. It never " +
			"gets the answer, and nobody cleans up. The next tick looks at what there is, and continues from there.",
		(*Play).crashAndRecover},
	{"A leak",
		"The password turns up in a public repository, and an attacker finds it first. One invocation replaces the " +
			"key and revokes it. From then on SES refuses the old password.",
		(*Play).leak},
	{"What is left",
		"A day passes. The attacker keeps trying, and everybody else sends mail.",
		(*Play).rest},
}

func (p *Play) firstCredential(ctx context.Context) error {
	p.view.look(timeline.People, "operator", "deploys the stack")
	_, err := p.tickUntil(ctx, "a first credential", came(rotation.Rotated))
	return err
}

func (p *Play) applicationsSend(ctx context.Context) error {
	for range 3 { // so that the shop's cache doesn't expire in the hour of the rotation: that would show less
		if _, err := p.tick(ctx); err != nil {
			return err
		}
	}
	p.applications = append(p.applications, p.shop, p.reports)
	for _, a := range p.applications {
		a.send(ctx)
		p.view.say(timeline.People, a.name, "reads the secret, and sends with "+a.credential.Username)
	}
	return ctx.Err()
}

func (p *Play) rotate(ctx context.Context) error {
	p.world.SetPropagation(20 * time.Second)
	defer p.world.SetPropagation()
	old := p.current()
	if _, err := p.tickUntil(ctx, "a rotation", came(rotation.Rotated)); err != nil {
		return err
	}
	p.view.say(timeline.People, "shop", "keeps sending with "+p.shop.credential.Username+", which still works")
	_, err := p.tickUntil(ctx, "a new read", func(rotation.Result, error) bool {
		return p.shop.credential.Username != old
	})
	return err
}

func (p *Play) grace(ctx context.Context) error {
	result, err := p.tickUntil(ctx, "a warning", warned(rotation.WarnSupersededKeyInUse))
	if err != nil {
		return err
	}
	for _, w := range result.Warnings {
		p.view.look(timeline.Warning, string(w.Code), w.Message)
	}
	return nil
}

func (p *Play) retire(ctx context.Context) error {
	p.reports.forgetful = false
	p.reports.send(ctx)
	p.view.say(timeline.People, "reports", "is fixed, and sends with "+p.reports.credential.Username)
	_, err := p.tickUntil(ctx, "a deletion", came(rotation.Deleted))
	return err
}

func (p *Play) crashAndRecover(ctx context.Context) error {
	before := p.current()
	p.crash.after(p.world, "PutSecretValue")
	_, err := p.tickUntil(ctx, "a crash", func(_ rotation.Result, err error) bool { return errors.Is(err, errCut) })
	p.world.Intercept(nil)
	if err != nil {
		return err
	}
	p.crashMovedCurrent = p.current() != before
	p.view.look(timeline.Crash, "crash", "the process is gone; AWSCURRENT hasn't moved, and mail is still sent")
	p.function.Restart()
	if _, err := p.tickUntil(ctx, "a rotation", came(rotation.Rotated)); err != nil {
		return err
	}
	p.view.say(timeline.People, "shop", fmt.Sprintf("has sent %d mails by now; %d failed", p.shop.mail.Sent,
		p.shop.mail.Failed))
	_, err = p.tickUntil(ctx, "a deletion", came(rotation.Deleted))
	return err
}

func (p *Play) leak(ctx context.Context) error {
	stolen := p.current()
	p.attack(ctx, stolen)
	event := fmt.Sprintf(`{"action":"emergency","access_key_id":%q}`, stolen)
	p.view.say(timeline.People, "operator", "invokes the function with "+event)
	p.emergency.Store(true)
	defer p.emergency.Store(false)
	p.applications = append(p.applications, p.attacker)
	if _, err := p.invoke(ctx, event); err != nil {
		return err
	}
	p.attackerSent = p.delivered(p.attacker)
	p.attack(ctx, stolen)
	for _, a := range []*application{p.shop, p.reports} {
		a.send(ctx)
		p.view.say(timeline.People, a.name,
			fmt.Sprintf("had mail refused (%d), has read the secret again, and sends with %s",
				a.mail.CutOff, a.credential.Username))
	}
	return ctx.Err()
}

// attack sends a mail with the stolen credential, and shows SES's answer.
func (p *Play) attack(ctx context.Context, stolen string) {
	before := p.attacker.mail
	p.attacker.send(ctx)
	switch after := p.attacker.mail; {
	case after.Sent > before.Sent:
		p.view.say(timeline.People, "attacker", "sends with "+stolen+", and SES takes the mail")
	case after.CutOff > before.CutOff:
		p.view.say(timeline.People, "attacker", "is refused: 535 Authentication Credentials Invalid")
	}
}

func (p *Play) rest(ctx context.Context) error {
	for range 24 {
		if _, err := p.tick(ctx); err != nil {
			return err
		}
	}
	result, err := p.invoke(ctx, `{"action":"status"}`)
	if err != nil {
		return err
	}
	next := "nothing to come"
	if n := result.Next; n != nil {
		next = fmt.Sprintf("%s on %s, when %s", n.Kind, n.At.Format("2 January 2006, 15:04"), n.Reason)
	}
	p.view.look(timeline.People, "operator", "asks for the status; next: "+next)
	return nil
}
