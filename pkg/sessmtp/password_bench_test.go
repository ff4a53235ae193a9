package sessmtp

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"
	"time"
)

// BenchmarkDerivePassword compares the derivation with its lower bound: five HMACs over messages of
// the same lengths.
func BenchmarkDerivePassword(b *testing.B) {
	const batch = 100
	key, sum := make([]byte, sha256.Size), make([]byte, 0, sha256.Size)
	messages := [][]byte{[]byte("11111111"), []byte("eu-west-1"), []byte("ses"), []byte("aws4_request"),
		[]byte("SendRawEmail")}
	var derived, bare time.Duration
	for b.Loop() {
		start := time.Now()
		for range batch {
			DerivePassword("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "eu-west-1")
		}
		between := time.Now()
		for range batch {
			for _, m := range messages {
				mac := hmac.New(sha256.New, key)
				mac.Write(m)
				sum = mac.Sum(sum[:0])
			}
		}
		derived += between.Sub(start)
		bare += time.Since(between)
	}
	ours := testing.AllocsPerRun(100, func() {
		DerivePassword("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
			"eu-west-1")
	})
	theirs := testing.AllocsPerRun(100, func() {
		for _, m := range messages {
			mac := hmac.New(sha256.New, key)
			mac.Write(m)
			sum = mac.Sum(sum[:0])
		}
	})
	b.ReportMetric(float64(derived)/float64(bare), "x-five-HMACs")
	b.ReportMetric(float64(derived.Nanoseconds())/float64(b.N*batch), "ns/derivation")
	b.ReportMetric(ours-theirs, "more-allocs")
	b.ReportMetric(0, "ns/op")
}
