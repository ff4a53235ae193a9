package localaws

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// sending is how SES decides about mail.
type sending struct {
	enforced   bool
	identities identities
	source     netip.Addr // where all mail seems to come from; the client's address if invalid
	delay      time.Duration
}

// EnforceSending makes DATA answer as SES does: 554 to mail from an identity that VerifyIdentity
// didn't add, and to mail that the policies of the access key's user don't allow. These are the
// user's inline and attached policies, those of its groups, and its boundary. The account isn't in
// the sandbox, so recipients needn't be verified.
func (w *World) EnforceSending(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sending.enforced = on
}

// SetSourceIP makes all mail seem to come from an address, as aws:SourceIp. With the zero address,
// it is the client's again, which is on loopback.
func (w *World) SetSourceIP(address netip.Addr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sending.source = address
}

// SetPolicyPropagation makes changes of policies, groups and boundaries take effect for mail with a
// delay, in World time. By default, they take effect at once.
func (w *World) SetPolicyPropagation(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sending.delay = d
}

// judge returns the text with which SES refuses a mail, or "" if it accepts it. AWS doesn't
// document that SES checks the identities first, nor whether it also asks IAM about the identity of
// the envelope's sender if the header names another: here it doesn't.
func (w *World) judge(m Mail, from netip.Addr) (refusal string) {
	s := &w.sending
	if !s.enforced {
		return ""
	}
	mail := asHandedIn(m)
	if bad := s.identities.unverified(m.Region, mail.senders); len(bad) > 0 {
		return fmt.Sprintf("Message rejected: Email address is not verified. The following identities failed the "+
			"check in region %s: %s", strings.ToUpper(m.Region), strings.Join(bad, ", "))
	}
	if s.source.IsValid() {
		from = s.source
	}
	told := mail.told(m, s.identities.of(m.Region, mail.from))
	told.Source, told.At = from, m.At
	u := w.directory.everMade(m.AccessKeyID).owner
	decision := sendpolicy.Decide(w.directory.access(u, m.At.Add(-s.delay)), told)
	if decision.Allowed {
		return ""
	}
	// The marks around the names are SES's (ministryofjustice/analytical-platform#6944).
	return fmt.Sprintf("Access denied: User `%s' is not authorized to perform `ses:SendRawEmail' on resource `%s'",
		u.arn(), decision.Resource)
}
