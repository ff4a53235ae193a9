package sendpolicy_test

import (
	"net/netip"
	"reflect"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

const (
	oneIdentity = `"arn:aws:ses:eu-west-1:111122223333:identity/example.com"`
	fromNetwork = `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.10/32"}}`
)

// permitting returns a statement that allows an action.
func permitting(action, resource, more string) string {
	return `{"Effect":"Allow","Action":` + action + `,"Resource":` + resource + more + `}`
}

// having returns a user with one policy of these statements and, if it isn't empty, a boundary.
func having(statements, boundary string) sendpolicy.Access {
	a := sendpolicy.Access{User: "mail"}
	if statements != "" {
		a.Policies = []sendpolicy.Policy{{Name: "p", From: "inline", Text: documentOf(statements)}}
	}
	if boundary != "" {
		a.Boundary = &sendpolicy.Policy{Name: "b", ARN: "arn:aws:iam::111122223333:policy/b", From: "boundary",
			Text: documentOf(boundary)}
	}
	return a
}

func documentOf(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

func TestHowWideAUserIs(t *testing.T) {
	deny := `,{"Effect":"Deny","Action":"ses:*","Resource":"*"}`
	for name, c := range map[string]struct {
		access  sendpolicy.Access
		may     bool
		width   sendpolicy.Width
		comment string
	}{
		"nothing":       {access: having("", ""), width: sendpolicy.NoMail},
		"another right": {access: having(permitting(`"sqs:SendMessage"`, `"*"`, ""), ""), width: sendpolicy.BeyondMail},
		"narrow": {access: having(permitting(sendRaw, oneIdentity, fromNetwork), ""), may: true,
			width: sendpolicy.Narrow},
		"from anywhere": {access: having(permitting(sendRaw, oneIdentity, ""), ""), may: true,
			width: sendpolicy.Anywhere},
		"the console's":        {access: having(permitting(sendRaw, `"*"`, ""), ""), may: true, width: sendpolicy.AnySender},
		"administrator":        {access: having(permitting(`"*"`, `"*"`, ""), ""), may: true, width: sendpolicy.BeyondMail},
		"the API alone":        {access: having(permitting(`"ses:SendEmail"`, `"*"`, ""), ""), width: sendpolicy.NoMail},
		"denied":               {access: having(permitting(sendRaw, `"*"`, "")+deny, ""), width: sendpolicy.NoMail},
		"within a boundary":    {access: having(permitting(`"*"`, `"*"`, ""), permitting(sendRaw, oneIdentity, "")), may: true, width: sendpolicy.Anywhere},
		"outside the boundary": {access: having(permitting(sendRaw, `"*"`, ""), permitting(`"s3:GetObject"`, `"*"`, "")), width: sendpolicy.NoMail},
		"a set alone": {access: having(permitting(sendRaw, `"arn:aws:ses:eu-west-1:111122223333:configuration-set/a"`, ""), ""),
			width: sendpolicy.NoMail},
		"unreadable": {access: sendpolicy.Access{Policies: []sendpolicy.Policy{{Name: "p", Text: "{"}}}, may: true,
			width: sendpolicy.BeyondMail},
	} {
		may := sendpolicy.MaySend(c.access)
		if width := sendpolicy.WidthOf(may, sendpolicy.Audit(c.access)); may != c.may || width != c.width {
			t.Errorf("%s: may send: %t, %s; want %t, %s", name, may, width, c.may, c.width)
		}
	}
}

func TestAUsersMailIsDescribed(t *testing.T) {
	set := `"arn:aws:ses:eu-west-1:111122223333:configuration-set/news"`
	intended := sendpolicy.Description{Account: "111122223333", Regions: []string{"eu-central-1"}}
	arn := func(region string) []string {
		return []string{"arn:aws:ses:" + region + ":111122223333:identity/example.com"}
	}
	for name, c := range map[string]struct {
		statements string
		want       sendpolicy.Description
		left       []string
	}{
		"all identities": {statements: permitting(sendRaw, `"*"`, "")},
		"named": {
			statements: permitting(sendRaw, `[`+oneIdentity+`,`+set+`]`, `,"Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.10"},
				"StringLike":{"ses:FromAddress":"*@example.com","ses:FromDisplayName":"Shop*"},"Bool":{"aws:SecureTransport":"true"},
				"ForAllValues:StringLike":{"ses:Recipients":"*@example.net"},"Null":{"ses:Recipients":"false"}}`),
			want: sendpolicy.Description{Identities: arn("eu-west-1"),
				ConfigurationSets: []string{"arn:aws:ses:eu-west-1:111122223333:configuration-set/news"},
				Networks:          []netip.Prefix{netip.MustParsePrefix("192.0.2.10/32")},
				From:              []string{"*@example.com"}, FromNames: []string{"Shop*"},
				Recipients: []string{"*@example.net"},
				TLSOnly:    true},
		},
		"by its senders": {
			statements: permitting(sendRaw, `"*"`, `,"Condition":{"StringEquals":{"ses:FromAddress":"shop@example.com"}}`),
			want: sendpolicy.Description{From: []string{"shop@example.com"}, Identities: append(
				[]string{"arn:aws:ses:eu-central-1:111122223333:identity/shop@example.com"}, arn("eu-central-1")...)},
		},
		"two ways in": {
			statements: permitting(sendRaw, oneIdentity, fromNetwork) + "," + permitting(sendRaw, oneIdentity,
				`,"Condition":{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`),
			want: sendpolicy.Description{Identities: arn("eu-west-1"), Endpoints: []string{"vpce-1"},
				Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.10/32")}},
		},
		"narrow in part": {
			statements: permitting(sendRaw, oneIdentity, fromNetwork) + "," + permitting(sendRaw, oneIdentity, ""),
			want:       sendpolicy.Description{Identities: arn("eu-west-1")},
			left:       []string{"Networks, which only some statements have (192.0.2.10/32)"},
		},
		"by what has no words": {
			statements: permitting(sendRaw, oneIdentity, `,"Condition":{"DateLessThan":{"aws:CurrentTime":"2030-01-01T00:00:00Z"}}`),
			want:       sendpolicy.Description{Identities: arn("eu-west-1")},
			left:       []string{"DateLessThan aws:CurrentTime 2030-01-01T00:00:00Z"},
		},
	} {
		a := having(c.statements, "")
		a.Intended = intended
		c.want.Account, c.want.Regions = intended.Account, intended.Regions
		if got, left := sendpolicy.Describe(a); !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(left, c.left) {
			t.Errorf("%s:\n%+v, left %q\nwant\n%+v, left %q", name, got, left, c.want, c.left)
		}
	}
}
