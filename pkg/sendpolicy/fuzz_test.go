package sendpolicy_test

import (
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// tables are all policies that the tests of the audit have.
func tables() (texts []string) {
	for _, p := range policies {
		texts = append(texts, p.text)
	}
	for _, p := range seeming {
		texts = append(texts, p.text)
	}
	for _, p := range misleading {
		texts = append(texts, p.text)
	}
	for _, p := range realPolicies {
		texts = append(texts, p.text)
	}
	return texts
}

// longest is the most characters of a policy to be fuzzed. A longer one takes the audit up to
// seconds, within its bounds, and is no other kind of policy.
const longest = 600

// FuzzAudit: whatever the user's policy and boundary are, the audit ends, and what it finds tells a
// person what is so and why it matters. What it offers instead can be read.
func FuzzAudit(f *testing.F) {
	texts := tables()
	for i, text := range texts {
		if len(text) <= longest {
			f.Add(text, "")
			f.Add(text, texts[(i*7+3)%len(texts)])
		}
	}
	f.Fuzz(func(t *testing.T, text, boundary string) {
		if len(text) > longest || len(boundary) > longest {
			return
		}
		a := inline(text)
		if boundary != "" {
			a.Boundary = &sendpolicy.Policy{Name: "limit", From: "boundary", Text: boundary}
		}
		findings, megabytes := allocated(a)
		if megabytes > mostOfAll {
			t.Errorf("it took %d MB", megabytes)
		}
		for _, found := range findings {
			if found.Message == "" || found.Risk == "" || found.Policy == "" || found.Severity == "" {
				t.Errorf("a person can't do anything with %+v", found)
			}
			if found.Instead == nil {
				continue
			}
			if _, err := sendpolicy.Parse(found.Instead.String()); err != nil {
				t.Errorf("instead of it\n%s\nwhich can't be read: %v", found.Instead, err)
			}
		}
		if _, err := sendpolicy.Parse(text); err != nil && sendpolicy.Worst(findings) == "" {
			t.Errorf("nothing is found, and it can't be read: %v", err)
		}
	})
}
