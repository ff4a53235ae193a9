package sendpolicy_test

import "testing"

// BenchmarkAudit audits every policy of the tables, one after the other.
func BenchmarkAudit(b *testing.B) {
	texts := tables()
	for b.Loop() {
		for _, text := range texts {
			auditOf(text)
		}
	}
}
