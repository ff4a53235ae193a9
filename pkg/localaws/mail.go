package localaws

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Mail is a mail that SES accepted.
type Mail struct {
	Region      string
	AccessKeyID string // the username it was sent with
	From        string
	To          []string
	Data        []byte
	At          time.Time
}

// An SMTPReply is a fault of an SMTP server: a reply, or the lack of one.
type SMTPReply struct {
	Code     int    // default: 421
	Enhanced string // an enhanced status code such as "4.7.0", or ""
	Text     string
	Drop     bool // the connection is closed without a reply
	Hang     bool // no reply, until the client gives up
}

func (r *SMTPReply) String() string { return fmt.Sprintf("%d %s", r.code(), r.text()) }

func (r *SMTPReply) code() int {
	if r.Code == 0 {
		return 421
	}
	return r.Code
}

func (r *SMTPReply) text() string { return strings.TrimSpace(r.Enhanced + " " + r.Text) }

// SetSMTPFault makes every SMTP connection ask f at every stage: "connect", "auth", "mail" and
// "data". The reply that f returns happens there; nil means none. The username is "" at "connect".
// A nil f ends this.
func (w *World) SetSMTPFault(f func(region string, server int, stage, username string) *SMTPReply) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.smtpFault = f
}

func (w *World) smtpReply(v *visit, stage, username string) *SMTPReply {
	w.mu.Lock()
	ask := w.smtpFault
	w.mu.Unlock()
	if ask == nil {
		return nil
	}
	return ask(v.endpoint.region, v.server, stage, username)
}

// SetAuthMechanisms sets the mechanisms that AUTH offers: PLAIN, LOGIN or both. Without any, it is
// both.
func (w *World) SetAuthMechanisms(mechanisms ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(mechanisms) == 0 {
		mechanisms = []string{"PLAIN", "LOGIN"}
	}
	w.mechanisms = slices.Clone(mechanisms)
}

func (w *World) authMechanisms() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.mechanisms
}

func (w *World) offers(mechanism string) bool {
	return slices.Contains(w.authMechanisms(), mechanism)
}

// HideSTARTTLS makes the servers neither offer nor accept STARTTLS on new connections, as an
// attacker on the way would do to see passwords.
func (w *World) HideSTARTTLS(hide bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.noSTARTTLS = hide
}

func (w *World) hidesSTARTTLS() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.noSTARTTLS
}

// RefuseSTARTTLS makes the servers offer STARTTLS and then answer 454 to it, from now on, which is
// an attacker's other way.
func (w *World) RefuseSTARTTLS(refuse bool) { w.refuseSTARTTLS.Store(refuse) }

// ClearLogins returns how many AUTH commands came without TLS. Each was refused, and may have shown
// a password to everybody on the way.
func (w *World) ClearLogins() int { return int(w.clearLogins.Load()) }

// Logins returns how many AUTH commands came, with TLS and without.
func (w *World) Logins() int { return int(w.logins.Load()) }

// Tap makes f hear what SMTP clients send, as sent on the network: in the clear until TLS begins.
// Connections are numbered. A nil f ends this.
func (w *World) Tap(f func(connection int, sent []byte)) {
	if f == nil {
		w.tap.Store(nil)
		return
	}
	w.tap.Store(&f)
}

// smtpPatience is SES's timeout, as in transcripts from 2020 to 2026.
const smtpPatience = 10 * time.Second

// SetSMTPPatience sets how long, in real time, servers wait on new connections for a client that
// says nothing, before they say "451 4.4.2 Timeout waiting for data from client." and close the
// connection. The default is 10 seconds.
func (w *World) SetSMTPPatience(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.patience = d
}

func (w *World) smtpPatience() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.patience
}

// DenySending makes DATA answer 554 with the text to clients that logged in with this access key,
// as SES does if a policy doesn't allow ses:SendRawEmail. An empty text allows sending again.
func (w *World) DenySending(id, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.denied[id] = text
}

// Mail returns every mail that was accepted, oldest first.
func (w *World) Mail() []Mail {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.mails)
}

// deliver accepts a mail that comes from an address, or returns the text of the refusal.
func (w *World) deliver(m Mail, from netip.Addr) (refusal string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	m.At = w.Now()
	if text := cmp.Or(w.denied[m.AccessKeyID], w.judge(m, from)); text != "" {
		return text
	}
	w.mails = append(w.mails, m)
	w.directory.use(m.AccessKeyID, use{m.At, smtpService, m.Region})
	return ""
}

// login reports whether the visited server accepts a username and password, and marks the key as
// used.
func (w *World) login(v *visit, username, password string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.directory.everMade(username)
	if k == nil || k.statusOn(v.server, w.Now()) != active || !k.opens(v.endpoint.region, password) {
		return false
	}
	w.directory.use(username, use{w.Now(), smtpService, v.endpoint.region})
	return true
}

// activeOn reports whether a key is Active for one server.
func (w *World) activeOn(server int, id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	k := w.directory.everMade(id)
	return k != nil && k.statusOn(server, w.Now()) == active
}
