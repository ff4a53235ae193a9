package credential_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

func TestComposeWritesThePublishedForm(t *testing.T) {
	text, err := credential.Compose("smtp-sender", logins, credential.Content{})
	want := `{"username":"AKIA","password":"p/1+=","host":"one.example.com","port":587,"region":"eu-west-1",` +
		`"url":"smtp://AKIA:p%2F1%2B%3D@one.example.com:587","iam_user":"smtp-sender",` +
		`"regions":{"eu-west-1":{"host":"one.example.com","port":587,"password":"p/1+="},` +
		`"us-east-1":{"host":"two.example.com","port":465,"password":"p/2+="}}}`
	if err != nil || text != want {
		t.Errorf("composed:\n%s\nwant:\n%s\n%v", text, want, err)
	}
}

func TestComposeKeepsWhatPeopleAdded(t *testing.T) {
	old, err := credential.Inspect(`{"iam_user":"other","username":"AKIAOLD","password":"old","host":"h","a\"b":[1],
		"owner":{"team":"mail","n":1.50},"regions":{"eu-west-1":{"host":"h","port":25,"password":"q","note":"printers"}}}`, nil)
	if err != nil {
		t.Fatal(err)
	}
	text, err := credential.Compose("smtp-sender", logins, old)
	if err != nil || !json.Valid([]byte(text)) {
		t.Fatalf("not JSON: %s, %v", text, err)
	}
	for _, part := range []string{`"owner":{"team":"mail","n":1.50}`, `"a\"b":[1]`, `"note":"printers"`} {
		if !strings.Contains(text, part) {
			t.Errorf("%s is gone: %s", part, text)
		}
	}
	for _, part := range []string{"AKIAOLD", `"old"`, `"host":"h"`, `"q"`} {
		if strings.Contains(text, part) {
			t.Errorf("%s of the old credential is left: %s", part, text)
		}
	}
}

func TestComposeNeedsALogin(t *testing.T) {
	if text, err := credential.Compose("smtp-sender", nil, credential.Content{}); err == nil {
		t.Errorf("composed %s", text)
	}
}

func FuzzAnyContentCanBeRewritten(f *testing.F) {
	for _, seed := range []string{
		"{}", `{"":0}`, `{"username":"AKIA","password":"p","x":[1,{"y":null}],"regions":{"r":{"host":"h","z":"z"}}}`,
	} {
		f.Add(seed)
	}
	for _, seed := range shapes {
		f.Add(fill(seed))
	}
	more, err := credential.ParseNames("username=SMTP_USERNAME,password=smtp.pass,port=smtp.port")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, names := range []credential.Names{nil, more} {
			old, err := credential.Inspect(text, names)
			if err != nil {
				continue
			}
			written, err := credential.Compose("user", logins, old)
			if err != nil && names != nil && strings.Contains(err.Error(), `"smtp" isn't an object`) {
				continue
			}
			if err != nil {
				t.Fatalf("%q was read and can't be written: %v", text, err)
			}
			again, err := credential.Inspect(written, names)
			if err != nil || !reflect.DeepEqual(again.Logins, logins) {
				t.Fatalf("%q was written as %q and read differently: %+v, %v", text, written, again, err)
			}
			if keys := again.SecretKeys("eu-west-1"); keys != nil && old.Logins[0].Username != logins[0].Username {
				t.Fatalf("%q was written as %q, with a secret access key in it: %v", text, written, keys)
			}
		}
	})
}
