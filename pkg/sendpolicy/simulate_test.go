package sendpolicy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// mail is one mail. A field that isn't set is as in ordinary mail: from app@example.com, without a
// display name, to one recipient, with no configuration set, encrypted, from 192.0.2.10, at the
// beginning of 2026.
type mail struct {
	what     string   // a description
	as       string   // the identity that it is sent as: a name or an ARN
	from     string   // the address
	name     string   // the display name
	to       []string // empty but not nil: no recipients
	verified []string // the recipients' identities, which SES also checks in the sandbox
	set      string   // the configuration set: a name or an ARN
	bounces  string   // the address for bounces

	address                string // the public address that it comes from
	endpoint, vpc, private string // or the endpoint, its VPC and the address there, if any of these is set
	plain                  bool   // not encrypted
	agent                  string
	at                     string

	action string              // instead of sending over SMTP
	on     string              // the ARN that it is on, instead of an identity
	owner  sendpolicy.Document // the identity's own policy, if another account has the identity
}

// question is one decision of IAM's. Mail takes several: SES asks about each resource that mail
// involves, and sends the mail if all are allowed ("Actions, resources, and condition keys for
// Amazon SES", Service Authorization Reference).
type question struct {
	Policy   sendpolicy.Document `json:"policy"`
	Policies []any               `json:"policies,omitempty"` // instead of Policy
	Boundary any                 `json:"boundary,omitempty"`
	Owner    any                 `json:"ownerPolicy,omitempty"`
	Request  request             `json:"request"`
}

type request struct {
	Principal string         `json:"principal"`
	Action    string         `json:"action"`
	Resource  resource       `json:"resource"`
	Context   map[string]any `json:"contextVariables"`
}

type resource struct {
	ARN     string `json:"resource"`
	Account string `json:"accountId"`
}

type answer struct {
	Decision string   `json:"decision"`
	Ignored  []string `json:"ignored"`
	Error    string   `json:"error"`
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// resourceARN returns the ARN of a name, in the Region and account of ordinary mail.
func resourceARN(kind, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	return "arn:aws:ses:eu-west-1:111122223333:" + kind + "/" + name
}

func (m mail) resources() (arns []string) {
	if m.on != "" {
		return []string{m.on}
	}
	arns = append(arns, resourceARN("identity", or(m.as, "example.com")))
	if m.set != "" {
		arns = append(arns, resourceARN("configuration-set", m.set))
	}
	for _, name := range m.verified {
		arns = append(arns, resourceARN("identity", name))
	}
	return arns
}

// context returns what SES tells IAM about mail.
func (m mail) context() map[string]any {
	at, err := time.Parse(time.RFC3339, or(m.at, "2026-01-01T00:00:00Z"))
	if err != nil {
		panic(err)
	}
	c := map[string]any{
		"aws:username":        "mailer",
		"aws:CurrentTime":     at.Format(time.RFC3339),
		"aws:EpochTime":       fmt.Sprint(at.Unix()),
		"aws:SecureTransport": fmt.Sprint(!m.plain),
		"aws:UserAgent":       or(m.agent, "SMTP"),
		"ses:FromAddress":     or(m.from, "app@example.com"),
		"ses:FeedbackAddress": or(m.bounces, "bounces@example.com"),
	}
	switch {
	case m.to == nil:
		c["ses:Recipients"] = []string{"someone@example.net"}
	case len(m.to) > 0:
		c["ses:Recipients"] = m.to
	}
	if m.name != "" {
		c["ses:FromDisplayName"] = m.name
	}
	if m.endpoint+m.vpc+m.private == "" {
		c["aws:SourceIp"] = or(m.address, "192.0.2.10")
		return c
	}
	c["aws:SourceVpce"] = or(m.endpoint, "vpce-0f")
	c["aws:SourceVpc"] = or(m.vpc, "vpc-0f")
	c["aws:VpcSourceIp"] = or(m.private, "10.0.0.10")
	return c
}

func (m mail) questions(policy sendpolicy.Document) (questions []question) {
	for _, arn := range m.resources() {
		parts := strings.Split(arn, ":")
		q := question{Policy: policy, Request: request{
			Principal: "arn:" + parts[1] + ":iam::111122223333:user/mailer",
			Action:    or(m.action, "ses:SendRawEmail"),
			Resource:  resource{arn, parts[4]},
			Context:   m.context(),
		}}
		if len(m.owner.Statements) > 0 {
			q.Owner = ownersPolicy(m.owner)
		}
		questions = append(questions, q)
	}
	return questions
}

// ownersPolicy returns the policy in an identity's form, which says whom it allows.
func ownersPolicy(d sendpolicy.Document) map[string]any {
	var statements []map[string]any
	for _, s := range d.Statements {
		statements = append(statements, map[string]any{
			"Effect": s.Effect, "Principal": map[string]string{"AWS": "arn:aws:iam::111122223333:user/mailer"},
			"Action": s.Action, "Resource": s.Resource,
		})
	}
	return map[string]any{"Version": d.Version, "Statement": statements}
}

// simulator is someone else's implementation of IAM, which answers all questions at once.
type simulator struct {
	t         *testing.T
	modules   string
	questions []question
	of        [][2]int // each mail's questions: the first, and the one after the last
	answers   []answer
}

const simulateFolder = "testdata/simulate"

func newSimulator(t *testing.T) *simulator {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: it takes seconds")
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("Node.js isn't installed (after installing it, run npm ci in pkg/sendpolicy/testdata/simulate):", err)
	}
	modules := or(os.Getenv("SENDPOLICY_NODE_MODULES"), filepath.Join(simulateFolder, "node_modules"))
	if _, err := os.Stat(filepath.Join(modules, "@cloud-copilot", "iam-simulate")); err != nil {
		t.Skip("iam-simulate isn't installed (npm ci in pkg/sendpolicy/testdata/simulate, or "+
			"SENDPOLICY_NODE_MODULES=…/node_modules):", err)
	}
	return &simulator{t: t, modules: modules}
}

// put adds the mail's questions, and returns the mail's number.
func (s *simulator) put(policy sendpolicy.Document, m mail) int {
	first := len(s.questions)
	s.questions = append(s.questions, m.questions(policy)...)
	s.of = append(s.of, [2]int{first, len(s.questions)})
	return len(s.of) - 1
}

func (s *simulator) ask() {
	s.t.Helper()
	text, err := json.Marshal(s.questions)
	if err != nil {
		s.t.Fatal(err)
	}
	var out, faults bytes.Buffer
	node := exec.CommandContext(s.t.Context(), "node", filepath.Join(simulateFolder, "simulate.mjs"), s.modules)
	node.Stdin, node.Stdout, node.Stderr = bytes.NewReader(text), &out, &faults
	if err := node.Run(); err != nil {
		s.t.Fatalf("%v\n%s", err, &faults)
	}
	if err := json.Unmarshal(out.Bytes(), &s.answers); err != nil || len(s.answers) != len(s.questions) {
		s.t.Fatalf("%d answers to %d questions (%v)", len(s.answers), len(s.questions), err)
	}
}

// allows reports whether a mail is allowed. An answer that isn't about the policy fails the test: a
// question that IAM doesn't understand must not count as refused mail.
func (s *simulator) allows(t *testing.T, number int) bool {
	t.Helper()
	all := true
	for i := s.of[number][0]; i < s.of[number][1]; i++ {
		q, a := s.questions[i], s.answers[i]
		switch {
		case a.Error != "":
			t.Fatalf("%s on %s: %s\n%s", q.Request.Action, q.Request.Resource.ARN, a.Error, q.Policy)
		case q.Request.Action == "ses:SendRawEmail" && len(a.Ignored) > 0:
			t.Fatalf("the simulator doesn't know the keys %s", a.Ignored)
		case !slices.Contains([]string{"Allowed", "ImplicitlyDenied"}, a.Decision):
			t.Fatalf("%s on %s is %s, and nothing in the policy denies", q.Request.Action, q.Request.Resource.ARN,
				a.Decision)
		}
		all = all && a.Decision == "Allowed"
	}
	return all
}

// drafted is a scene with the policy written for it.
type drafted struct {
	scene
	policy sendpolicy.Document
}

func draft(t *testing.T) (all []drafted) {
	t.Helper()
	for _, s := range scenes {
		policy, _, err := sendpolicy.Write(s.description)
		if err != nil {
			t.Errorf("%s: %v", s.what, err)
			continue
		}
		all = append(all, drafted{s, policy})
	}
	return all
}

func TestIAMAllowsWhatIsDescribedAndNothingElse(t *testing.T) {
	iam := newSimulator(t)
	type trial struct {
		of      drafted
		mail    mail
		allowed bool
		number  int
	}
	var trials []trial
	let, kept, strange := 0, 0, 0
	for _, s := range draft(t) {
		put := func(mails []mail, allowed bool) int {
			for _, m := range mails {
				trials = append(trials, trial{s, m, allowed, iam.put(s.policy, m)})
			}
			return len(mails)
		}
		let, kept, strange = let+put(s.allowed, true), kept+put(s.denied, false), strange+put(strangers, false)
	}
	iam.ask()
	for _, r := range trials {
		verb := map[bool]string{true: "allows", false: "denies"}[r.allowed]
		t.Run(r.of.what+" "+verb+" "+r.mail.what, func(t *testing.T) {
			if iam.allows(t, r.number) != r.allowed {
				t.Errorf("wrong decision by\n%s", r.of.policy)
			}
		})
	}
	t.Logf("%d requests to be allowed, %d to be denied, and %d that no description has to do with; %d questions", let,
		kept, strange, len(iam.questions))
}

// The table would prove little if a policy that lacks something passed as well.
func TestTheTableTellsWhenAnythingIsMissingFromAPolicy(t *testing.T) {
	whole.Only(t, "evaluates some thousand policies")
	iam := newSimulator(t)
	type run struct {
		scene   string
		lacks   variant
		allowed bool // what the table says of its mail
		first   int
		behind  int
	}
	var runs []run
	for _, s := range draft(t) {
		for _, v := range variants(s.policy) {
			r := run{scene: s.what, lacks: v, first: len(iam.of), allowed: !v.wider}
			for _, m := range map[bool][]mail{true: s.denied, false: s.allowed}[v.wider] {
				iam.put(v.policy, m)
			}
			r.behind = len(iam.of)
			runs = append(runs, r)
		}
	}
	iam.ask()
	for _, r := range runs {
		noticed := false
		for i := r.first; i < r.behind; i++ {
			noticed = noticed || iam.allows(t, i) != r.allowed
		}
		if !noticed {
			t.Errorf("%s: nothing in the table needs %s", r.scene, r.lacks.what)
		}
	}
	t.Logf("%d policies that lack something, with %d questions", len(runs), len(iam.questions))
}

// variant is a policy that lacks something, and so allows either more or less.
type variant struct {
	what   string
	wider  bool
	policy sendpolicy.Document
}

// variants returns all policies that lack one thing: a resource, a condition, or one of a
// condition's values.
func variants(d sendpolicy.Document) (all []variant) {
	for i, s := range d.Statements {
		lacking := func(wider bool, what string, change func(*sendpolicy.Statement)) {
			v := variant{s.Sid + "'s " + what, wider, clone(d)}
			change(&v.policy.Statements[i])
			all = append(all, v)
		}
		for j, arn := range s.Resource {
			if len(s.Resource) > 1 { // a statement needs one
				lacking(false, arn, func(s *sendpolicy.Statement) { s.Resource = slices.Delete(s.Resource, j, j+1) })
			}
		}
		for operator, keys := range s.Condition {
			for key, values := range keys {
				if strings.HasPrefix(s.Sid, "Sandbox") && key != "ses:FromAddress" {
					continue // the sender's identity, which SES also checks, has the same conditions
				}
				lacking(true, operator+" "+key, func(s *sendpolicy.Statement) { delete(s.Condition[operator], key) })
				for j, value := range values {
					if len(values) == 1 || slices.Contains(idle, value) {
						continue
					}
					lacking(false, operator+" "+key+" "+value, func(s *sendpolicy.Statement) {
						s.Condition[operator][key] = slices.Delete(s.Condition[operator][key], j, j+1)
					})
				}
			}
		}
	}
	return all
}

func clone(d sendpolicy.Document) sendpolicy.Document {
	d.Statements = slices.Clone(d.Statements)
	for i := range d.Statements {
		s := &d.Statements[i]
		s.Resource = slices.Clone(s.Resource)
		s.Condition = maps.Clone(s.Condition)
		for operator, keys := range s.Condition {
			keys = maps.Clone(keys)
			for key := range keys {
				keys[key] = slices.Clone(keys[key])
			}
			s.Condition[operator] = keys
		}
	}
	return d
}
