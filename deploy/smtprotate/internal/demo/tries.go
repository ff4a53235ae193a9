package demo

import (
	"fmt"
	"sync"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// tries counts the logins with the pending credential that SES refuses and accepts.
type tries struct {
	mu                sync.Mutex
	refused, accepted int
}

// watch is called at every stage of every SMTP connection. It counts logins and changes nothing.
func (s *stage) watch(_ string, _ int, stage, username string) *localaws.SMTPReply {
	if stage != "auth" {
		return nil
	}
	version, ok := pending(s.world)
	if login := valueOf(version.Value); ok && login.Username == username {
		s.tries.count(s.world.Accepts(region, username, login.Password))
	}
	return nil
}

func (t *tries) count(accepted bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if accepted {
		t.accepted++
	} else {
		t.refused++
	}
}

func (t *tries) reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused, t.accepted = 0, 0
}

// verified returns the event of a verification, which says how SES answered.
func (t *tries) verified() timeline.Event {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := fmt.Sprintf("SES accepts %d logins in a row", t.accepted)
	if t.refused > 0 {
		text = fmt.Sprintf("SES says 535 to %d logins, then accepts %d in a row", t.refused, t.accepted)
	}
	return timeline.Event{Text: text, Refused: t.refused}
}
