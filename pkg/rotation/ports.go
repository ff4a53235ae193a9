package rotation

import (
	"context"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Keys is what rotation asks of IAM: the access keys of one user. Errors are [*Error]s; a user that
// doesn't exist is a ConfigurationError.
type Keys interface {
	// List returns all of the user's keys, Active or not, without last use.
	List(ctx context.Context) ([]Key, error)
	// LastUsed returns when the key was last seen in use, zero for never. IAM reports use late. A
	// key that is gone is a Conflict.
	LastUsed(ctx context.Context, id string) (time.Time, error)
	// Create makes an Active key. It must never retry by itself: each call that reaches IAM makes
	// another key. A full quota is a Conflict.
	Create(ctx context.Context) (Key, sessmtp.SecretAccessKey, error)
	// SetStatus is idempotent. A key that is gone is a Conflict.
	SetStatus(ctx context.Context, id string, status KeyStatus) error
	// Delete is idempotent: a key that is gone is no error.
	Delete(ctx context.Context, id string) error
}

// Secret is what rotation asks of Secrets Manager: the versions of one secret.
type Secret interface {
	// Read returns the version that has the label, nil for none. A secret that doesn't exist is a
	// ConfigurationError.
	Read(ctx context.Context, label Label) (*Version, error)
	// Find returns the newest version that names the access key, labelled or not, of those that
	// still exist; nil for none.
	Find(ctx context.Context, keyID string) (*Version, error)
	// Stage writes a credential as a new version labelled AWSPENDING, keeping what people have
	// added to base's value. It never moves AWSCURRENT. The version's ID derives from the time, so
	// that a retry writes the same version.
	Stage(ctx context.Context, base Version, logins []sessmtp.Login, at time.Time) (Version, error)
	// Restage writes v's credential as a new version labelled AWSPENDING, with the endpoints that
	// are configured now and what people have added to base's value.
	Restage(ctx context.Context, base, v Version, at time.Time) (Version, error)
	// Move moves the label if it is still on the version `from`; otherwise it is a Conflict. An
	// empty `to` takes it off.
	Move(ctx context.Context, label Label, from, to string) error
}

// Copies are other places where the current credential is kept, for applications that can't read
// the secret. Errors are [*Error]s.
type Copies interface {
	// Read returns each copy as it is now, compared with what v holds.
	Read(ctx context.Context, v Version) ([]Copy, error)
	// Write makes the copy of that name hold what v holds.
	Write(ctx context.Context, name string, v Version) error
	// Delete deletes the copies that are the rotator's. It is idempotent.
	Delete(ctx context.Context) error
}

// Verifier proves that SES accepts a credential: one result per login, in their order. It keeps
// trying until each is accepted or ctx ends.
type Verifier interface {
	Verify(ctx context.Context, logins []sessmtp.Login) []sessmtp.Result
}
