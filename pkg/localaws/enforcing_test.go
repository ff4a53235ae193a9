package localaws_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/smtp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// judged returns a World that enforces sending. example.com is verified, and so are two addresses
// of example.org.
type judged struct {
	sending
	client *sessmtp.Client
	login  sessmtp.Login
}

func newJudged(t *testing.T, cfg localaws.Config) judged {
	t.Helper()
	s := newSending(t, cfg)
	s.EnforceSending(true)
	for _, name := range []string{"Example.com", "a@example.org", "bounces@example.org"} {
		s.VerifyIdentity(name)
	}
	host, port, err := net.SplitHostPort(s.SMTP(region))
	check(t, err)
	e := sessmtp.Endpoint{Region: region, Host: host, Port: must(strconv.Atoi(port))(t)}
	return judged{s, &sessmtp.Client{TLS: &tls.Config{RootCAs: s.CertPool()}},
		sessmtp.Login{Endpoint: e, Username: s.id, Password: sessmtp.Password(s.password)}}
}

// send sends a mail from an envelope's sender to a recipient, with header fields.
func (j judged) send(t *testing.T, from, to string, header ...string) error {
	t.Helper()
	message := strings.Join(append(header, "Subject: hello", "", "world", ""), "\n")
	return j.client.Send(t.Context(), j.login, from, to, []byte(message))
}

// allow gives the sender an inline policy that allows mail as an identity under conditions.
func (j judged) allow(t *testing.T, name, identity, conditions string) {
	t.Helper()
	check(t, j.PutUserPolicy("sender", name, sendingPolicy("Allow", identity, conditions)))
}

func sendingPolicy(effect, identity, conditions string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":{"Effect":%q,"Action":"ses:SendRawEmail",
		"Resource":"arn:aws:ses:eu-west-1:123456789012:%s","Condition":{%s}}}`, effect, identity, conditions)
}

// deniedOn returns SES's answer to mail that no policy allows.
func deniedOn(resource string) string {
	return "Access denied: User `arn:aws:iam::123456789012:user/sender' is not authorized to perform " +
		"`ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:" + resource + "'"
}

func wantDenied(t *testing.T, err error, resource string) {
	t.Helper()
	text := deniedOn(resource)
	if sessmtp.MeaningOf(err) != sessmtp.SendDenied || !strings.Contains(err.Error(), "554 "+text) {
		t.Errorf("got %v, want %s", err, text)
	}
}

func wantUnverified(t *testing.T, err error, addresses string) {
	t.Helper()
	text := "Message rejected: Email address is not verified. The following identities failed the check in region " +
		"EU-WEST-1: " + addresses
	if sessmtp.MeaningOf(err) != sessmtp.IdentityRejected || !strings.HasSuffix(err.Error(), "554 "+text) {
		t.Errorf("got %v, want %s", err, text)
	}
}

func TestMailIsJudgedOnlyIfThatIsAskedFor(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
	j.EnforceSending(false)
	check(t, j.send(t, "a@example.edu", "b@example.net"))
	if mails := j.Mail(); len(mails) != 1 || mails[0].From != "a@example.edu" {
		t.Errorf("accepted %+v", mails)
	}
}

func TestMailIsJudgedByItsSender(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.allow(t, "p", "identity/example.com", `"StringLike":{"ses:FromAddress":"billing@*"}`)
	check(t, j.send(t, "billing@example.com", "b@example.net"))
	check(t, j.send(t, "billing@mail.example.com", "b@example.net", "From: Billing <billing@EXAMPLE.com>"))
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
	wantDenied(t, j.send(t, "billing@example.com", "b@example.net", "From: a@example.com"), "identity/example.com")
	check(t, j.send(t, "a@example.com", "b@example.net", "From: billing@example.com"))
	j.allow(t, "p", "identity/example.com", `"StringEquals":{"ses:FromDisplayName":"Bü"}`)
	check(t, j.send(t, "a@example.com", "b@example.net", "From: =?utf-8?q?B=C3=BC?= <a@example.com>"))
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
}

func TestTheFeedbackAddressIsTheReturnPathOrTheEnvelopes(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.allow(t, "p", "identity/example.com", `"StringEquals":{"ses:FeedbackAddress":"bounces@example.org"}`)
	check(t, j.send(t, "bounces@example.org", "b@example.net", "From: a@example.com"))
	check(t, j.send(t, "a@example.com", "b@example.net", "Return-Path: <bounces@example.org>"))
	wantDenied(t, j.send(t, "bounces@example.org", "b@example.net", "From: a@example.com", "Return-Path: a@example.com"),
		"identity/example.com")
}

func TestMailIsJudgedByAllItsRecipients(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.allow(t, "p", "identity/example.com", `"ForAllValues:StringLike":{"ses:Recipients":"*@example.net"},
		"Null":{"ses:Recipients":"false"}`)
	check(t, j.send(t, "a@example.com", "b@example.net", "To: c@example.org"))
	wantDenied(t, j.send(t, "a@example.com", "b@example.org"), "identity/example.com")
	c := j.dial(t)
	check(t, c.Auth(smtp.PlainAuth("", j.id, j.password, "127.0.0.1")))
	check(t, c.Mail("a@example.com"))
	for _, to := range []string{"b@example.net", "b@example.org"} {
		check(t, c.Rcpt(to))
	}
	body := must(c.Data())(t)
	body.Write([]byte("Subject: hello\r\n\r\nworld\r\n"))
	wantReply(t, body.Close(), 554, deniedOn("identity/example.com"))
}

func TestMailIsJudgedByWhereItComesFrom(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.allow(t, "p", "identity/example.com", `"IpAddress":{"aws:SourceIp":["192.0.2.0/24","127.0.0.1/32"]}`)
	check(t, j.send(t, "a@example.com", "b@example.net"))
	j.SetSourceIP(netip.MustParseAddr("198.51.100.1"))
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
	j.SetSourceIP(netip.MustParseAddr("192.0.2.1"))
	check(t, j.send(t, "a@example.com", "b@example.net"))
	j.SetSourceIP(netip.Addr{})
	check(t, j.send(t, "a@example.com", "b@example.net"))
}

func TestAPolicyExpiresByTheWorldsClock(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.allow(t, "p", "identity/example.com", `"DateLessThan":{"aws:CurrentTime":"2026-11-23T15:13:00Z"}`)
	check(t, j.send(t, "a@example.com", "b@example.net"))
	j.Advance(time.Minute)
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
}

func TestMailFromWhatNobodyVerifiedIsRejected(t *testing.T) {
	j := newJudged(t, localaws.Config{Regions: []string{region, "us-east-1"}})
	check(t, j.PutUserPolicy("sender", "p", strings.Replace(sendingPolicy("Allow", "*", ""), `arn:aws:ses:eu-west-1:`+
		`123456789012:*`, "*", 1)))
	wantUnverified(t, j.send(t, "b@example.org", "b@example.net"), "b@example.org")
	wantUnverified(t, j.send(t, "a@notexample.com", "b@example.net", "From: A <a@example.edu>"),
		"a@example.edu, a@notexample.com")
	wantUnverified(t, j.send(t, "a@example.com", "b@example.net", "Sender: s@example.edu"), "s@example.edu")
	wantUnverified(t, j.send(t, "a@example.com", "b@example.net", "Return-Path: r@example.edu"), "r@example.edu")
	wantUnverified(t, j.send(t, "a@example.com", "b@example.net", "From: nobody"), "nobody")
	wantUnverified(t, j.send(t, "A@example.org", "b@example.net"), "A@example.org")
	j.VerifyIdentity("example.edu", "us-east-1")
	wantUnverified(t, j.send(t, "a@example.edu", "b@example.net"), "a@example.edu")
}

func TestTheMostSpecificVerifiedIdentityIsAskedAbout(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.VerifyIdentity("a@example.com")
	j.VerifyIdentity("mail.example.com")
	for from, identity := range map[string]string{
		"b@example.com": "example.com", "a@example.com": "a@example.com", "a+label+more@example.com": "a@example.com",
		"b+label@example.com": "example.com", "a@mail.example.com": "mail.example.com",
		"a@x.Mail.Example.com": "mail.example.com", "a@x.example.com": "example.com", "a+b@example.org": "a@example.org",
	} {
		wantDenied(t, j.send(t, from, "b@example.net"), "identity/"+identity)
	}
}

func TestAConfigurationSetHasToBeAllowedAsWell(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.allow(t, "identity", "identity/example.com", "")
	named := "X-SES-CONFIGURATION-SET: events"
	wantDenied(t, j.send(t, "a@example.com", "b@example.net", named), "configuration-set/events")
	j.allow(t, "set", "configuration-set/events", "")
	check(t, j.send(t, "a@example.com", "b@example.net", named))
}

func TestTheBoundaryLimitsWhatMailIsAllowed(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.allow(t, "p", "*", "")
	check(t, j.SetPermissionsBoundary("sender", managed, sendingPolicy("Allow", "identity/a@example.org", "")))
	check(t, j.send(t, "a@example.org", "b@example.net"))
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
}

func TestPoliciesOfGroupsAndAttachedOnesCount(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	j.PutGroupPolicy("senders", "p", sendingPolicy("Allow", "identity/example.com", ""))
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
	check(t, j.AddUserToGroup("sender", "senders"))
	check(t, j.send(t, "a@example.com", "b@example.net"))
	j.AttachGroupPolicy("senders", managed, sendingPolicy("Deny", "*", `"StringLike":{"ses:FromAddress":"x@*"}`))
	wantDenied(t, j.send(t, "x@example.com", "b@example.net"), "identity/example.com")
	check(t, j.AttachUserPolicy("sender", managed+"2", sendingPolicy("Deny", "identity/example.com", "")))
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
}

func TestAChangeOfPoliciesTakesTheTimeThatIsSet(t *testing.T) {
	j := newJudged(t, localaws.Config{})
	client := iamClient(t, j.World)
	check(t, putPolicy(t, client, "p", sendingPolicy("Allow", "identity/example.com", `"Bool":{"aws:SecureTransport":`+
		`"true"}`)))
	j.SetPolicyPropagation(time.Minute)
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
	j.Advance(time.Minute)
	check(t, j.send(t, "a@example.com", "b@example.net"))
	must(client.DeleteUserPolicy(t.Context(), &iam.DeleteUserPolicyInput{UserName: sender, PolicyName: new("p")}))(t)
	j.Advance(time.Minute - 1)
	check(t, j.send(t, "a@example.com", "b@example.net"))
	j.Advance(1)
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
	check(t, j.AttachUserPolicy("sender", managed, sendingPolicy("Allow", "*", "")))
	j.Advance(time.Minute)
	check(t, j.AttachUserPolicy("sender", managed, sendingPolicy("Deny", "*", "")))
	check(t, j.send(t, "a@example.com", "b@example.net"))
	j.Advance(time.Minute)
	wantDenied(t, j.send(t, "a@example.com", "b@example.net"), "identity/example.com")
}
