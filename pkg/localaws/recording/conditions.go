package recording

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// other is the label of an address that a condition doesn't name.
const other = "other"

func is(operator, key string, values ...string) sendpolicy.Condition {
	return sendpolicy.Condition{Operator: operator, Key: key, Values: values}
}

// askSenders asks which address a condition key is about. Each condition names one address. One
// mail has it in the envelope and another address in the header, and one the other way round.
func (a *asker) askSenders(ctx context.Context) error {
	_, err := a.enforce(ctx, "senders",
		allows("from", is("StringEquals", "ses:FromAddress", a.From)),
		allows("feedback", is("StringEquals", "ses:FeedbackAddress", a.From)),
		allows("recipients"), allows("some"), allows("unverified"),
		allows("name", is("StringEquals", "ses:FromDisplayName", "Rehearsal")))
	if err != nil {
		return err
	}
	for _, ask := range []func(context.Context) error{
		func(ctx context.Context) error { return a.askWhichSender(ctx, "policy.from", "from") },
		func(ctx context.Context) error { return a.askWhichSender(ctx, "policy.feedback", "feedback") },
		a.askWhichRecipient, a.askSomeRecipients, a.askName, a.askUnverified,
	} {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (a *asker) askWhichSender(ctx context.Context, id, label string) error {
	inHeader, inEnvelope := a.to(label), a.to(label)
	inHeader.envelopeFrom = labelled(a.From, other)
	inEnvelope.from = labelled(a.From, other)
	return a.which(ctx, id, inHeader, inEnvelope)
}

func (a *asker) askWhichRecipient(ctx context.Context) error {
	inHeader, inEnvelope := a.to("recipients"), a.to("recipients")
	inHeader.envelopeTo = []string{labelled(Simulator, other)}
	inEnvelope.to = labelled(Simulator, other)
	return a.which(ctx, "policy.recipients", inHeader, inEnvelope)
}

// verdict sends a mail until SES gives the same answer twice in a row. Behind one address there are
// several servers, and one of them may still apply an older policy.
func (a *asker) verdict(ctx context.Context, m mail) (last reply, err error) {
	for range 2 * canaries {
		_, r, err := a.fate(ctx, m)
		if err != nil || r.code == last.code {
			return r, err
		}
		last = r
		if err := a.sleep(ctx); err != nil {
			return r, err
		}
	}
	return last, fmt.Errorf("SES takes and refuses the same mail in turn: %v", last)
}

// which sends both mails, and says in which of them the condition held.
func (a *asker) which(ctx context.Context, id string, inHeader, inEnvelope mail) error {
	a.asking(id)
	header, err := a.verdict(ctx, inHeader)
	if err != nil {
		return err
	}
	envelope, err := a.verdict(ctx, inEnvelope)
	if err != nil {
		return err
	}
	switch h, e := header.code == 250, envelope.code == 250; {
	case h && e:
		a.answer(id, "either: both mails are taken")
	case h:
		a.answer(id, "the header's")
	case e:
		a.answer(id, "the envelope's")
	default:
		a.answer(id, "neither is enough: %v; %v", header, envelope)
	}
	return nil
}

func (a *asker) askSomeRecipients(ctx context.Context) error {
	m := a.to("some")
	m.envelopeTo = append(m.envelopeTo, labelled(Simulator, other))
	return a.outcome(ctx, "policy.some-recipients", m)
}

// outcome answers a question with whether one mail is accepted.
func (a *asker) outcome(ctx context.Context, id string, m mail) error {
	a.asking(id)
	r, err := a.verdict(ctx, m)
	if err != nil {
		return err
	}
	if r.code == 250 {
		a.answer(id, "yes: the mail is taken")
	} else {
		a.answer(id, "no: %v", r)
	}
	return nil
}

func (a *asker) askName(ctx context.Context) error {
	right, wrong := a.to("name"), a.to("name")
	right.name, wrong.name = "Rehearsal", "Somebody"
	return a.holds(ctx, "policy.name", right, wrong)
}

// holds answers whether a condition makes the difference between two mails.
func (a *asker) holds(ctx context.Context, id string, allowed, denied mail) error {
	a.asking(id)
	yes, err := a.verdict(ctx, allowed)
	if err != nil {
		return err
	}
	no, err := a.verdict(ctx, denied)
	if err != nil {
		return err
	}
	switch {
	case yes.code == 250 && no.code != 250:
		a.answer(id, "it does")
	case yes.code == 250:
		a.answer(id, "no: a mail is taken that it forbids")
	case no.code == 250:
		a.answer(id, "it is turned round: %v", yes)
	default:
		a.answer(id, "no: a mail is refused that it allows: %v", yes)
	}
	return nil
}

// askUnverified sends from a domain that nobody can verify (RFC 2606).
func (a *asker) askUnverified(ctx context.Context) error {
	m := a.to("unverified")
	m.from, m.envelopeFrom = "nobody@unverified.example", "nobody@unverified.example"
	a.asking("policy.unverified")
	_, r, err := a.fate(ctx, m)
	if err == nil {
		a.answer("policy.unverified", "%v", r)
	}
	return err
}

// askConditions asks about conditions on the request, not on the mail. Of each kind there is one
// condition that the mail meets and one that it doesn't.
func (a *asker) askConditions(ctx context.Context) error {
	const nobodys = "192.0.2.0/24" // RFC 5737
	_, domain, _ := strings.Cut(a.From, "@")
	named := allows("domain")
	named.Resource = sendpolicy.Texts{fmt.Sprintf("arn:%s:ses:%s:*:identity/%s", sessmtp.Partition(a.Endpoint.Region),
		a.Endpoint.Region, domain)}
	_, err := a.enforce(ctx, "conditions",
		allows("source-yes", is("NotIpAddress", "aws:SourceIp", nobodys)),
		allows("source-no", is("IpAddress", "aws:SourceIp", nobodys)),
		allows("time-yes", is("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")),
		allows("time-no", is("DateLessThan", "aws:CurrentTime", "2020-01-01T00:00:00Z")))
	if err != nil {
		return err
	}
	for _, id := range []string{"policy.source", "policy.time"} {
		label := strings.TrimPrefix(id, "policy.")
		if err := a.holds(ctx, id, a.to(label+"-yes"), a.to(label+"-no")); err != nil {
			return err
		}
	}
	_, err = a.enforce(ctx, "more",
		allows("tls-yes", is("Bool", "aws:SecureTransport", "true")),
		allows("tls-no", is("Bool", "aws:SecureTransport", "false")),
		allows("unknown", is("StringEquals", "aws:RequestedRegion", a.Endpoint.Region)), named)
	if err != nil {
		return err
	}
	if err := a.holds(ctx, "policy.tls", a.to("tls-yes"), a.to("tls-no")); err != nil {
		return err
	}
	if err := a.outcome(ctx, "policy.unknown-key", a.to("unknown")); err != nil {
		return err
	}
	return a.outcome(ctx, "policy.address", a.to("domain"))
}
