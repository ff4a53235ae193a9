package credential_test

import (
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// BenchmarkOurOwnValue reads and rewrites what the rotator writes, as each tick does.
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
