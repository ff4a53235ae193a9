package credential_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// at returns a login with the new key.
func at(host string, port int) []sessmtp.Login {
	return []sessmtp.Login{{
		Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: host, Port: port},
		Username: "AKIAI44QH8DHBEXAMPLE", Password: newPassword,
	}}
}

const (
	sesHost = "email-smtp.eu-west-1.amazonaws.com"
	newAuth = "AKIAI44QH8DHBEXAMPLE:" + newPassword + "@"
)

func TestAURLWithTLSFromTheStartIsWrittenWhereItsPortIsKnown(t *testing.T) {
	const private = "vpce-1-a.email-smtp.eu-west-1.vpce.amazonaws.com"
	for _, c := range []struct {
		host string
		port int
		want string // host and port of smtps_url; empty if there is none
	}{
		{sesHost, 587, sesHost + ":465"}, {sesHost, 25, sesHost + ":465"}, {sesHost, 465, sesHost + ":465"},
		{sesHost, 2587, sesHost + ":2465"}, {sesHost, 2465, sesHost + ":2465"},
		{"email-smtp-fips.us-east-1.amazonaws.com", 587, "email-smtp-fips.us-east-1.amazonaws.com:465"},
		{"email-smtp.eu-west-1.api.aws", 587, "email-smtp.eu-west-1.api.aws:465"},
		{private, 587, private + ":465"}, {private, 2587, private + ":2465"},
		{"relay.example.com", 465, "relay.example.com:465"}, // the port says so
		{"relay.example.com", 587, ""}, {"192.0.2.1", 587, ""}, {sesHost, 10025, ""},
	} {
		written, err := credential.Compose("user", at(c.host, c.port), credential.Content{})
		if err != nil {
			t.Fatal(err)
		}
		v, err := credential.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		want := ""
		if c.want != "" {
			want = "smtps://" + newAuth + c.want
		}
		if stored := members(t, written)["smtps_url"]; v.SMTPSURL != want || (stored != nil) != (want != "") ||
			want != "" && stored != want {
			t.Errorf("%s:%d: %q is written, and %q is read; want %q", c.host, c.port, stored, v.SMTPSURL, want)
		}
	}
}

func members(t *testing.T, text string) (all map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// A program that reads the secret has the URL at once, even if the value was written without it.
func TestAReaderGetsItFromAValueThatLacksIt(t *testing.T) {
	const stored = `{"username":"AKIA","password":"p","host":"` + sesHost + `","port":587}`
	m, err := credential.Members(stored)
	if err != nil || m["smtps_url"] != "smtps://AKIA:p@"+sesHost+":465" {
		t.Errorf("%v, %v", m["smtps_url"], err)
	}
	if m, err = credential.Members(strings.Replace(stored, sesHost, "h", 1)); err != nil || m["smtps_url"] != nil {
		t.Errorf("for an unknown host: %v, %v", m["smtps_url"], err)
	}
}

func TestAValuesOwnURLWithTLSSaysNothingOfItsPort(t *testing.T) {
	for form, want := range map[string]sessmtp.Endpoint{
		`{"username":"U!","password":"P!","host":"h","port":587,"smtps_url":"smtps://U!:E!@h:465"}`: {Host: "h", Port: 587},
		`{"smtps_url":"smtps://U!:E!@h:465","url":"smtp://U!:E!@h:587"}`:                            {Host: "h", Port: 587},
		`{"smtps_url":"smtps://U!:E!@h:465"}`:                                                       {Host: "h", Port: 465},
	} {
		c, err := credential.Inspect(fill(form), nil)
		if err != nil || c.ImplicitTLS || len(c.Strange) > 0 || c.Logins[0].Endpoint != want ||
			c.Logins[0].Username != oldID || c.Logins[0].Password != oldPassword {
			t.Errorf("%s: %+v, %v", form, c, err)
		}
	}
	c, err := credential.Inspect(fill(`{"username":"U!","password":"P!","smtps_url":"https://shop.example.com"}`), nil)
	if err != nil || strings.Join(c.Strange, " ") != "smtps_url" {
		t.Errorf("somebody else's: %q, %v", c.Strange, err)
	}
}

// An application that got smtps must not get smtp from a rotation.
func TestNoRotationTakesTLSFromAURL(t *testing.T) {
	const own = `"username":"U!","password":"P!","host":"` + sesHost + `","port":587,"region":"eu-west-1"`
	for name, c := range map[string]struct {
		old  string
		now  []sessmtp.Login
		want map[string]any // the members afterwards; nil if missing
	}{
		"a URL under another name": {`{` + own + `,"MAILER_DSN":"smtps://U!:E!@` + sesHost + `:465?x=1"}`, at(sesHost, 587),
			map[string]any{"MAILER_DSN": "smtps://" + newAuth + sesHost + ":465?x=1"}},
		"without a port": {`{` + own + `,"MAILER_DSN":"smtps://U!:E!@` + sesHost + `"}`, at(sesHost, 587),
			map[string]any{"MAILER_DSN": "smtps://" + newAuth + sesHost}},
		"ours, to an endpoint without it": {`{` + own + `,"smtps_url":"smtps://U!:E!@` + sesHost + `:465"}`,
			at("smtp.example.com", 587), map[string]any{"smtps_url": nil}},
		"a relay's that people wrote": {
			`{"username":"U!","password":"P!","host":"smtp.example.com","port":587,"smtps_url":"smtps://U!:E!@relay.internal:465"}`,
			at("smtp.example.com", 587), map[string]any{"smtps_url": "smtps://" + newAuth + "relay.internal:465"}},
		"in another case": {`{` + own + `,"SMTPS_URL":"smtps://U!:E!@` + sesHost + `:465"}`, at(sesHost, 587),
			map[string]any{"SMTPS_URL": "smtps://" + newAuth + sesHost + ":465",
				"smtps_url": "smtps://" + newAuth + sesHost + ":465"}},
	} {
		old, err := credential.Inspect(fill(c.old), nil)
		if err != nil {
			t.Fatal(err)
		}
		written, err := credential.Compose("user", c.now, old)
		if err != nil {
			t.Fatal(err)
		}
		all := members(t, written)
		for member, want := range c.want {
			if all[member] != want {
				t.Errorf("%s: %s is %v, want %v", name, member, all[member], want)
			}
		}
	}
}

// If a name is configured for a member that the value lacks, it stays as it is.
func TestANameForAURLThatIsntThereIsLeftAlone(t *testing.T) {
	names, err := credential.ParseNames("smtps_url=MAIL.DSN")
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		sesHost:            `"MAIL":{"DSN":"smtps://` + newAuth + sesHost + `:465"}`,
		"smtp.example.com": "",
	} {
		old, err := credential.Inspect(fill(`{"username":"U!","password":"P!"}`), names)
		if err != nil {
			t.Fatal(err)
		}
		written, err := credential.Compose("user", at(host, 587), old)
		if err != nil || !json.Valid([]byte(written)) || !strings.Contains(written, want) ||
			want == "" && strings.Contains(written, "DSN") {
			t.Errorf("%s: %s, %v", host, written, err)
		}
	}
}
