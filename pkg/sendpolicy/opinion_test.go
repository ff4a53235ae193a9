package sendpolicy_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// The evaluator might be wrong too, so iam-simulate, which is someone else's work, is asked the
// same questions. Version 0.1.173 is known to be wrong, or not to answer, in these cases:
//
//   - 0.0.0.0/0 is read as 0.0.0.0/32 (a shift by 32 bits shifts by none in JavaScript);
//   - NotIpAddress with a single address, 192.0.2.10 or 2001:db8::25, doesn't hold for an address
//     of the other IP version, which isn't that address;
//   - a policy with *:* is refused.
//
// Such questions are left out. If the simulator says that an action doesn't have a key, as with
// mail's keys in other services, both get the context without it.

// mistaken says why not to ask the simulator, or "".
func mistaken(g grant, c call) (why string) {
	g.each(func(r rule) {
		for _, a := range r.actions {
			if a == "*:*" {
				why = "*:* is refused"
			}
		}
		for _, w := range r.when {
			operator := strings.ToLower(w.operator)
			for _, v := range w.values {
				address := c.context[strings.ToLower(w.key)]
				switch {
				case !strings.Contains(operator, "ipaddress"):
				case v == "0.0.0.0/0":
					why = "0.0.0.0/0 is read as 0.0.0.0/32"
				case strings.Contains(operator, "not") && address != nil && !strings.Contains(v, "/") &&
					network(v).Addr().Is4() != netip.MustParseAddr(address[0]).Is4():
					why = "an address isn't one of the other IP version"
				}
			}
		}
	})
	return why
}

// elsewhere are actions of other services, each with a resource that the simulator accepts for it.
var elsewhere = [][2]string{{"s3:PutObject", "arn:aws:s3:::backup/dump"}, {"s3:GetObject", "arn:aws:s3:::backup/dump"},
	{"iam:CreateAccessKey", "arn:aws:iam::111122223333:user/mailer"},
	{"iam:UpdateAccessKey", "arn:aws:iam::111122223333:user/root"},
	{"iam:ChangePassword", "arn:aws:iam::111122223333:user/mailer"},
	{"sts:AssumeRole", "arn:aws:iam::111122223333:role/admin"},
	{"lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:pay"},
	{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"},
	{"ses:VerifyEmailIdentity", "*"}, {"ses:GetSendQuota", "*"}, {"ses:ListIdentities", "*"}}

// near returns a random request that a grant's policies are about: it differs in one thing from
// what one of their statements matches.
func (u *universe) near(g grant, random *rand.Rand) call {
	var boxes []box
	g.each(func(r rule) {
		if b, some := u.box(r); some {
			boxes = append(boxes, b)
		}
	})
	var of box
	if len(boxes) > 0 {
		of = boxes[random.IntN(len(boxes))]
	}
	of[random.IntN(int(dimensions))] = nil
	if random.IntN(4) == 0 {
		c, other := u.at(of, random), elsewhere[random.IntN(len(elsewhere))]
		c.action, c.resource = other[0], other[1]
		return c
	}
	mails := u.mail()
	mail := mails[random.IntN(len(mails))]
	mail[byResource] = u.identities().with(u.proper[byResource]) // the simulator takes * as all names
	if b, some := of.with(mail); some {
		return u.at(b, random)
	}
	return u.at(mail, random)
}

// at returns a random request of the box.
func (u *universe) at(b box, random *rand.Rand) call {
	for d := range dimensions {
		var of []int
		u.choicesOf(b, d).each(func(i int) { of = append(of, i) })
		b[d] = none(u.size(d))
		b[d].add(of[random.IntN(len(of))])
	}
	return u.example(b)
}

// asked returns the question in the simulator's form. It says that all resources are in the user's
// own account, because another account would have to allow the user as well.
func (g grant) asked(c call) question {
	q := question{Request: request{Principal: "arn:aws:iam::111122223333:user/" + ownName, Action: c.action,
		Resource: resource{c.resource, "111122223333"}, Context: map[string]any{}}}
	for key, values := range c.context {
		if q.Request.Context[key] = values[0]; key == "ses:recipients" {
			q.Request.Context[key] = values
		}
	}
	for _, p := range g.papers {
		q.Policies = append(q.Policies, p.document())
	}
	if g.boundary != nil {
		q.Boundary = g.boundary.document()
	}
	return q
}

func TestIAMSimulateDecidesAsTheEvaluatorDoes(t *testing.T) {
	iam := newSimulator(t)
	u := theUniverse()
	type trial struct {
		grant
		call
	}
	var trials []trial
	left := tally{}
	put := func(g grant, c call) {
		if why := mistaken(g, c); why != "" {
			left[why]++
			return
		}
		trials = append(trials, trial{g, c})
		iam.questions = append(iam.questions, g.asked(c))
	}
	for seed := range uint64(whole.Size(t, "grants", 400, 5_000)) {
		g := generated(seed)
		random := rand.New(rand.NewPCG(seed, 0))
		for range 5 {
			put(g, u.near(g, random))
		}
		if j := u.judge(g); j.source.sure {
			put(g, j.source.example)
		}
	}
	iam.ask()
	decided := tally{}
	for i, r := range trials {
		a := iam.answers[i]
		if a.Error != "" {
			t.Fatalf("the simulator doesn't answer %s: %s\n%s", r.call, a.Error, r.grant)
		}
		for _, key := range a.Ignored {
			delete(r.context, strings.ToLower(key))
		}
		decided[a.Decision]++
		if want := r.allows(r.call); want != (a.Decision == "Allowed") {
			t.Errorf("allowed %v, but the simulator says %s to %s\n%s", want, a.Decision, r.call, r.grant)
		}
	}
	t.Logf("%d questions, decided:\n%s\nleft out:\n%s", len(trials), decided, left)
	for _, d := range []string{"Allowed", "ImplicitlyDenied", "ExplicitlyDenied"} {
		if decided[d] < len(trials)/50 {
			t.Errorf("only %d are %s", decided[d], d)
		}
	}
}

func (g grant) String() string {
	var b strings.Builder
	for _, p := range g.papers {
		fmt.Fprintf(&b, "  %s: %s\n", p.from, p)
	}
	if g.boundary != nil {
		fmt.Fprintf(&b, "  boundary: %s\n", g.boundary)
	}
	return b.String()
}
