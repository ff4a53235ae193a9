package recording

import (
	"context"
	"crypto/x509"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Stage is where questions are asked: an account, and what was made in it to be asked about.
type Stage struct {
	IAM     *iam.Client
	Secrets *secretsmanager.Client
	// Endpoint is SES's, and Addresses are the servers behind it, as host:port.
	Endpoint  sessmtp.Endpoint
	Addresses []string
	RootCAs   *x509.CertPool // nil: the system's

	// User is an IAM user without access keys and policies. Its keys and policies are made and
	// unmade; it is left with some.
	User string
	// Path is the user's.
	Path string
	// Secret is a secret without a version.
	Secret string
	// From is an address that SES sends from. If it is empty, nothing is sent, and what needs that
	// is left unanswered.
	From string

	Clock Clock
	// Every is how often something is looked at that is waited for.
	Every time.Duration
	// Patience is how long it is waited for.
	Patience time.Duration
	// Progress is told what is asked now. It may be nil.
	Progress func(question string)
}

// Clock is the time, and how it passes.
type Clock interface {
	Now() time.Time
	// Sleep waits. It returns ctx's error if that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

// Wall is real time.
type Wall struct{}

// Now is time.Now.
func (Wall) Now() time.Time { return time.Now() }

// Sleep waits.
func (Wall) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
