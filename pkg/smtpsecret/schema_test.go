package smtpsecret

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

func TestParseTellsBlankFromForeignFromOurs(t *testing.T) {
	for text, want := range map[string]string{
		"": "blank", "{}": "blank", " { } ": "blank",
		"text": "foreign", "[]": "foreign", "null": "foreign", `"{}"`: "foreign", "7": "foreign",
		`{"username":1}`: "foreign", `{"password":{}}`: "foreign", `{"port":"smtp"}`: "foreign", `{"port":70000}`: "foreign",
		`{"regions":[]}`: "foreign", `{"regions":{"eu-west-1":"x"}}`: "foreign",
		`{"username":"AKIA","password":"p"}`: "ours", `{"username":"AKIA","password":"p","port":"587"}`: "ours", `{"other":1}`: "ours",
	} {
		got := "ours"
		switch _, err := parse(text); {
		case errors.Is(err, errBlank):
			got = "blank"
		case err != nil:
			got = "foreign"
		}
		if got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func FuzzAnyValueCanBeRotatedOrIsRefused(f *testing.F) {
	for _, seed := range []string{"{}", `{"username":"AKIA","password":"p","x":[1,{"y":null}],"regions":{"r":{"host":"h","port":1,"z":"z"}}}`, `{"":0}`} {
		f.Add(seed)
	}
	secret := &Secret{User: "user", Endpoints: []sessmtp.Endpoint{{Region: "eu-west-1", Host: "localhost", Port: 587}}}
	f.Fuzz(func(t *testing.T, text string) {
		v := secret.version("", time.Time{}, text)
		if v.Blank || v.Foreign != "" {
			return
		}
		written, err := compose("user", v.Logins, contentOf(v))
		if err != nil {
			t.Fatalf("%q was read and can't be written: %v", text, err)
		}
		again := secret.version("", time.Time{}, written)
		if !reflect.DeepEqual(again.Logins, v.Logins) || again.Foreign != "" || again.Outdated {
			t.Fatalf("%q was written as %q and read differently: %+v", text, written, again)
		}
	})
}
