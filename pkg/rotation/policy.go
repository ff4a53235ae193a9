package rotation

import (
	"errors"
	"fmt"
	"time"
)

// invocation is the longest that one invocation can run: Lambda's limit of 15 minutes ("Lambda
// quotas").
const invocation = 15 * time.Minute

// refusedFor is how long SES may refuse a new credential before its key is given up. Keys are
// accepted seconds to minutes after they are made.
const refusedFor = time.Hour

// Policy says when things are due. A zero field means zero, not a default: start from
// [DefaultPolicy].
type Policy struct {
	// RotationInterval is the age of the current access key at which it is rotated.
	RotationInterval time.Duration
	// GracePeriod is how long a superseded key stays Active, counted from promotion.
	GracePeriod time.Duration
	// QuarantinePeriod is how long it then stays Inactive before it is deleted.
	QuarantinePeriod time.Duration
	// InUseWindow is how long a key counts as in use after its last use. 0 ignores last use.
	InUseWindow time.Duration
	// MaxGracePeriod is the time after which a superseded key is deactivated even if in use,
	// counted from promotion. 0 means never.
	MaxGracePeriod time.Duration
	// PromotionWindow is the longest that may pass between the writing of a version and its
	// promotion. A version doesn't record when it became current, only when it was written; the
	// window bounds the difference.
	PromotionWindow time.Duration
	// VerifyTimeout is how long one invocation keeps trying to log in with a new credential.
	VerifyTimeout time.Duration
	// SkipVerification promotes without logging in. The promises about mail don't hold then.
	SkipVerification bool
	// HasCopies means that the credential is also kept in other places than the secret.
	HasCopies bool
	// Regions are the SES Regions that the credential must serve, the primary first.
	Regions []string
}

// PolicyFault is what is wrong with one field of a Policy.
type PolicyFault struct {
	Field string   // its name in Policy
	Text  string   // without that name, so that a setting can put its own in front
	With  []string // the other fields that could be changed instead
}

func (f PolicyFault) Error() string { return f.Field + ": " + f.Text }

// Faults returns everything that contradicts itself in the policy.
func (p Policy) Faults() []PolicyFault {
	var faults []PolicyFault
	fault := func(field, format string, args ...any) *PolicyFault {
		faults = append(faults, PolicyFault{Field: field, Text: fmt.Sprintf(format, args...)})
		return &faults[len(faults)-1]
	}
	for _, period := range []struct {
		field string
		long  time.Duration
	}{
		{"RotationInterval", p.RotationInterval}, {"GracePeriod", p.GracePeriod},
		{"QuarantinePeriod", p.QuarantinePeriod},
		{"InUseWindow", p.InUseWindow}, {"MaxGracePeriod", p.MaxGracePeriod}, {"PromotionWindow", p.PromotionWindow},
		{"VerifyTimeout", p.VerifyTimeout},
	} {
		if period.long < 0 {
			fault(period.field, "is negative")
		}
	}
	if least := p.PromotionWindow + p.GracePeriod + p.QuarantinePeriod; p.RotationInterval <= least {
		fault("RotationInterval",
			"is %s, and must exceed promotion window + grace period + quarantine period (%s): IAM allows "+
				"two access keys, so the old one must be gone before the next is made", Duration(p.RotationInterval),
			Duration(least)).With = []string{"PromotionWindow", "GracePeriod", "QuarantinePeriod"}
	}
	if p.MaxGracePeriod != 0 && p.MaxGracePeriod < p.GracePeriod {
		fault("MaxGracePeriod", "is %s, and must be 0 (never) or at least the grace period (%s)",
			Duration(p.MaxGracePeriod), Duration(p.GracePeriod)).With = []string{"GracePeriod"}
	}
	if p.VerifyTimeout == 0 && !p.SkipVerification {
		fault("VerifyTimeout", "is 0, so nothing could ever be verified; another setting skips verification").
			With = []string{"SkipVerification"}
	}
	return faults
}

// Validate returns all of the policy's Faults as one error, nil for none.
func (p Policy) Validate() error {
	var faults []error
	for _, f := range p.Faults() {
		faults = append(faults, f)
	}
	return errors.Join(faults...)
}

// DefaultPolicy returns the policy that applies if nothing else is set. The caller adds the
// Regions.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{
		RotationInterval: 30 * day,
		GracePeriod:      7 * day,
		QuarantinePeriod: day,
		InUseWindow:      day,
		PromotionWindow:  15 * time.Minute,
		VerifyTimeout:    2 * time.Minute,
	}
}
