package sendpolicy

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// Mail is one mail over SMTP, as SES tells IAM of it. What is empty isn't told.
type Mail struct {
	// Resources are the ARNs of all that it involves: the identity that it is sent as, and its
	// configuration set. SES asks IAM for each, and mail goes out when all are allowed ("Actions,
	// resources, and condition keys for Amazon SES", Service Authorization Reference).
	Resources  []string
	From       string   // the address
	FromName   string   // the display name
	Feedback   string   // the address for bounces and complaints
	Recipients []string // all of them
	// Source is where it comes from: a public address, or one within the VPC of an Endpoint.
	Source        netip.Addr
	Endpoint, VPC string // IDs
	At            time.Time
	// More are other condition keys that IAM knows of the mail, by name, such as aws:UserAgent.
	More map[string][]string
}

// facts are the values of all condition keys that the mail has, by their names in small letters.
// SMTP with SES is always encrypted.
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

// variables are what the facts put in the place of policy variables. A key with several values puts
// nothing there ("IAM policy elements: Variables and tags", IAM User Guide).
func variablesOf(facts map[string][]string) glob.Variables {
	known := glob.Variables{}
	for key, values := range facts {
		if len(values) == 1 {
			known[key] = values[0]
		}
	}
	return known
}
