package recording

import (
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// Imitate gives a World the recorded delays and identities, as far as the answers contain them.
// Without the delays, it would accept a new key at once and never give SES's answer to one that is
// still unknown.
func Imitate(w *localaws.World, answers []Answer, from string) {
	_, domain, _ := strings.Cut(from, "@")
	w.VerifyIdentity(domain)
	for _, a := range answers {
		switch a.ID {
		case "login.new":
			w.SetPropagation(seconds(a, "first server after"), seconds(a, "all servers after"))
		case "policy.effect":
			w.SetPolicyPropagation(seconds(a, "allowed after"))
		case "use.login":
			w.SetLastUsedDelay(seconds(a, "reported after"))
			if a.Answer == notInTime {
				w.SetLastUsedDelay(24 * time.Hour) // longer than any test waits
			}
		case "policy.address":
			if strings.Contains(a.Answer, "identity/{from}") {
				w.VerifyIdentity(from)
			}
		}
	}
}

func seconds(a Answer, what string) time.Duration {
	return time.Duration(a.Seconds[what] * float64(time.Second))
}
