package growth

import "fmt"

// Quota is one that an account has in a Region, and what a stack takes of it.
type Quota struct {
	Of      string // what is counted, in the words of the service's page of quotas
	Default int    // of a new account
	Most    int    // as far as it can be raised; 0: nobody says
	Note    string // what else is to be said of the default
	// Each is what a stack takes with its parameters' defaults, and Optional what it can take as
	// well.
	Each, Optional int
	Kilobytes      bool // what is counted; else things
}

// Stacks is how many fit.
func (q Quota) Stacks() int { return q.Default / q.Each }

// Accounts is how many it takes for so many stacks with the quota raised as far as it can be.
func (q Quota) Accounts(stacks int) int {
	if q.Most == 0 {
		return 1
	}
	in := q.Most / q.Each
	return (stacks + in - 1) / in
}

// functionSize is the function's program in kB, unpacked, as lambda/bench measures it.
const functionSize = 9_500

// quotas are those that stacks use up first, by the type of resource that counts ("Amazon
// EventBridge quotas", "IAM and AWS STS quotas", "Understand CloudFormation quotas", "AWS Secrets
// Manager quotas", "Quotas for Amazon EventBridge Scheduler").
var quotas = []struct {
	kind string
	Quota
}{
	{"AWS::Events::Rule", Quota{Of: "EventBridge rules on an event bus", Default: 300,
		Note: "; 100 in `af-south-1` and `eu-south-1`"}},
	{"AWS::IAM::Role", Quota{Of: "IAM roles", Default: 1_000, Most: 5_000}},
	{"AWS::IAM::ManagedPolicy", Quota{Of: "Customer managed policies of IAM", Default: 1_500, Most: 5_000}},
	{"AWS::IAM::User", Quota{Of: "IAM users", Default: 5_000, Most: 5_000}},
	{"AWS::SecretsManager::Secret", Quota{Of: "Secrets", Default: 500_000}},
	{"AWS::Scheduler::Schedule", Quota{Of: "Schedules of EventBridge Scheduler", Default: 10_000_000}},
}

// ReadQuotas returns the quotas that a template's stacks use up.
func ReadQuotas(templateFile string) ([]Quota, error) {
	t, err := readTemplate(templateFile)
	if err != nil {
		return nil, err
	}
	all := []Quota{
		{Of: "CloudFormation stacks", Default: 2_000, Each: 1},
		// "Lambda quotas": what is uploaded counts unpacked, and the quota can't be raised.
		{Of: "Lambda's storage for code, unpacked", Default: 300_000_000, Most: 300_000_000,
			Each: functionSize, Kilobytes: true},
	}
	for _, q := range quotas {
		q.Each = t.count(q.kind, false)
		q.Optional = t.count(q.kind, true)
		if q.Each == 0 {
			return nil, fmt.Errorf("%s has no %s", templateFile, q.kind)
		}
		all = append(all, q.Quota)
	}
	return all, nil
}
