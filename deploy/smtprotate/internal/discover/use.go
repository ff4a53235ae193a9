package discover

import (
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
)

// use summarises a user's Active keys.
type use struct {
	active  []Key
	oldest  time.Duration // age of the oldest key
	newest  time.Duration
	mail    *iamaccess.Use // latest use for mail
	other   *iamaccess.Use // latest use for something else
	unknown bool
}

func useOf(keys []Key, now time.Time) (u use) {
	for _, k := range keys {
		if !k.active() {
			continue
		}
		age := now.Sub(k.Created)
		if u.oldest = max(u.oldest, age); len(u.active) == 0 || age < u.newest {
			u.newest = age
		}
		u.active = append(u.active, k)
		u.unknown = u.unknown || k.Unknown
		switch {
		case k.Used == nil:
		case k.mail():
			u.mail = later(u.mail, k.Used)
		default:
			u.other = later(u.other, k.Used)
		}
	}
	return u
}

func later(a, b *iamaccess.Use) *iamaccess.Use {
	if a == nil || b.At.After(a.At) {
		return b
	}
	return a
}

// idling reports whether the last use was long ago.
func idling(last *iamaccess.Use, now time.Time) bool { return last != nil && now.Sub(last.At) >= idle }
