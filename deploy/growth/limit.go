package growth

import "time"

// Limit is how many calls AWS takes, as it limits them itself: a bucket that holds Burst tokens and
// gets Rate more a second.
type Limit struct {
	Rate  float64
	Burst float64
}

// bucket is a Limit in use.
type bucket struct {
	Limit
	tokens float64
	at     time.Duration
}

func newBucket(l Limit) *bucket { return &bucket{Limit: l, tokens: l.Burst} }

// take tells whether a call is let through.
func (b *bucket) take(now time.Duration) bool {
	gained := float64(b.Rate * (now - b.at).Seconds()) // the conversion keeps all machines from rounding otherwise
	b.tokens = min(b.Burst, b.tokens+gained)
	b.at = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
