package recording

import (
	"context"
	"crypto/x509"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Stage is where questions are asked: an account, and what was created in it for the questions.
type Stage struct {
	IAM     *iam.Client
	Secrets *secretsmanager.Client
	// Endpoint is SES's SMTP endpoint, and Addresses are the servers behind it, as host:port.
	Endpoint  sessmtp.Endpoint
	Addresses []string
	RootCAs   *x509.CertPool // nil for the system's

	// User is an IAM user without access keys and policies. Asking creates and removes some, and
	// leaves some behind.
	User string
	// Path is the path of the user.
	Path string
	// Secret is a secret without a version.
	Secret string
	// From is an address that SES sends from. If it is empty, nothing is sent, and questions that
	// need mail stay unanswered.
	From string

	Clock Clock
	// Every is the time between two checks of something that is awaited.
	Every time.Duration
	// Patience is how long to wait for it.
	Patience time.Duration
	// Progress is called with the question that is asked now. It may be nil.
	Progress func(question string)
}

// Clock tells the time and waits.
type Clock interface {
	Now() time.Time
	// Sleep waits. It returns ctx's error if that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

// Wall is the Clock of real time.
type Wall struct{}

// Now returns time.Now().
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
