package sendpolicy

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// Mail is one mail over SMTP, as SES describes it to IAM. An empty field means that IAM isn't told.
type Mail struct {
	// Resources are the ARNs that the mail involves: the identity it is sent as, and its
	// configuration set. SES asks IAM about each of them, and sends the mail only if all are
	// allowed ("Actions, resources, and condition keys for Amazon SES", Service Authorization
	// Reference).
	Resources  []string
	From       string   // the address
	FromName   string   // the display name
	Feedback   string   // the address for bounces and complaints
	Recipients []string // all of them
	// Source is the address that the mail comes from: a public one or, if there is an Endpoint, one
	// inside its VPC.
	Source        netip.Addr
	Endpoint, VPC string // IDs
	At            time.Time
	// More are other condition keys that IAM gets with the mail, such as aws:UserAgent.
	More map[string][]string
}

// facts returns the mail's values of all condition keys, by key in lower case. SMTP with SES is
// always encrypted.
func (m Mail) facts(user string) map[string][]string {
	all := map[string][]string{
		"aws:currenttime":           {m.At.UTC().Format(time.RFC3339)},
		"aws:epochtime":             {strconv.FormatInt(m.At.Unix(), 10)},
		"aws:securetransport":       {"true"},
		"aws:viaawsservice":         {"false"},
		"aws:principalisawsservice": {"false"},
	}
	source := ""
	if m.Source.IsValid() {
		source = m.Source.Unmap().WithZone("").String()
	}
	address := sourceIP
	if m.Endpoint != "" {
		address = vpcSourceIP
	}
	for key, value := range map[string]string{
		"aws:username": user, address: source, sourceVPCe: m.Endpoint, sourceVPC: m.VPC,
		fromAddress: m.From, "ses:FromDisplayName": m.FromName, "ses:FeedbackAddress": m.Feedback,
	} {
		if value != "" {
			all[strings.ToLower(key)] = []string{value}
		}
	}
	if len(m.Recipients) > 0 {
		all[strings.ToLower(recipientsKey)] = m.Recipients
	}
	for key, values := range m.More {
		all[strings.ToLower(key)] = values
	}
	return all
}

// variablesOf returns the values of policy variables. A key with several values gives none ("IAM
// policy elements: Variables and tags", IAM User Guide).
func variablesOf(facts map[string][]string) glob.Variables {
	known := glob.Variables{}
	for key, values := range facts {
		if len(values) == 1 {
			known[key] = values[0]
		}
	}
	return known
}
