package localaws

import (
	"bytes"
	"cmp"
	netmail "net/mail"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// handedIn is a mail as SES sees it before it asks IAM.
//
// AWS documents that ses:FromAddress is the "From" address and ses:FeedbackAddress the
// "Return-Path" address ("Sending policy examples", SES Developer Guide), but not that over SMTP
// the first is the header's. Bounces go to the address in the Return-Path field or, if there is
// none, to the source, which is the envelope's ("Setting up identity owner notifications for
// sending authorization"). A mail without a From header counts as from its envelope's sender.
type handedIn struct {
	from, name string
	feedback   string
	senders    []string // identities must be verified for all of these
	set        string   // the configuration set, if any
}

// asHandedIn reads the header of a mail. What can't be parsed counts as missing, except for From:
// that text counts as an address that nobody has verified.
func asHandedIn(m Mail) handedIn {
	h := handedIn{from: m.From, feedback: m.From}
	header := netmail.Header{}
	if message, err := netmail.ReadMessage(bytes.NewReader(m.Data)); err == nil {
		header = message.Header
	}
	if text := header.Get("From"); text != "" {
		h.from = text
		if all, err := header.AddressList("From"); err == nil {
			h.from, h.name = all[0].Address, all[0].Name
		}
	}
	h.feedback = cmp.Or(addressIn(header, "Return-Path"), h.feedback)
	h.set = header.Get("X-SES-CONFIGURATION-SET")
	// "you must create and verify each identity that you're going to use as a 'From', 'Source',
	// 'Sender', or 'Return-Path' address" ("Verified identities in Amazon SES").
	for _, sender := range []string{h.from, m.From, addressIn(header, "Sender"), h.feedback} {
		if sender != "" && !slices.Contains(h.senders, sender) {
			h.senders = append(h.senders, sender)
		}
	}
	return h
}

// addressIn returns the address in a header's field, or "".
func addressIn(header netmail.Header, field string) string {
	a, err := netmail.ParseAddress(header.Get(field))
	if err != nil {
		return ""
	}
	return a.Address
}

// told returns what SES tells IAM about the mail, sent as an identity.
func (h handedIn) told(m Mail, identity string) sendpolicy.Mail {
	told := sendpolicy.Mail{Resources: []string{sesARN(m.Region, "identity", identity)}, From: h.from, FromName: h.name,
		Feedback: h.feedback, Recipients: m.To}
	if h.set != "" {
		told.Resources = append(told.Resources, sesARN(m.Region, "configuration-set", h.set))
	}
	return told
}

func sesARN(region, kind, name string) string {
	return "arn:aws:ses:" + region + ":" + account + ":" + kind + "/" + name
}
