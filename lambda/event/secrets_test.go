package event_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// Both are published examples, which open nothing.
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
			`{"source":"aws.health","detail":{"eventTypeCode":"aws_risk_credentials_%s"}}`,
		} {
			payload := fmt.Sprintf(format, pasted)
			refuses(t, payload, "withheld")
			if _, err := event.Parse([]byte(payload), secret); strings.Contains(err.Error(), pasted) {
				t.Errorf("%s: %v", payload, err)
			}
		}
	}
}

// The secret's url has the password percent-encoded.
func TestAURLInTheWrongPlaceIsntRepeated(t *testing.T) {
	const encoded = "BMXhUYlu5Z3gSXV%2FRxlVa7XPaz91aGWd%2bHxvkOZdWZ2%3D" // a run of 40 only if "%" counts
	const short = "hunter2/of@mine"
	for _, password := range []string{encoded, short, smtpPassword, "%2F" + smtpPassword[:30]} {
		for _, pasted := range []string{
			"smtp://AKIAIOSFODNN7EXAMPLE:" + password + "@email-smtp.eu-west-1.amazonaws.com:587?x=" + "y",
			"AKIAIOSFODNN7EXAMPLE:" + password + "@email-smtp.eu-west-1.amazonaws.com",
			"see <smtps://AKIAIOSFODNN7EXAMPLE:" + password + "@host> there",
		} {
			for _, format := range []string{
				`{"action":"%s"}`,
				`{"action":"rotate","%s":"x"}`,
				`{"action":"rotate","%s":7}`,
				`{"action":"emergency","contain":"%s"}`,
				`{"%s":"emergency"}`,
				`{"source":"ops","detail":{"action":"%[1]s","contain %[1]s":"x"}}`,
				`{"Step":"setSecret","SecretId":"%s","ClientRequestToken":"t"}`,
				`{"%[1]s":1,"%[1]s":2}`,
			} {
				payload := fmt.Sprintf(format, pasted)
				_, err := event.Parse([]byte(payload), secret)
				if err == nil || strings.Contains(err.Error(), password[4:12]) {
					t.Errorf("%s: %v", payload, err)
				}
			}
		}
	}
	refuses(t, `{"action":"`+encoded+`"}`, "characters, withheld")
	refuses(t, `{"action":"ops@example.com"}`, `"ops@example.com"`)
}

// TestNothingIsRepeatedWhereAnAccessKeyIDBelongs checks texts of any length, because a part of a
// secret is secret, too.
func TestNothingIsRepeatedWhereAnAccessKeyIDBelongs(t *testing.T) {
	const akia = "AKIA" + smtpPassword
	for _, pasted := range []string{
		secretAccessKey, smtpPassword, secretAccessKey[:30], akia[:34], akia[:19], "AKIA_of_the_smtp_sender",
	} {
		for _, format := range []string{
			`{"action":"emergency","access_key_id":"AKIAIOSFODNN7EXAMPLE:%s"}`,
			`{"action":"emergency","access_key_id":"%s "}`,
			`{"action":"emergency","access_key_id":"%s"}`,
		} {
			payload := fmt.Sprintf(format, pasted)
			refuses(t, payload, "access key")
			if _, err := event.Parse([]byte(payload), secret); strings.Contains(err.Error(), pasted+" ") {
				t.Errorf("%s: %v", payload, err)
			}
		}
		for _, payload := range []string{
			health(`[{"entityValue":"` + pasted + ` "}]`), health(`[{"entityValue":["` + pasted + `"]}]`),
			strings.Replace(strings.Replace(finding, accessKeyID, pasted+"=", 1), "smtp-sender", "", 1),
		} {
			leak := leakIn(t, payload)
			for _, e := range leak.Exposed {
				if e.AccessKeyID != "" {
					t.Errorf("%s: %+v", payload, e)
				}
			}
			if strings.Contains(strings.Join(leak.Unread, " "), pasted) {
				t.Errorf("%s: %q", payload, leak.Unread)
			}
		}
	}
}

// looksSecret finds text that may be a secret access key, an SMTP password or a session token.
var looksSecret = regexp.MustCompile(`([A-Za-z0-9+/]|%[0-9A-Fa-f]{2}){40}|:[^\s"\\'` + "`" + `<>(@:/]+@`)

func FuzzEveryPayloadIsAnEventOrARequestErrorWithoutSecrets(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `[]`, `{"action":"status"}`, `{"action":"rotate","reason":null}`,
		`{"action":"emergency","access_key_id":"AKIA0000000000000000","contain":"first","reason":"r"}`,
		`{"action":"` + secretAccessKey + `"}`, health(`[{"entityValue":"` + smtpPassword + `="}]`),
		step("createSecret", secretARN, token), step("createSecret", secretAccessKey, token),
		health(`[{"entityValue":"AKIA0000000000000000"}]`), finding, health(`[{"entityValue":"mailer"},7]`),
		records(health(`[{"entityValue":"AKIA0000000000000000"}]`), notification(finding), `{"action":"emergency"}`),
		strings.Replace(strings.Replace(finding, accessKeyID, "ASIAIOSFODNN7EXAMPLE", 1), "smtp-sender", "", 1),
		`{"action":"smtp://AKIAIOSFODNN7EXAMPLE:` + smtpPassword + `@host"}`, `{"a":[{"b":1,"b":2}]}`,
		`{"source":"ops","detail-type":"x","detail":{"action":"emergency"}}`,
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
			if len(e.Exposed)+len(e.Unread) == 0 {
				t.Fatalf("%q is a leak of nothing", payload)
			}
			for _, unread := range e.Unread {
				if looksSecret.MatchString(unread) {
					t.Fatalf("%q: %s", payload, unread)
				}
			}
			for _, one := range e.Exposed {
				if one.Where == "" || (one.AccessKeyID == "") == (one.UserName == "") {
					t.Fatalf("%q is a leak of %+v", payload, one)
				}
				if id := one.AccessKeyID; id != "" && (len(id) < 16 || !credential.IsAccessKeyID(id)) {
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
