package credential_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// largest is the most bytes that a secret's value may have ("AWS Secrets Manager quotas").
const largest = 65536

// BenchmarkAHostileValue reads and rewrites the worst value that somebody could put into the
// secret.
func BenchmarkAHostileValue(b *testing.B) {
	for name, member := range map[string]string{
		"nested arrays":  strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"nested objects": strings.Repeat(`{"a":`, 9000) + "1" + strings.Repeat("}", 9000),
		"many texts":     `["` + strings.Repeat(`x","`, largest/5) + `"]`,
		"many secrets":   `["` + strings.Repeat(strings.Repeat("k", 40)+`","`, largest/45) + `"]`,
	} {
		b.Run(name, func(b *testing.B) {
			text := fill(`{"username":"U!","password":"P!","region":"eu-west-1","x":` + member + `}`)
			for b.Loop() {
				old, err := credential.Inspect(text, nil)
				if err != nil {
					b.Fatal(err)
				}
				old.SecretKeys("eu-west-1")
				if _, err := credential.Compose("user", rotated, old); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOurOwnValue reads and rewrites a value that the rotator wrote, as each tick does.
func BenchmarkOurOwnValue(b *testing.B) {
	text, err := credential.Compose("user", rotated, credential.Content{})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		for b.Loop() {
			if _, err := credential.Inspect(text, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("rewritten", func(b *testing.B) {
		old, err := credential.Inspect(text, nil)
		if err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			old.SecretKeys("eu-west-1")
			if _, err := credential.Compose("user", rotated, old); err != nil {
				b.Fatal(err)
			}
		}
	})
}
