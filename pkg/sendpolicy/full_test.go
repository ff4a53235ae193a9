package sendpolicy_test

import (
	"net/netip"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// full returns a description that uses every field.
func full() sendpolicy.Description {
	return sendpolicy.Description{
		Account:           "111122223333",
		Regions:           []string{"eu-west-1", "us-east-1"},
		Identities:        []string{"example.com", "alerts@example.org"},
		ConfigurationSets: []string{"mail"},
		SandboxRecipients: []string{"someone@example.net"},
		From:              []string{"billing@example.com", "*@alerts.example.com"},
		FromNames:         []string{"Example Billing"},
		Recipients:        []string{"example.net", "someone@example.org"},
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"),
			netip.MustParsePrefix("2001:db8::/48")},
		Endpoints:       []string{"vpce-0123456789abcdef0"},
		VPCs:            []string{"vpc-0123456789abcdef0"},
		PrivateNetworks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/16")},
		TLSOnly:         true,
		Conditions: []sendpolicy.Condition{{Operator: "DateLessThan", Key: "aws:CurrentTime",
			Values: []string{"2030-01-01T00:00:00Z"}}},
	}
}
