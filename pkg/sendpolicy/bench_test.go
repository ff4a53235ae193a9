package sendpolicy_test

import "testing"

// BenchmarkAudit is of every policy of the tables, one after the other.
func BenchmarkAudit(b *testing.B) {
	for b.Loop() {
		for _, p := range policies {
			auditOf(p.text)
		}
		for _, p := range seeming {
			auditOf(p.text)
		}
	}
}
