package sendpolicy_test

import (
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// tables returns all policies in the audit's tests.
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

// longest is how many characters a fuzzed policy may have. A longer one takes the audit seconds,
// which is within its limits, and shows nothing new.
const longest = 600

// FuzzAudit: whatever the user's policy and boundary are, the audit ends, each finding has a
// message and a risk, and what it suggests instead can be read.
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
				t.Errorf("this finding doesn't say enough: %+v", found)
			}
			if found.Instead == nil {
				continue
			}
			if _, err := sendpolicy.Parse(found.Instead.String()); err != nil {
				t.Errorf("the policy suggested instead\n%s\ncan't be read: %v", found.Instead, err)
			}
		}
		if _, err := sendpolicy.Parse(text); err != nil && sendpolicy.Worst(findings) == "" {
			t.Errorf("the policy can't be read, but there is no finding: %v", err)
		}
	})
}
