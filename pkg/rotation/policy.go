package rotation

import "time"

// invocation is the longest that one invocation can run: Lambda's limit of 15 minutes ("Lambda quotas").
const invocation = 15 * time.Minute

// refusedFor is how long SES may refuse a new credential before its key is given up. Keys are accepted seconds to
// minutes after they are made.
const refusedFor = time.Hour

// Policy says when things are due. The zero value of a field is its meaning, not a default: start from
// [DefaultPolicy]. The rotation interval must exceed promotion window + grace period + quarantine period: IAM allows two
// access keys, and the old one must be gone before the next is made.
type Policy struct {
	// RotationInterval is the age of the current access key at which it is rotated.
	RotationInterval time.Duration
	// GracePeriod is how long a superseded key stays Active, counted from promotion.
	GracePeriod time.Duration
	// QuarantinePeriod is how long it then stays Inactive before it is deleted.
	QuarantinePeriod time.Duration
	// InUseWindow: a key last used within it is in use. 0 ignores last use.
	InUseWindow time.Duration
	// MaxGracePeriod is when a superseded key is deactivated even if in use. 0: never.
	MaxGracePeriod time.Duration
	// PromotionWindow is the longest that may pass between the writing of a version and its promotion. A version doesn't
	// record when it became current, only when it was written; the window bounds the difference.
	PromotionWindow time.Duration
	// VerifyTimeout is how long one invocation keeps trying to log in with a new credential.
	VerifyTimeout time.Duration
	// SkipVerification promotes without logging in. The promises about mail don't hold then.
	SkipVerification bool
	// Regions are the SES Regions that the credential must serve, the primary first.
	Regions []string
}

// DefaultPolicy is the policy where nothing else is said; Regions are left to the caller.
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
