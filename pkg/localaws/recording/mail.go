package recording

import (
	"fmt"
	"strings"
	"time"
)

// Simulator is SES's mailbox simulator for mail that is delivered. It is never bounced, and doesn't
// count against the sending quota ("Using the mailbox simulator manually", SES Developer Guide).
const Simulator = "success@simulator.amazonses.com"

// labelled puts a label into an address. SES delivers user+label@ to user@, for the simulator
// ("Using the mailbox simulator manually") and for verified senders ("Creating and verifying
// identities in Amazon SES").
func labelled(address, label string) string {
	user, domain, _ := strings.Cut(address, "@")
	return user + "+" + label + "@" + domain
}

// mail is a mail whose envelope and header may have different addresses.
type mail struct {
	from, to     string // in the header
	name         string // the sender's display name
	envelopeFrom string
	envelopeTo   []string
	at           time.Time
}

// mail returns a mail from the stage's sender to the simulator, in both envelope and header.
func (a *asker) mail() mail {
	return mail{from: a.From, to: Simulator, envelopeFrom: a.From, envelopeTo: []string{Simulator}, at: a.Clock.Now()}
}

func (m mail) text() string {
	from := m.from
	if m.name != "" {
		from = fmt.Sprintf("%s <%s>", m.name, m.from)
	}
	return fmt.Sprintf("From: %s\r\nTo: %s\r\nDate: %s\r\nSubject: a rehearsal\r\n\r\nA rehearsal.\r\n", from, m.to,
		m.at.Format(time.RFC1123Z))
}
