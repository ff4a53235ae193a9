package recording

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// policyName is the name of the user's only policy.
const policyName = "rehearsal"

func (a *asker) askPolicies(ctx context.Context) error {
	if a.From == "" {
		return errSending
	}
	a.sender = a.lasting
	a.sendNow()
	for _, ask := range []func(context.Context) error{a.askSession, a.askSenders, a.askConditions} {
		if err := ask(ctx); err != nil {
			return err
		}
	}
	if a.use == nil {
		return nil
	}
	a.asking("use.mail")
	return a.awaitUse(ctx)
}

// fate sends a mail, and returns SES's answer. It sends a throttled mail again, because the sandbox
// allows only one a second.
func (a *asker) fate(ctx context.Context, m mail) (command string, r reply, err error) {
	for range throttled {
		command, r, err = a.sendOnce(ctx, m)
		if err != nil || !isThrottled(r) {
			return command, r, err
		}
		if err := a.sleep(ctx); err != nil {
			return command, r, err
		}
	}
	return command, r, err
}

// canaries is how many mails in a row SES must accept before a policy counts as in force.
const canaries = 5

// isThrottled reports whether SES refused a mail because it came too fast.
func isThrottled(r reply) bool { return sessmtp.Classify("data", r.code, r.text) == sessmtp.Throttled }

// throttled is how often to send a mail that SES throttles.
const throttled = 10

func (a *asker) sendOnce(ctx context.Context, m mail) (command string, r reply, err error) {
	s, err := a.session(ctx, a.sender)
	if err != nil {
		return "", r, err
	}
	defer s.close()
	return s.talk.send(m)
}

func (a *asker) askNone(ctx context.Context) error {
	a.asking("policy.none")
	command, r, err := a.fate(ctx, a.mail())
	if err == nil {
		a.answer("policy.none", "%v, to %s", r, command)
	}
	return err
}

// to returns a mail to the simulator's address with a label. The label shows which statement of a
// policy the mail is for.
func (a *asker) to(label string) mail {
	m := a.mail()
	m.to = labelled(Simulator, label)
	m.envelopeTo = []string{m.to}
	return m
}

// AllowsSimulator returns a statement that allows mail only to the simulator, so that a thief can't
// use a policy that is left behind.
func AllowsSimulator() sendpolicy.Statement { return allowsTo(Simulator) }

func allowsTo(recipient string) sendpolicy.Statement {
	return sendpolicy.Statement{
		Effect: "Allow", Action: sendpolicy.Texts{"ses:SendRawEmail"}, Resource: sendpolicy.Texts{"*"},
		Condition: sendpolicy.Conditions{
			"ForAllValues:StringEquals": {"ses:Recipients": {recipient}},
			"Null":                      {"ses:Recipients": {"false"}},
		},
	}
}

// allows returns such a statement for the simulator's address with a label, and adds conditions.
func allows(label string, more ...sendpolicy.Condition) sendpolicy.Statement {
	s := allowsTo(labelled(Simulator, label))
	for _, c := range more {
		if s.Condition[c.Operator] == nil {
			s.Condition[c.Operator] = map[string]sendpolicy.Texts{}
		}
		s.Condition[c.Operator][c.Key] = c.Values
	}
	return s
}

// enforce gives the user a policy, and waits until SES applies it: until SES accepts mail to a
// label that only this policy allows, several times in a row. It returns when SES first did.
func (a *asker) enforce(ctx context.Context, label string, statements ...sendpolicy.Statement) (since time.Time,
	err error) {
	policy := sendpolicy.Document{Version: "2012-10-17", Statements: append(statements, allows(label))}
	_, err = a.IAM.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: &a.User, PolicyName: aws.String(policyName), PolicyDocument: aws.String(compact(policy)),
	})
	if err != nil {
		return since, err
	}
	var last reply
	taken := 0
	inForce, err := a.until(ctx, func() (_ bool, err error) {
		if _, last, err = a.fate(ctx, a.to(label)); last.code != 250 {
			taken = 0
			return false, err
		}
		if taken++; taken == 1 {
			since = a.Clock.Now()
		}
		return taken == canaries, err
	})
	if err == nil && !inForce {
		err = fmt.Errorf("SES didn't go by a new policy within %s: %v", a.Patience, last)
	}
	return since, err
}

// mayAll is the label of mail that the user may send from askEffect to askSession.
const mayAll = "all"

func (a *asker) askEffect(ctx context.Context) error {
	a.asking("policy.effect")
	began := a.Clock.Now()
	first, err := a.enforce(ctx, mayAll)
	if err != nil {
		return err
	}
	a.timed("policy.effect", map[string]float64{"allowed after": first.Sub(began).Seconds()}, "it does")
	return nil
}

// askSession removes the policy while a session that has sent mail is open.
func (a *asker) askSession(ctx context.Context) error {
	a.asking("policy.session")
	s, err := a.session(ctx, a.sender)
	if err != nil {
		return err
	}
	defer s.close()
	if err := a.firstMail(ctx, s); err != nil {
		return err
	}
	_, err = a.IAM.DeleteUserPolicy(ctx,
		&iam.DeleteUserPolicyInput{UserName: &a.User, PolicyName: aws.String(policyName)})
	if err != nil {
		return err
	}
	return a.fateOf(ctx, s, "policy.session", a.Clock.Now())
}

// compact returns a policy without line breaks and indentation, because IAM limits its length.
func compact(d sendpolicy.Document) string { return strings.Join(strings.Fields(d.String()), " ") }
