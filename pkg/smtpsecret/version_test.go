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
