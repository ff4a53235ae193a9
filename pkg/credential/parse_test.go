package credential_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

var logins = []sessmtp.Login{
	{
		Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: "one.example.com", Port: 587},
		Username: "AKIA", Password: "p/1+=",
	},
	{
		Endpoint: sessmtp.Endpoint{Region: "us-east-1", Host: "two.example.com", Port: 465},
		Username: "AKIA", Password: "p/2+=",
	},
}

func TestParseReadsWhatComposeWrites(t *testing.T) {
	text, err := credential.Compose("user", logins, credential.Content{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := credential.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if v.URL != logins[0].URL() || v.IAMUser != "user" || len(v.Regions) != 2 {
		t.Errorf("read %+v", v)
	}
	for region, want := range map[string]sessmtp.Login{"": logins[0], "eu-west-1": logins[0], "us-east-1": logins[1]} {
		if got, err := v.Login(region); err != nil || got != want {
			t.Errorf("Region %q: %v, %v; want %v", region, got, err, want)
		}
	}
	if _, err := v.Login("eu-north-1"); err == nil || !strings.Contains(err.Error(), "eu-north-1") {
		t.Errorf("a Region without a credential: %v", err)
	}
}

func TestParseRefusesWhatNobodyCanLogInWith(t *testing.T) {
	const secret = "S3CR3T"
	for text, want := range map[string]string{
		"":     "no credential yet",
		" {} ": "no credential yet",
		"text": "isn't a JSON object",
		`{"username":"AKIA","password":"S3CR3T"}`:                               "\"host\" is missing\n\"port\" is missing",
		`{"password":"S3CR3T","host":"h","port":587}`:                           `"username" is missing`,
		`{"username":"AKIA","host":"h","port":587}`:                             `"password" is missing`,
		`{"username":"AKIA","password":"S3CR3T","host":"h","port":"smtp"}`:      `"port" isn't a port number`,
		`{"username":"AKIA","password":["S3CR3T"],"host":"h","port":587}`:       `"password" isn't text`,
		`{"username":"AKIA","password":"S3CR3T\nroot:x","host":"h","port":587}`: `"password" has spaces`,
		`{"username":"AK IA","password":"S3CR3T","host":"h","port":587}`:        `"username" isn't the ID of an access key`,
		`{"username":"AKIA","password":"p","host":"h","port":1,` +
			`"regions":{"r":{"host":" ","password":"S3CR3T"}}}`: `"regions.r.host" has spaces`,
	} {
		_, err := credential.Parse(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v; want %q, and no password", text, err, want)
		}
		if _, again := credential.Members(text); again == nil || again.Error() != err.Error() {
			t.Errorf("%s: its members: %v, want %v", text, again, err)
		}
	}
	if _, err := credential.Parse(credential.Empty); !errors.Is(err, credential.ErrNone) {
		t.Errorf("%s: %v", credential.Empty, err)
	}
}

func TestParseReadsWhatPeopleWrite(t *testing.T) {
	v, err := credential.Parse(`{"username":"AKIA","password":"p","host":"h","port":"465","team":"mail"}`)
	if err != nil || v.Port != 465 || v.URL != "smtps://AKIA:p@h:465" || v.Region != "" {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestMembersHasWhatPeopleAdded(t *testing.T) {
	m, err := credential.Members(`{"username":"AKIA","password":"p","host":"h","port":"465","limit":1.50,"owner":{"n":7}}`)
	if err != nil {
		t.Fatal(err)
	}
	number, _ := m["limit"].(interface{ String() string })
	owner, _ := m["owner"].(map[string]any)
	if number == nil || number.String() != "1.50" || owner == nil || m["username"] != "AKIA" {
		t.Errorf("not as it was written: %v", m)
	}
	if m["port"] != 465 || m["url"] != "smtps://AKIA:p@h:465" {
		t.Errorf("the port is %v, the URL %v", m["port"], m["url"])
	}
	if _, ok := m["region"]; ok {
		t.Error("it has a Region that the value lacks")
	}
}

func TestInspectTellsEmptyFromForeignFromUsable(t *testing.T) {
	for text, want := range map[string]string{
		"": "empty", "{}": "empty", " { } ": "empty",
		"text": "foreign", "[]": "foreign", "null": "foreign", `"{}"`: "foreign", "7": "foreign",
		`{"username":1}`: "foreign", `{"password":{}}`: "foreign",
		`{"port":"smtp"}`: "foreign", `{"port":70000}`: "foreign",
		`{"regions":[]}`: "foreign", `{"regions":{"eu-west-1":"x"}}`: "foreign",
		`{"regions":{"eu-west-1":{"port":0}}}`: "foreign",
		`{"username":"AKIA","password":"p"}`:   "usable", `{"other":1}`: "usable",
		`{"username":"AKIA","password":"p","port":"587"}`: "usable",
	} {
		got := "usable"
		switch c, err := credential.Inspect(text, nil); {
		case errors.Is(err, credential.ErrNone):
			got = "empty"
		case err != nil:
			got = "foreign"
		case len(c.Logins) == 0:
			got = "without a login"
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func FuzzAnyValueIsACredentialOrAnError(f *testing.F) {
	for _, seed := range []string{
		"{}", `{"port":"1"}`,
		`{"username":"AKIA","password":"p","host":"h","port":1,"regions":{"r":{"host":"h","port":1,"password":"q"}}}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := credential.Parse(text)
		if _, again := credential.Members(text); (again == nil) != (err == nil) {
			t.Errorf("%q: %v, and its members: %v", text, err, again)
		}
		if err != nil {
			return
		}
		l, err := v.Login("")
		if err != nil || l.Username == "" || l.Password == "" || l.Host == "" || l.Port < 1 || l.Port > 65535 {
			t.Errorf("%q is no login: %+v, %v", text, l, err)
		}
		for region := range v.Regions {
			if one, err := v.Login(region); err == nil && (one.Host == "" || one.Port == 0 || one.Password == "") {
				t.Errorf("%q is no login in %s: %+v", text, region, one)
			}
		}
	})
}
