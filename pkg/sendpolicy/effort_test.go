package sendpolicy_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// laborious are policies that take the audit much more work than others. Most could occur in
// practice, at IAM's quotas.
var laborious = []struct {
	name   string
	access func() sendpolicy.Access
	want   []string // the findings, without repetitions
	// most is how many megabytes the audit may allocate: about twice what it does.
	most  uint64
	whole bool // it takes more than a second
}{
	{"60 identities through three doors", func() sendpolicy.Access { return throughThreeDoors(60) }, nil, 700, false},
	{"60 identities, within a boundary of the same", func() sendpolicy.Access {
		a := inline(allow(sendRaw, customers(0, 60)))
		a.Boundary = &sendpolicy.Policy{Name: "limit", From: "boundary", Text: a.Policies[0].Text}
		return a
	}, []string{"NoSource medium"}, 500, false},
	{"10 policies of 60 identities", func() sendpolicy.Access {
		var texts []string
		for i := range 10 {
			texts = append(texts, allow(sendRaw, customers(i*60, 60)))
		}
		return inline(texts...)
	}, []string{"NoSource medium"}, 1000, true},
	{"10 policies of 20 denials each", func() sendpolicy.Access { return denying20Each(10) },
		[]string{"WideAction high", "WideResource high", "NoSource medium"}, 2700, true},
	{"8 interleaved wildcards, all looked through", func() sendpolicy.Access { return inline(interleaved(8)) },
		[]string{"NoSource medium", "WideResource medium"}, 800, false},
	// More than about ten count as wide: a thief may find what the audit has no time for.
	{"16 interleaved wildcards, too many", func() sendpolicy.Access { return inline(interleaved(16)) },
		[]string{"WideResource high", "NoSource medium"}, mostOfAll, false},
	{"28 interleaved wildcards in each of 10 policies", func() sendpolicy.Access {
		return inline(slices.Repeat([]string{interleaved(28)}, 10)...)
	}, []string{"WideResource high", "NoSource medium"}, mostOfAll, true},
	{"a sender of 5,000 wildcards and letters, too many", func() sendpolicy.Access {
		return inline(allow(sendRaw, `"*"`, senderLike(strings.Repeat("ab?*c", 1000)+"@example.com")))
	}, []string{"WideResource high", "NoSource medium"}, mostOfAll, true},
}

// mostOfAll is how many megabytes the audit may allocate when it has spent all its effort.
const mostOfAll = 4000

// customers returns the ARNs of n identities, numbered from the first argument on.
func customers(from, n int) string {
	var arns []string
	for i := range n {
		arns = append(arns, identityARN(fmt.Sprintf("customer%d.example.com", from+i)))
	}
	return "[" + strings.Join(arns, ",") + "]"
}

// inline returns a user with inline policies.
func inline(texts ...string) sendpolicy.Access {
	a := sendpolicy.Access{User: "mailer"}
	for i, text := range texts {
		a.Policies = append(a.Policies, sendpolicy.Policy{Name: fmt.Sprint("policy", i), From: "inline", Text: text})
	}
	return a
}

func throughThreeDoors(identities int) sendpolicy.Access {
	arns := customers(0, identities)
	return inline(allow(sendRaw, arns, fromOffice), allow(sendRaw, arns, vpcEnd),
		allow(sendRaw, arns, `"StringEquals":{"aws:SourceVpc":"vpc-01"}`))
}

// denying20Each allows everything, and denies 20 identities each from all addresses except one.
func denying20Each(policies int) sendpolicy.Access {
	var texts []string
	for i := range policies {
		statements := []string{allow(sendRaw, `"*"`)}
		if i == 0 {
			statements = []string{allow(`"*"`, `"*"`)}
		}
		for j := range 20 {
			statements = append(statements, statement("Deny", `"Action":"ses:*"`,
				`"Resource":`+identityARN(fmt.Sprintf("customer%d-%d.example.com", i, j)),
				fmt.Sprintf(`"NotIpAddress":{"aws:SourceIp":"198.51.%d.%d/32"}`, i, j)))
		}
		texts = append(texts, join(statements...))
	}
	return inline(texts...)
}

// interleaved has n denials that each leave the senders with one letter, and another that leaves
// those of one domain. To find out who is left, the audit must try all orders of the letters.
func interleaved(n int) string {
	statements := []string{allow(sendRaw, `"*"`)}
	for i := range n {
		letter := string("fghijklmnopqrstuvwyz0123456789"[i])
		statements = append(statements, denyOf(`"StringNotLike":{"ses:FromAddress":"*`+letter+`*"}`))
	}
	return join(append(statements, denyOf(`"StringNotLike":{"ses:FromAddress":"*@example.com"}`))...)
}

// allocated audits a user and returns how many megabytes that allocated. The count depends only on
// how much the audit searches, so it is the same on every machine.
func allocated(a sendpolicy.Access) (findings []sendpolicy.Finding, megabytes uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	findings = sendpolicy.Audit(a)
	runtime.ReadMemStats(&after)
	return findings, (after.TotalAlloc - before.TotalAlloc) / 1e6
}

func TestTheAuditsEffortIsBounded(t *testing.T) {
	for _, p := range laborious {
		t.Run(p.name, func(t *testing.T) {
			if p.whole {
				whole.Only(t, "takes a second and more")
			}
			findings, megabytes := allocated(p.access())
			got := named(findings)
			if got = slices.Compact(got); !slices.Equal(got, p.want) {
				t.Errorf("got %q, want %q", got, p.want)
			}
			if t.Logf("%d MB", megabytes); megabytes > p.most {
				t.Errorf("it took %d MB, want at most %d", megabytes, p.most)
			}
		})
	}
}

// Twice the identities take less than eight times the work: it grows polynomially, not
// exponentially.
func TestTheAuditsEffortGrowsSlowly(t *testing.T) {
	_, one := allocated(throughThreeDoors(20))
	_, two := allocated(throughThreeDoors(40))
	if t.Logf("%d MB, %d MB", one, two); two > 8*one {
		t.Errorf("20 identities take %d MB, and 40 take %d", one, two)
	}
}

// BenchmarkAuditOfLaboriousPolicies audits each kind separately.
func BenchmarkAuditOfLaboriousPolicies(b *testing.B) {
	for _, p := range laborious {
		a := p.access()
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sendpolicy.Audit(a)
			}
		})
	}
}
