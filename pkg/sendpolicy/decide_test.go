package sendpolicy_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// handedIn returns the mail in Decide's form. Keys for which Mail has no field go into More.
func (m mail) handedIn() sendpolicy.Mail {
	context := m.context()
	text := func(key string) string {
		value, _ := context[key].(string)
		return value
	}
	handed := sendpolicy.Mail{Resources: m.resources(), From: text("ses:FromAddress"),
		FromName: text("ses:FromDisplayName"), Feedback: text("ses:FeedbackAddress"),
		At: instant(text("aws:CurrentTime")), Endpoint: text("aws:SourceVpce"), VPC: text("aws:SourceVpc")}
	handed.More = map[string][]string{"aws:UserAgent": {text("aws:UserAgent")},
		"aws:SecureTransport": {text("aws:SecureTransport")}}
	handed.Recipients, _ = context["ses:Recipients"].([]string)
	handed.Source = netip.MustParseAddr(or(text("aws:SourceIp"), text("aws:VpcSourceIp")))
	return handed
}

func TestMailIsDecidedAsTheTableOfDescriptionsSays(t *testing.T) {
	tried := 0
	for _, s := range draft(t) {
		access := sendpolicy.Access{User: "mailer", Policies: []sendpolicy.Policy{
			{Name: "mail", From: "inline", Text: s.policy.String()}}}
		decide := func(mails []mail, allowed bool) {
			for _, m := range mails {
				if m.action != "" || m.what == "it, where its owner doesn't" {
					continue // Decide doesn't look at the identity's own policy
				}
				tried++
				if d := sendpolicy.Decide(access, m.handedIn()); d.Allowed != allowed || (d.Resource == "") != allowed {
					t.Errorf("%s, %s: decided %+v", s.what, m.what, d)
				}
			}
		}
		decide(s.allowed, true)
		decide(s.denied, false)
		decide(strangers, false)
	}
	if tried < 400 {
		t.Errorf("only %d mails were tried", tried)
	}
}

// TestMailIsDecidedAsTheEvaluatorDoes compares both on requests that the policies are about.
func TestMailIsDecidedAsTheEvaluatorDoes(t *testing.T) {
	u := theUniverse()
	decided := map[bool]int{}
	for seed := range uint64(whole.Size(t, "grants", 300, 10_000)) {
		g := generated(seed)
		random := rand.New(rand.NewPCG(seed, 1))
		for range 10 {
			c := u.near(g, random)
			c.action = "ses:SendRawEmail"
			want := g.allows(c)
			d := sendpolicy.Decide(g.access(), sendpolicy.Mail{Resources: []string{c.resource}, More: c.context})
			if decided[want]++; d.Allowed != want {
				t.Fatalf("%s: allowed %v, and it is decided %+v\n%s", c, want, d, g)
			}
		}
	}
	t.Logf("allowed or not: %v", decided)
	if decided[true] < decided[false]/20 {
		t.Errorf("only %d are allowed", decided[true])
	}
}

// ofSending returns a policy with one statement about ses:SendRawEmail for example.com.
func ofSending(effect, condition string) sendpolicy.Policy {
	return sendpolicy.Policy{Name: "mail", From: "inline", Text: fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{
		"Effect":%q,"Action":"ses:SendRawEmail","Resource":%q%s}]}`, effect, ses1+"identity/example.com", condition)}
}

func ifOnly(operator, key, values string) string {
	return fmt.Sprintf(`,"Condition":{%q:{%q:%s}}`, operator, key, values)
}

// usualMail returns mail that is allowed if no condition stops it.
func usualMail() sendpolicy.Mail {
	return sendpolicy.Mail{Resources: []string{ses1 + "identity/example.com"}, From: "App@example.com",
		FromName: "Billing", Feedback: "bounces@example.com", Recipients: []string{"a@example.net", "b@example.org"},
		Source: netip.MustParseAddr("192.0.2.10"), At: instant("2026-11-23T15:12:01Z")}
}

func TestOneConditionDecides(t *testing.T) {
	for _, c := range []struct {
		operator, key, values string
		allowed               bool
	}{
		{"StringEquals", "ses:FromAddress", `"App@example.com"`, true},
		{"StringEquals", "ses:FromAddress", `"app@example.com"`, false},
		{"StringEqualsIgnoreCase", "SES:fromaddress", `"app@EXAMPLE.com"`, true},
		{"StringLike", "ses:FromAddress", `["*@example.org","*@example.com"]`, true},
		{"StringEquals", "ses:FromAddress", `"*@example.com"`, false},
		{"StringNotLike", "ses:FromAddress", `"*@example.com"`, false},
		{"StringLike", "ses:FromAddress", `"${aws:username}@example.com"`, false},
		{"StringLike", "ses:FromAddress", `"${aws:PrincipalTag/mail}@example.com"`, false},
		{"StringNotLike", "ses:FromAddress", `"${aws:PrincipalTag/mail}@example.com"`, true},
		{"StringEquals", "ses:FromDisplayName", `"Billing"`, true},
		{"StringEquals", "ses:FeedbackAddress", `"App@example.com"`, false},
		{"ForAllValues:StringLike", "ses:Recipients", `["*@example.net","*@example.org"]`, true},
		{"ForAllValues:StringLike", "ses:Recipients", `"*@example.net"`, false},
		{"ForAnyValue:StringLike", "ses:Recipients", `"*@example.net"`, true},
		{"StringLike", "ses:Recipients", `"*"`, false},
		{"Null", "ses:Recipients", `"false"`, true},
		{"Null", "ses:Recipients", `"true"`, false},
		{"IpAddress", "aws:SourceIp", `"192.0.2.0/24"`, true},
		{"IpAddress", "aws:SourceIp", `["198.51.100.0/24","2001:db8::/32"]`, false},
		{"NotIpAddress", "aws:SourceIp", `"192.0.2.10"`, false},
		{"NotIpAddress", "aws:SourceIp", `"0.0.0.0/1"`, true},
		{"StringEquals", "aws:SourceVpce", `"vpce-0f"`, false},
		{"StringEqualsIfExists", "aws:SourceVpce", `"vpce-0f"`, true},
		{"StringNotEquals", "aws:SourceVpce", `"vpce-0f"`, true},
		{"DateLessThan", "aws:CurrentTime", `"2026-11-23T15:12:02Z"`, true},
		{"DateLessThan", "aws:CurrentTime", `"2026-11-23T15:12:01Z"`, false},
		{"DateGreaterThan", "aws:CurrentTime", `"2026-11-23"`, true},
		{"NumericLessThan", "aws:EpochTime", `1795446722`, true},
		{"NumericLessThan", "aws:EpochTime", `1795446721`, false},
		{"Bool", "aws:SecureTransport", `"true"`, true},
		{"Bool", "aws:SecureTransport", `false`, false},
		{"Bool", "aws:MultiFactorAuthPresent", `"true"`, false},
		{"StringLike", "aws:RequestedRegion", `"eu-*"`, false},
		{"StringLikeIfExists", "aws:RequestedRegion", `"us-*"`, true},
		{"StringMatches", "ses:FromAddress", `"*"`, false},
	} {
		name := c.operator + " " + c.key + " " + c.values
		allow := sendpolicy.Access{User: "mailer", Policies: []sendpolicy.Policy{
			ofSending("Allow", ifOnly(c.operator, c.key, c.values))}}
		if d := sendpolicy.Decide(allow, usualMail()); d.Allowed != c.allowed {
			t.Errorf("Allow if %s: decided %+v", name, d)
		}
		deny := sendpolicy.Access{User: "mailer", Policies: []sendpolicy.Policy{ofSending("Allow", ""),
			ofSending("Deny", ifOnly(c.operator, c.key, c.values))}}
		if d := sendpolicy.Decide(deny, usualMail()); d.Allowed == c.allowed {
			t.Errorf("Deny if %s: decided %+v", name, d)
		}
	}
}

func TestADecisionSaysWhatDecides(t *testing.T) {
	all, none := ofSending("Allow", ""), sendpolicy.Policy{Name: "none", From: "attached", Text: `{"Statement":[]}`}
	office := ofSending("Allow", ifOnly("IpAddress", "aws:SourceIp", `"198.51.100.0/24"`))
	denied := sendpolicy.Policy{Name: "d", From: "group g", Text: `{"Statement":{"Sid":"Stop","Effect":"Deny",
		"Action":"*","Resource":"*"}}`}
	broken := sendpolicy.Policy{Name: "broken", From: "inline", Text: "{"}
	set, identity := ses1+"configuration-set/mail", ses1+"identity/example.com"
	withSet, nothing := usualMail(), usualMail()
	withSet.Resources = append(withSet.Resources, set)
	nothing.Resources = nil
	of := func(policies ...sendpolicy.Policy) sendpolicy.Access { return sendpolicy.Access{Policies: policies} }
	within := func(b sendpolicy.Policy, policies ...sendpolicy.Policy) sendpolicy.Access {
		return sendpolicy.Access{Policies: policies, Boundary: &b}
	}
	for _, c := range []struct {
		access    sendpolicy.Access
		mail      sendpolicy.Mail
		allowed   bool
		on, words string
	}{
		{of(all), usualMail(), true, "", "statement 1 of mail (inline) allows it"},
		{of(), usualMail(), false, identity, "no policy allows it"},
		{of(all), nothing, false, "", ""},
		{of(office), usualMail(), false, identity, "no policy allows it; statement 1 of mail (inline) doesn't, " +
			"because IpAddress aws:SourceIp 198.51.100.0/24 doesn't hold: the mail has 192.0.2.10"},
		{of(all), withSet, false, set, "no policy allows it; statement 1 of mail (inline) doesn't, because it " +
			"isn't about " + set},
		{of(office, all, denied), usualMail(), false, identity, "statement Stop of d (group g) denies it"},
		{within(all, all), usualMail(), true, "", "statement 1 of mail (inline) and statement 1 of mail (inline) " +
			"allow it"},
		{within(none, all), usualMail(), false, identity,
			"statement 1 of mail (inline) allows it, but the boundary doesn't"},
		{within(all, none), usualMail(), false, identity, "no policy allows it"},
		{within(denied, all), usualMail(), false, identity, "statement Stop of d (group g) denies it"},
		{of(all, broken), usualMail(), false, identity, "broken (inline): it can't be read: "},
		{within(broken, all), usualMail(), false, identity, "broken (inline): it can't be read: "},
	} {
		d := sendpolicy.Decide(c.access, c.mail)
		if d.Allowed != c.allowed || d.Resource != c.on || !strings.HasPrefix(d.Why, c.words) {
			t.Errorf("decided %+v, want %v %s %q", d, c.allowed, c.on, c.words)
		}
	}
}

func TestMailThroughAnEndpointHasNoPublicAddress(t *testing.T) {
	m := usualMail()
	m.Source, m.Endpoint, m.VPC = netip.MustParseAddr("10.0.0.10"), "vpce-0f", "vpc-0f"
	for _, c := range []struct {
		operator, key, values string
		allowed               bool
	}{
		{"StringEquals", "aws:SourceVpce", `"vpce-0f"`, true},
		{"StringEquals", "aws:sourceVpc", `"vpc-0f"`, true},
		{"IpAddress", "aws:VpcSourceIp", `"10.0.0.0/8"`, true},
		{"IpAddress", "aws:SourceIp", `"10.0.0.0/8"`, false},
		{"Null", "aws:SourceIp", `"true"`, true},
	} {
		a := sendpolicy.Access{Policies: []sendpolicy.Policy{ofSending("Allow", ifOnly(c.operator, c.key, c.values))}}
		if d := sendpolicy.Decide(a, m); d.Allowed != c.allowed {
			t.Errorf("%s %s %s: decided %+v", c.operator, c.key, c.values, d)
		}
	}
}

func TestTheDecisionOnMailDoesntChangeIt(t *testing.T) {
	m := usualMail()
	m.More = map[string][]string{"AWS:UserAgent": {"SMTP"}}
	a := sendpolicy.Access{Policies: []sendpolicy.Policy{ofSending("Allow", ifOnly("StringEquals", "aws:useragent",
		`"SMTP"`))}}
	for range 2 {
		if d := sendpolicy.Decide(a, m); !d.Allowed {
			t.Errorf("decided %+v", d)
		}
	}
	if len(m.More) != 1 || !slices.Equal(m.More["AWS:UserAgent"], []string{"SMTP"}) {
		t.Errorf("the mail is %+v", m)
	}
}
