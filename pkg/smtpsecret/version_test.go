package smtpsecret

import (
	"reflect"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func FuzzAnyValueCanBeRotatedOrIsRefused(f *testing.F) {
	for _, seed := range []string{
		"{}", `{"":0}`,
		`{"username":"AKIA","password":"p","x":[1,{"y":null}],"regions":{"r":{"host":"h","port":1,"z":"z"}}}`,
	} {
		f.Add(seed)
	}
	secret := &Secret{User: "user", Endpoints: []sessmtp.Endpoint{{Region: "eu-west-1", Host: "localhost", Port: 587}}}
	f.Fuzz(func(t *testing.T, text string) {
		v := secret.version("", time.Time{}, text)
		if v.Blank || v.Foreign != "" {
			return
		}
		written, err := credential.Compose("user", v.Logins, secret.contentOf(v))
		if err != nil {
			t.Fatalf("%q was read and can't be written: %v", text, err)
		}
		again := secret.version("", time.Time{}, written)
		if !reflect.DeepEqual(again.Logins, v.Logins) || again.Foreign != "" || again.Outdated {
			t.Fatalf("%q was written as %q and read differently: %+v", text, written, again)
		}
	})
}

// A person who may only write the value must not make the function connect to hosts of their
// choice.
func TestNobodyIsConnectedToAHostThatIsntSESs(t *testing.T) {
	own := sessmtp.Endpoint{Region: "eu-west-1", Host: "email-smtp.eu-west-1.amazonaws.com", Port: 587}
	for value, want := range map[string]sessmtp.Endpoint{
		`"host":"127.0.0.1","port":6379`:                                                                own,
		`"host":"email-smtp.eu-west-1.amazonaws.com.evil.example","port":25`:                            own,
		`"host":"evil.example","port":25,"region":"eu-west-1"`:                                          own,
		`"region":"eu-west-1","regions":{"eu-west-1":{"host":"evil.example","port":25,"password":"p"}}`: own,
		`"region":"not a region"`:                                                                       own,
		`"host":"vpce-1-a.email-smtp.eu-west-1.vpce.amazonaws.com","port":465`: {Region: "eu-west-1",
			Host: "vpce-1-a.email-smtp.eu-west-1.vpce.amazonaws.com", Port: 465},
		`"host":"email-smtp.us-east-1.amazonaws.com","port":2587`: {Region: "us-east-1",
			Host: "email-smtp.us-east-1.amazonaws.com", Port: 2587},
	} {
		secret := &Secret{User: "user", Endpoints: []sessmtp.Endpoint{own}}
		v := secret.version("", time.Time{}, `{"username":"AKIA","password":"p",`+value+`}`)
		if len(v.Logins) != 1 || v.Logins[0].Endpoint != want || !v.Unsettled {
			t.Errorf("%s: %+v, %v; want %+v", value, v.Logins, v.Unsettled, want)
		}
	}
}

// Regions can be removed from the configuration before the next rotation. A fence in between leaves
// the endpoint as applications use it.
func TestAValueForRegionsThatArentConfiguredAnyMoreIsStagedAsItIs(t *testing.T) {
	value := `{"iam_user":"user","username":"AKIA","password":"p","host":"relay.example.com","port":25,"region":"eu-west-1"}`
	secret := &Secret{User: "user", Endpoints: []sessmtp.Endpoint{{Region: "us-east-1", Host: "h", Port: 587}}}
	if v := secret.version("", time.Time{}, value); v.Outdated || v.Unsettled || v.Foreign != "" {
		t.Errorf("outdated: %v, unsettled: %v, %s", v.Outdated, v.Unsettled, v.Foreign)
	}
}

// The same endpoint with TLS from the start doesn't differ from the configured one. Nor does a
// value without that URL.
func TestAURLWithTLSFromTheStartIsNoDifference(t *testing.T) {
	own := sessmtp.Endpoint{Region: "eu-west-1", Host: "email-smtp.eu-west-1.amazonaws.com", Port: 587}
	secret := &Secret{User: "user", Endpoints: []sessmtp.Endpoint{own}}
	const id, password = "AKIAIOSFODNN7EXAMPLE", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
	l := sessmtp.Login{Endpoint: own, Username: id, Password: password}
	for _, user := range []string{"", "another"} {
		for _, more := range []string{"", `,"smtps_url":"` + l.SMTPSURL() + `"`} {
			v := secret.version("", time.Time{}, `{"username":"`+id+`","password":"`+password+`","host":"`+own.Host+
				`","port":587,"region":"eu-west-1","url":"`+l.URL()+`","iam_user":"`+user+`"`+more+`}`, "AWSCURRENT")
			if v.Differs != "" || v.Unsettled || v.Foreign != "" || v.Logins[0] != l {
				t.Errorf("iam_user %q, with %q: %q, %+v", user, more, v.Differs, v.Logins)
			}
		}
	}
}
