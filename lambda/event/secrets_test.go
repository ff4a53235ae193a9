package event_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
)

// Both are published examples; neither is anybody's.
const (
	secretAccessKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	smtpPassword    = "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"
)

func TestASecretInTheWrongPlaceIsntRepeated(t *testing.T) {
	for _, pasted := range []string{secretAccessKey, smtpPassword} {
		for _, format := range []string{
			`{"action":"%s"}`,
			`{"action":"rotate","%s":"x"}`,
			`{"action":"rotate","%s":7}`,
			`{"action":"emergency","contain":"\n%s\n"}`,
			`{"Step":"%s","SecretId":"smtp/credential","ClientRequestToken":"t"}`,
			`{"Step":"setSecret","SecretId":"%s","ClientRequestToken":"t"}`,
			`{"Step":"setSecret","SecretId":"smtp/credential","ClientRequestToken":" %s"}`,
			`{"%s":"emergency"}`,
			`{"Records":[{"body":"{\"source\":\"aws.health\",\"detail\":{\"eventTypeCode\":\"AWS_RISK_CREDENTIALS_%s\"}}"}]}`,
		} {
			payload := fmt.Sprintf(format, pasted)
			refuses(t, payload, "withheld")
			if _, err := event.Parse([]byte(payload), secret); strings.Contains(err.Error(), pasted) {
				t.Errorf("%s: %v", payload, err)
			}
		}
	}
}

// TestNothingIsRepeatedWhereAnAccessKeyIDBelongs, whatever its length: a part of a secret is one,
// too.
func TestNothingIsRepeatedWhereAnAccessKeyIDBelongs(t *testing.T) {
	for _, pasted := range []string{secretAccessKey, smtpPassword, secretAccessKey[:30], "AKIA" + smtpPassword[:30]} {
		for _, format := range []string{
			`{"action":"emergency","access_key_id":"AKIAIOSFODNN7EXAMPLE:%s"}`,
			`{"action":"emergency","access_key_id":"%s "}`,
			`{"action":"emergency","access_key_id":"%s"}`,
			`{"source":"aws.guardduty","detail":{"resource":{"accessKeyDetails":{"accessKeyId":"%s="}}}}`,
			health(`[{"entityValue":"%s "}]`),
		} {
			payload := fmt.Sprintf(format, pasted)
			refuses(t, payload, "access key")
			if _, err := event.Parse([]byte(payload), secret); strings.Contains(err.Error(), pasted) {
				t.Errorf("%s: %v", payload, err)
			}
		}
	}
}

// looksSecret finds what may be a secret access key, an SMTP password or a session token.
var looksSecret = regexp.MustCompile(`[A-Za-z0-9+/]{40}`)

func FuzzEveryPayloadIsAnEventOrARequestErrorWithoutSecrets(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"action":"status"}`, `{"action":"rotate","reason":null}`,
		`{"action":"emergency","access_key_id":"AKIA0000000000000000","contain":"first","reason":"r"}`,
		`{"action":"` + secretAccessKey + `"}`, health(`[{"entityValue":"` + smtpPassword + `="}]`),
		step("createSecret", secretARN, token), step("createSecret", secretAccessKey, token),
		health(`[{"entityValue":"AKIA0000000000000000"}]`), finding, health(`[{"entityValue":"mailer"},7]`),
		records(health(`[{"entityValue":"AKIA0000000000000000"}]`), notification(finding), `{"action":"emergency"}`),
		stackEvent("Delete", `"ResourceProperties":{"OnDelete":"keep"},`),
		stackEvent(secretAccessKey, `"ResourceProperties":{"OnDelete":["keep"]},`),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, err := event.Parse(payload, secret)
		switch e := e.(type) {
		case nil:
			if err == nil {
				t.Fatalf("%q is nothing", payload)
			}
		case event.Leak:
			err = e.Fault
			if len(e.Exposed) == 0 {
				t.Fatalf("%q is a leak of nothing", payload)
			}
			for _, one := range e.Exposed {
				if one.Where == "" || (one.AccessKeyID == "") == (one.UserName == "") {
					t.Fatalf("%q is a leak of %+v", payload, one)
				}
			}
		case event.StackChange:
			err = e.Fault
		case event.RotationStep:
			if len(e.VersionID) < 32 {
				t.Fatalf("%q is %+v", payload, e)
			}
		}
		if err == nil {
			return
		}
		isRequestError(t, err)
		if looksSecret.MatchString(err.Error()) {
			t.Fatalf("%q: %v", payload, err)
		}
	})
}
