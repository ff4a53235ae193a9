package sendpolicy_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// conditionFaults are conditions that are refused, with the expected text. beside, if set, changes
// the description that they are added to.
var conditionFaults = []struct {
	condition string // as the command line takes it
	beside    func(*sendpolicy.Description)
	text      string
}{
	// The operator.
	{"StringIs ses:FromAddress a@example.com", nil,
		"IAM has no operator \"StringIs\"; for ses:FromAddress use one of StringLike, StringNotLike, StringEquals"},
	{"NumericNotLessThan aws:EpochTime 1", nil, "for aws:EpochTime use one of DateLessThan, DateLessThanEquals"},
	{"NullIfExists aws:SourceVpce false", nil, "IAM has no operator"},
	{"ForAllValues:Null ses:Recipients false", nil, "IAM has no operator"},
	{"IfExists ses:FromAddress a", nil, "IAM has no operator"},
	{"ForAnyValue: ses:Recipients a@example.com", nil, "IAM has no operator"},

	// Its kind and the key's.
	{"StringEquals aws:SourceIp 192.0.2.1", nil,
		"StringEquals compares text, but the values of aws:SourceIp are networks; " +
			"use one of IpAddress, NotIpAddress, Null"},
	{"IpAddress ses:FromAddress 192.0.2.1", nil,
		"IpAddress compares networks, but the values of ses:FromAddress are text"},
	{"IpAddress aws:SourceVpce vpce-01", nil, "but the values of aws:SourceVpce are text; use one of StringLike"},
	{"NumericLessThan aws:CurrentTime 1", nil, "but the values of aws:CurrentTime are dates; use one of DateLessThan"},
	{"StringEquals aws:SecureTransport true", nil,
		"but the values of aws:SecureTransport are true and false; use one of Bool, Null"},
	{"DateLessThan aws:UserAgent 2030-01-01", nil, "compares dates"},
	{"ArnLike ses:FromAddress a@example.com", nil, "compares ARNs"},
	{"BinaryEquals ses:FromAddress QQ==", nil, "compares bytes"},
	{"Bool ses:FromAddress true", nil, "compares true and false"},

	// One value, or several.
	{"StringLike ses:Recipients *@example.net", nil,
		"write ForAllValues:StringLike and add the condition Null ses:Recipients false, " +
			"so that it must hold for each recipient"},
	{"ForAllValues:StringLike ses:Recipients *@example.net", nil,
		"it also holds for mail without ses:Recipients: add the condition Null ses:Recipients false"},
	{"forallvalues:stringnotlike SES:Recipients *@example.net", nil, "add the condition Null ses:Recipients false"},
	{"ForAnyValue:StringLike ses:FromAddress *@example.com", nil,
		"ses:FromAddress has only one value, but ForAnyValue is for keys with several: write StringLike"},
	{"ForAllValues:StringEqualsIfExists aws:SourceVpce vpce-01", nil, "write StringEqualsIfExists"},

	// Values.
	{"DateLessThan aws:CurrentTime tomorrow", nil, "\"tomorrow\" isn't a time: write it like 2030-01-31T23:59:00Z"},
	{"DateLessThan aws:CurrentTime 2030-13-01T00:00:00Z", nil, "isn't a time"},
	{"DateLessThan aws:CurrentTime 2030-01-01T00:00:00", nil, "isn't a time"}, // it has no time zone
	{"DateLessThan aws:EpochTime 2030*", nil, "isn't a time"},
	{"NumericLessThan aws:EpochTime soon", nil, "\"soon\" isn't a number"},
	{"NumericLessThan aws:EpochTime 0x10", nil, "isn't a number"},
	{"Bool aws:SecureTransport yes", nil, "\"yes\" is neither true nor false"},
	{"Null ses:FromDisplayName 0", nil, "\"0\" is neither true nor false"},
	{"IpAddress aws:SourceIp office", nil, "\"office\" is neither a network nor an address"},
	{"IpAddress aws:SourceIp 192.0.2.0/33", nil, "is neither a network nor an address"},
	{"IpAddress aws:SourceIp 2*", nil, "is neither a network nor an address"},
	{"IpAddress aws:SourceIp ${aws:SourceIp}", nil, "is neither a network nor an address"},
	{"StringEquals ses:FromAddress *@example.com", nil,
		"StringEquals takes * as the character itself, not as any text: write StringLike, or ${*} for the character"},
	{"StringNotEqualsIgnoreCaseIfExists ses:FromDisplayName Boss*", nil, "write StringNotLikeIfExists"},
	{"StringEquals ses:FromDisplayName ${aws:username}", nil, "has a policy variable"},
	{"StringLike ses:FromDisplayName ${*}${aws:username}", nil, "has a policy variable"},
	{"StringLike ses:FromDisplayName ${", nil, "has a policy variable"},
	{"StringEquals ses:FromAddress  a@example.com", nil, "is empty, or begins or ends with a space"},
	{"StringEquals ses:FromDisplayName A,", nil, "is empty, or begins or ends with a space"},
	{"StringEquals ses:FromDisplayName A\x1b]0;title\a", nil, "has a control character"},
	{"StringEquals ses:FromDisplayName A\u009b2J", nil, "has a control character"},
	{"StringEquals ses:FromDisplayName A\xff", nil, "has a control character"},
	{"StringEquals aws:SourceVpce vpc-01", nil,
		"\"vpc-01\" isn't a complete ID (vpce-… for aws:SourceVpce, vpc-… for aws:SourceVpc)"},
	{"StringLike aws:SourceVpce vpce-0*", nil, "write it in full, because other people's IDs may begin the same"},
	{"StringLike aws:SourceVpc vpc-0*", nil, "write it in full"},
	{"StringNotLike aws:SourceVpc vpc-????", nil, "write it in full"},

	// Conditions that narrow nothing.
	{"StringLike ses:FromAddress *", nil, "\"*\" matches any text, so the condition allows everything or nothing"},
	{"StringLike ses:FromAddress a@example.com,*@*.*", nil, "\"*@*.*\" matches any text"},
	{"StringLikeIfExists ses:FromDisplayName ?*", nil, "or Null ses:FromDisplayName false"},
	{"StringLike aws:UserAgent **", nil, "matches any text"},
	{"StringLike aws:SourceVpce *", nil, "matches any text"},
	{"ForAllValues:StringLike ses:Recipients *", nil, "matches any text"},
	{"StringNotLike ses:FromAddress *", nil, "so the condition allows everything or nothing: write a narrower value"},
	{"Null aws:CurrentTime false", nil, "it holds for all the described mail, so it narrows nothing: leave it out"},
	{"Null ses:FromDisplayName true,false", nil, "narrows nothing"},
	{"StringEqualsIfExists aws:SourceVpce vpce-01", fromTheOffice, "narrows nothing"},
	{"StringNotEquals aws:SourceVpc vpc-01", fromTheOffice, "narrows nothing"},
	{"IpAddressIfExists aws:SourceIp 0.0.0.0/0,::/0", fromTheOffice, "narrows nothing"},
	{"IpAddressIfExists aws:SourceIp 192.0.2.0/24", throughVPC, "narrows nothing"},
	{"NotIpAddress aws:SourceIp 192.0.2.0/24", throughVPC, "narrows nothing"},
	{"IpAddress aws:VpcSourceIp 0.0.0.0/0", throughVPC, "narrows nothing"},
	{"Null aws:SourceIp true", throughVPC, "narrows nothing"},
	{"Null aws:SourceIp false", fromTheOffice, "narrows nothing"},

	// Conditions that leave nothing.
	{"Bool aws:SecureTransport false", nil, "SES's SMTP interface always encrypts, so nothing could be sent"},
	{"Null aws:CurrentTime true", nil, "it never holds, so nothing could be sent"},
	{"StringEquals aws:SourceVpce vpce-01", fromTheOffice,
		"mail from public networks has no aws:SourceVpce, so none could be sent"},
	{"IpAddress aws:VpcSourceIp 10.0.0.0/8", fromTheOffice, "mail from public networks has no aws:VpcSourceIp"},
	{"Null aws:SourceVpce false", fromTheOffice, "mail from public networks has no aws:SourceVpce"},
	{"IpAddress aws:SourceIp 192.0.2.0/24", throughVPC, "mail through a VPC endpoint has no aws:SourceIp"},
	{"Null aws:SourceIp false", throughVPC, "mail through a VPC endpoint has no aws:SourceIp"},
	{"Null aws:SourceIp true", fromTheOffice, "it never holds"},
	{"NotIpAddress aws:SourceIp 0.0.0.0/0,::/0", fromTheOffice, "it never holds"},
	{"NotIpAddress aws:SourceIp 192.0.0.0/16", fromTheOffice,
		"it leaves none of the networks that you named (192.0.2.0/24)"},
	{"IpAddressIfExists aws:SourceIp 198.51.100.0/24", fromTheOffice, "it leaves none of the networks"},
	{"StringLike ses:FromAddress boss@*", asTheApp,
		"it matches none of the senders that you named (app@example.com), so nothing could be sent"},
	{"StringEquals ses:FromDisplayName Boss",
		func(d *sendpolicy.Description) { d.FromNames = []string{"App", "Shop *"} }, "(App or Shop *)"},

	// Conditions that exist already.
	{"ipaddress AWS:SOURCEIP 192.0.2.0/28", fromTheOffice, "there is a condition IpAddress on aws:SourceIp already"},
	{"STRINGEQUALSIGNORECASE ses:fromaddress app@example.com", asTheApp,
		"there is a condition StringEqualsIgnoreCase on ses:FromAddress already"},
	{"Null ses:Recipients false", func(d *sendpolicy.Description) { d.Recipients = []string{"example.net"} },
		"there is a condition Null on ses:Recipients already"},
	{"bool aws:SecureTransport true", func(d *sendpolicy.Description) { d.TLSOnly = true },
		"there is a condition Bool on aws:SecureTransport already"},

	{"IpAddress aws:VpcSourceIp 10.0.0.0/8", nil,
		"name the endpoint or the VPC as well: other VPCs use the same private addresses"},
}

func fromTheOffice(d *sendpolicy.Description) { d.Networks = networks("192.0.2.0/24") }
func throughVPC(d *sendpolicy.Description)    { d.Endpoints = []string{"vpce-01"} }
func asTheApp(d *sendpolicy.Description)      { d.From = []string{"app@example.com"} }

// ofText parses a condition as the command line does.
func ofText(text string) sendpolicy.Condition {
	words := strings.SplitN(text, " ", 3)
	return sendpolicy.Condition{Operator: words[0], Key: words[1], Values: strings.Split(words[2], ",")}
}

func TestAConditionThatIsWrongOrSenselessIsRefused(t *testing.T) {
	for _, test := range conditionFaults {
		d := ofExample(sendpolicy.Description{Conditions: []sendpolicy.Condition{ofText(test.condition)}})
		if test.beside != nil {
			test.beside(&d)
		}
		policy, _, err := sendpolicy.Write(d)
		if err == nil {
			t.Errorf("%s: it is accepted:\n%s", test.condition, policy)
			continue
		}
		faults, _ := errors.AsType[sendpolicy.Faults](err)
		if len(faults) != 1 || faults[0].Field != "Conditions" || !strings.Contains(faults[0].Text, test.text) {
			t.Errorf("%s: want %q:\n%v", test.condition, test.text, err)
		}
		first := d.Conditions[0]
		if !strings.HasPrefix(strings.ToLower(err.Error()), strings.ToLower(fmt.Sprintf("Conditions: %q: ", first))) {
			t.Errorf("%s: it isn't named first:\n%v", test.condition, err)
		}
	}
}

func TestConditionsThatContradictEachOtherAreRefused(t *testing.T) {
	d := ofExample(sendpolicy.Description{Conditions: []sendpolicy.Condition{
		ofText("IpAddress aws:SourceIp 192.0.2.0/24"), ofText("StringEquals aws:SourceVpce vpce-01"),
	}})
	_, _, err := sendpolicy.Write(d)
	faults, _ := errors.AsType[sendpolicy.Faults](err)
	if len(faults) != 2 {
		t.Errorf("%v", err)
	}
}

// conditionsTaken are valid conditions, and how the policy writes them.
var conditionsTaken = []struct {
	conditions []string
	beside     func(*sendpolicy.Description)
	want       sendpolicy.Conditions
}{
	{[]string{"stringlike SES:FROMADDRESS app-*@example.com,app-*@example.com"}, nil,
		sendpolicy.Conditions{"StringLike": {"ses:FromAddress": {"app-*@example.com"}}}},
	{[]string{"StringEquals ses:FromDisplayName Any questions?,${*}"}, nil,
		sendpolicy.Conditions{"StringEquals": {"ses:FromDisplayName": {"Any questions?", "${*}"}}}},
	{[]string{"StringLike ses:FromDisplayName ${*} news"}, nil,
		sendpolicy.Conditions{"StringLike": {"ses:FromDisplayName": {"${*} news"}}}},
	{[]string{"FORALLVALUES:StringNotLike ses:recipients *@example.org", "null ses:Recipients FALSE"}, nil,
		sendpolicy.Conditions{"ForAllValues:StringNotLike": {"ses:Recipients": {"*@example.org"}},
			"Null": {"ses:Recipients": {"false"}}}},
	{[]string{"ForAllValues:StringNotEquals ses:Recipients boss@example.net"},
		func(d *sendpolicy.Description) { d.Recipients = []string{"example.net"} },
		sendpolicy.Conditions{"ForAllValues:StringLike": {"ses:Recipients": {"*@example.net"}},
			"ForAllValues:StringNotEquals": {"ses:Recipients": {"boss@example.net"}},
			"Null":                         {"ses:Recipients": {"false"}}}},
	{[]string{"IpAddress aws:SourceIp 192.0.2.7,2001:db8::7,::ffff:192.0.2.0/125,192.0.2.5/32"}, nil,
		sendpolicy.Conditions{"IpAddress": {"aws:SourceIp": {"2001:db8::7/128", "192.0.2.0/29"}}}},
	{[]string{"NotIpAddress aws:SourceIp 192.0.2.128/25"}, fromTheOffice,
		sendpolicy.Conditions{"IpAddress": {"aws:SourceIp": {"192.0.2.0/24"}},
			"NotIpAddress": {"aws:SourceIp": {"192.0.2.128/25"}}}},
	{[]string{"IpAddress aws:VpcSourceIp 10.0.0.0/8", "StringEquals aws:SourceVpc vpc-01"}, nil,
		sendpolicy.Conditions{"IpAddress": {"aws:VpcSourceIp": {"10.0.0.0/8"}},
			"StringEquals": {"aws:SourceVpc": {"vpc-01"}}}},
	{[]string{"StringLike ses:FromAddress *@example.com"}, asTheApp,
		sendpolicy.Conditions{"StringEqualsIgnoreCase": {"ses:FromAddress": {"app@example.com"}},
			"StringLike": {"ses:FromAddress": {"*@example.com"}}}},
	{[]string{"DateGreaterThan aws:CurrentTime 2026-06", "DateLessThan aws:CurrentTime 2030-01-01T00:00+01:00",
		"DateLessThan aws:EpochTime 2030-01-01T00:00:00.5Z", "NumericGreaterThan aws:EpochTime 1700000000.5",
		"DateNotEquals aws:CurrentTime 1893456000"}, nil,
		sendpolicy.Conditions{
			"DateGreaterThan": {"aws:CurrentTime": {"2026-06"}},
			"DateLessThan": {"aws:CurrentTime": {"2030-01-01T00:00+01:00"},
				"aws:EpochTime": {"2030-01-01T00:00:00.5Z"}},
			"DateNotEquals":      {"aws:CurrentTime": {"1893456000"}},
			"NumericGreaterThan": {"aws:EpochTime": {"1700000000.5"}},
		}},
	{[]string{"bool aws:securetransport TRUE", "Null ses:FromDisplayName false"}, nil,
		sendpolicy.Conditions{"Bool": {"aws:SecureTransport": {"true"}}, "Null": {"ses:FromDisplayName": {"false"}}}},
}

func TestAConditionIsWrittenAsIAMDocumentsIt(t *testing.T) {
	for _, test := range conditionsTaken {
		d := ofExample(sendpolicy.Description{})
		for _, text := range test.conditions {
			d.Conditions = append(d.Conditions, ofText(text))
		}
		if test.beside != nil {
			test.beside(&d)
		}
		policy, _, err := sendpolicy.Write(d)
		if err != nil {
			t.Errorf("%s: %v", test.conditions, err)
			continue
		}
		if got := policy.Statements[0].Condition; fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s:\ngot  %v\nwant %v", test.conditions, got, test.want)
		}
	}
}

func TestWhatIsSaidTwiceIsWrittenOnce(t *testing.T) {
	type description = sendpolicy.Description
	arn := "arn:aws:ses:eu-west-1:111122223333:"
	for what, test := range map[string]struct{ twice, once func(*description) }{
		"an identity": {func(d *description) { d.Identities = []string{"example.com", "example.com"} }, nil},
		"an identity in capitals": {
			func(d *description) { d.Identities = []string{"Example.COM", "example.com"} }, nil},
		"a domain and its ARN": {
			func(d *description) { d.Identities = []string{"example.com", arn + "identity/Example.com"} }, nil},
		"an address whose domain is in capitals": {
			func(d *description) { d.Identities = []string{"App@Example.com", arn + "identity/App@example.com"} },
			func(d *description) { d.Identities = []string{"App@example.com"} }},
		"a Region": {func(d *description) { d.Regions = []string{"eu-west-1", "eu-west-1"} }, nil},
		"a configuration set and its ARN": {
			func(d *description) { d.ConfigurationSets = []string{"main", arn + "configuration-set/main", "main"} },
			func(d *description) { d.ConfigurationSets = []string{"main"} }},
		"a recipient's identity": {
			func(d *description) { d.SandboxRecipients = []string{"Example.net", arn + "identity/example.net"} },
			func(d *description) { d.SandboxRecipients = []string{"example.net"} }},
		"a recipient's identity that is the sender's": {
			func(d *description) { d.SandboxRecipients = []string{"example.com"} }, nil},
		"the same beside a sender": {
			func(d *description) {
				d.SandboxRecipients, d.From = []string{"EXAMPLE.com"}, []string{"a@example.com"}
			},
			func(d *description) { d.From = []string{"a@example.com"} }},
		"a sender in capitals": {
			func(d *description) { d.From = []string{"a@example.com", "A@Example.com"} },
			func(d *description) { d.From = []string{"a@example.com"} }},
		"a domain of senders": {
			func(d *description) { d.From = []string{"Example.com", "*@example.com", "example.com"} },
			func(d *description) { d.From = []string{"example.com"} }},
		"a display name": {
			func(d *description) { d.FromNames = []string{"App", "APP"} },
			func(d *description) { d.FromNames = []string{"App"} }},
		"a domain of recipients": {
			func(d *description) { d.Recipients = []string{"Example.net", "example.net", "*@example.net"} },
			func(d *description) { d.Recipients = []string{"example.net"} }},
		"a network": {
			func(d *description) {
				d.Networks = networks("192.0.2.7/32", "192.0.2.1/24", "192.0.2.0/24", "::ffff:192.0.2.0/121")
			}, fromTheOffice},
		"an endpoint and a VPC": {
			func(d *description) {
				d.Endpoints, d.VPCs = []string{"vpce-01", "vpce-01"}, []string{"vpc-02", "vpc-02"}
				d.PrivateNetworks = networks("10.1.0.0/16", "10.0.0.0/8")
			},
			func(d *description) {
				d.Endpoints, d.VPCs, d.PrivateNetworks = []string{"vpce-01"}, []string{"vpc-02"}, networks("10.0.0.0/8")
			}},
	} {
		twice, once := ofExample(description{}), ofExample(description{})
		test.twice(&twice)
		if test.once != nil {
			test.once(&once)
		}
		got, warnings, err := sendpolicy.Write(twice)
		if err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		want, fewer, _ := sendpolicy.Write(once)
		if got.String() != want.String() {
			t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
		}
		if len(twice.SandboxRecipients) == len(once.SandboxRecipients) && !slices.Equal(warnings, fewer) {
			t.Errorf("%s:\n%v\nwant\n%v", what, warnings, fewer)
		}
	}
}

func TestCapitalsThatMatterStay(t *testing.T) {
	policy := written(t, ofExample(sendpolicy.Description{
		Identities: []string{"App@example.com", "app@example.com"}, From: []string{"App@example.com", "app@example.com",
			"*@news.example.com"},
	}))
	if s := policy.Statements[0]; len(s.Resource) != 2 || len(s.Condition["StringLike"]["ses:FromAddress"]) != 3 {
		t.Errorf("%s", policy)
	}
}

func TestAListWithDuplicatesIsNotTooLong(t *testing.T) {
	d := quiet(func(d *sendpolicy.Description) {
		for i := range 500 {
			d.Identities = append(d.Identities, []string{"example.com", "EXAMPLE.com", ownARN}[i%3])
			d.Networks = append(d.Networks, networks(fmt.Sprintf("192.0.2.%d/32", i%256))...)
		}
	})
	if messages := warned(t, d, sendpolicy.TooLong); len(messages) > 0 {
		t.Errorf("%s", messages)
	}
}

func TestAMappedNetworkIsWrittenAsWhatItMeans(t *testing.T) {
	for network, want := range map[string]string{
		"::ffff:0:0/96": "0.0.0.0/0", "::ffff:192.0.2.7/128": "192.0.2.7/32", "::ffff:192.0.2.7/120": "192.0.2.0/24",
		"::/0": "::/0", "::ffff:192.0.2.7/80": "::/80",
	} {
		policy := written(t, ofExample(sendpolicy.Description{Networks: networks(network)}))
		if got := policy.Statements[0].Condition["IpAddress"]["aws:SourceIp"]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %s, want %s", network, got, want)
		}
	}
}

func TestAWarningNamesWhatItIsAbout(t *testing.T) {
	for code, test := range map[sendpolicy.WarningCode]struct {
		d    sendpolicy.Description
		text string
	}{
		sendpolicy.WideNetwork: {fromNetworks("198.51.0.0/16", "203.0.0.0/16"),
			"(198.51.0.0/16, 203.0.0.0/16) have 131,072 IPv4 addresses"},
		sendpolicy.ForeignSender: {quiet(func(d *sendpolicy.Description) {
			d.Identities, d.From = []string{"x@example.com"}, []string{"a@other.example"}
		}), "a@other.example belongs to none of the identities"},
		sendpolicy.SpecificIdentity: {quiet(func(d *sendpolicy.Description) {
			d.Identities, d.From = []string{"example.com"}, []string{"a@example.com"}
		}), "if a@example.com is one, name it"},
		sendpolicy.AnySource: {fromCondition("NotIpAddress", "192.0.2.0/24"),
			"(\"NotIpAddress aws:SourceIp 192.0.2.0/24\" excludes some sources and allows all others)"},
	} {
		if messages := warned(t, test.d, code); len(messages) != 1 || !strings.Contains(messages[0], test.text) {
			t.Errorf("%s: %q", code, messages)
		}
	}
}

// TestTheWriterWarnsOfSourcesThatTheAuditFinds, and of no others: both use the same measure.
func TestTheWriterWarnsOfSourcesThatTheAuditFinds(t *testing.T) {
	var all []sendpolicy.Description
	for _, s := range scenes {
		all = append(all, s.description)
	}
	for _, of := range warningsByCode {
		all = append(all, slices.Concat(of.raised, of.not)...)
	}
	warnings, findings := 0, 0
	for _, d := range all {
		policy := written(t, d)
		said := warned(t, d, sendpolicy.AnySource)
		said = append(said, warned(t, d, sendpolicy.WideNetwork)...)
		var found []string
		for _, f := range auditOf(policy.String()) {
			if f.Code == sendpolicy.NoSource || f.Code == sendpolicy.WideSource {
				found = append(found, f.Message)
			}
		}
		warnings, findings = warnings+min(len(said), 1), findings+min(len(found), 1)
		if (len(said) > 0) != (len(found) > 0) {
			t.Errorf("%s\nwarnings: %q\nfindings: %q", policy, said, found)
		}
	}
	t.Logf("%d policies, %d with a warning and %d with a finding", len(all), warnings, findings)
}
