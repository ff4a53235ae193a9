package smtpsecret

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestParseValueReadsWhatTheRotatorWrites(t *testing.T) {
	logins := []sessmtp.Login{
		{Endpoint: sessmtp.Endpoint{Region: "eu-west-1", Host: "one.example.com", Port: 587}, Username: "AKIA", Password: "p/1+="},
		{Endpoint: sessmtp.Endpoint{Region: "us-east-1", Host: "two.example.com", Port: 465}, Username: "AKIA", Password: "p/2+="},
	}
	text, err := compose("user", logins, nil)
	if err != nil {
		t.Fatal(err)
	}
	v, err := ParseValue(text)
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

func TestParseValueRefusesWhatNobodyCanLogInWith(t *testing.T) {
	const secret = "S3CR3T"
	for text, want := range map[string]string{
		"":     "no credential yet",
		" {} ": "no credential yet",
		"text": "isn't a JSON object",
		`{"username":"AKIA","password":"S3CR3T"}`:                                                              `"host" is missing` + "\n" + `"port" is missing`,
		`{"password":"S3CR3T","host":"h","port":587}`:                                                          `"username" is missing`,
		`{"username":"AKIA","host":"h","port":587}`:                                                            `"password" is missing`,
		`{"username":"AKIA","password":"S3CR3T","host":"h","port":"smtp"}`:                                     `"port" isn't a port number`,
		`{"username":"AKIA","password":"S3CR3T\nroot:x","host":"h","port":587}`:                                `"password" has spaces`,
		`{"username":"AK IA","password":"S3CR3T","host":"h","port":587}`:                                       `"username" has spaces`,
		`{"username":"A","password":"p","host":"h","port":1,"regions":{"r":{"host":" ","password":"S3CR3T"}}}`: `"regions.r.host" has spaces`,
	} {
		_, err := ParseValue(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v; want %q, and no password", text, err, want)
		}
	}
	if _, err := ParseValue("{}"); !errors.Is(err, ErrNoCredential) {
		t.Errorf("{}: %v", err)
	}
}

func TestParseValueReadsWhatPeopleWrite(t *testing.T) {
	v, err := ParseValue(`{"username":"AKIA","password":"p","host":"h","port":"465","team":"mail"}`)
	if err != nil || v.Port != 465 || v.URL != "smtps://AKIA:p@h:465" || v.Region != "" {
		t.Errorf("%+v, %v", v, err)
	}
}

func FuzzAnyValueIsACredentialOrAnError(f *testing.F) {
	for _, seed := range []string{"{}", `{"username":"AKIA","password":"p","host":"h","port":1,"regions":{"r":{"host":"h","port":1,"password":"q"}}}`, `{"port":"1"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := ParseValue(text)
		if err != nil {
			return
		}
		login, err := v.Login("")
		if err != nil || login.Username == "" || login.Password == "" || login.Host == "" || login.Port < 1 || login.Port > 65535 {
			t.Errorf("%q is no login: %+v, %v", text, login, err)
		}
		for region := range v.Regions {
			if one, err := v.Login(region); err == nil && (one.Host == "" || one.Port == 0 || one.Password == "") {
				t.Errorf("%q is no login in %s: %+v", text, region, one)
			}
		}
	})
}
