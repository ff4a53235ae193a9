package function_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// value returns AWSCURRENT's value as it is stored.
func (s *stage) value() string {
	s.Helper()
	v, ok := s.World.Labelled(localfunction.Secret, "AWSCURRENT")
	if !ok {
		s.Fatal("no version is AWSCURRENT")
	}
	return v.Value
}

// adopts puts a hand-made key into a value: its ID for U!, its password for P!, its secret for K!.
func (s *stage) adopts(value string) (id string) {
	s.Helper()
	id, key, err := s.World.CreateAccessKey(user)
	if err != nil {
		s.Fatal(err)
	}
	value = strings.NewReplacer("U!", id, "P!", localaws.SMTPPassword(key, region), "K!", key).Replace(value)
	if _, err := s.World.PutSecretValue(secret, value); err != nil {
		s.Fatal(err)
	}
	return id
}

func TestAnAdoptedValueKeepsTheNamesThatApplicationsKnow(t *testing.T) {
	s := newStage(t, nil)
	id := s.adopts(`{"SMTP_USERNAME":"U!","SMTP_PASSWORD":"P!","team":"mail"}`)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	c := s.mailFlows()
	for _, part := range []string{`"SMTP_USERNAME":"` + c.Username + `"`, `"SMTP_PASSWORD":"` + c.Password + `"`,
		`"team":"mail"`} {
		if !strings.Contains(s.value(), part) {
			t.Errorf("%s isn't in the value", part)
		}
	}
	if strings.Contains(s.value(), id) {
		t.Error("the old access key is in the value")
	}
}

func TestMoreNamesAreWrittenWhereTheyAreConfigured(t *testing.T) {
	s := newStage(t, map[string]string{"SECRET_KEYS": "username=SMTP_USERNAME,password=smtp.pass"})
	s.must(`{}`, rotation.Rotated)
	c := s.mailFlows()
	for _, part := range []string{`"SMTP_USERNAME":"` + c.Username + `"`, `"smtp":{"pass":"` + c.Password + `"}`} {
		if !strings.Contains(s.value(), part) {
			t.Errorf("%s isn't in the value", part)
		}
	}
	s.Env["SECRET_KEYS"] = "user=SMTP_USERNAME"
	s.Restart()
	s.fails(`{}`, rotation.ConfigurationError, "SECRET_KEYS", `"user" is none of the keys`)
}

func TestAValueForAnotherEndpointIsSettledBeforeItIsOverwritten(t *testing.T) {
	s := newStage(t, map[string]string{"SMTP_REGIONS": region, "SMTP_ENDPOINT": "", "VERIFY": "off"})
	s.adopts(`{"username":"U!","password":"P!","host":"email-smtp.` + region + `.amazonaws.com","port":"465"}`)
	if r := s.must(`{}`, rotation.Waiting); !warned(r, rotation.WarnValueDiffers, "its port is 465") {
		t.Errorf("the tick doesn't warn of it: %+v", r.Warnings)
	}
	before := s.value()
	s.fails(`{"action":"rotate"}`, rotation.ConfigurationError, "secret "+secret, "its port is 465")
	s.after(30 * day)
	if r := s.must(`{}`, rotation.Blocked); !warned(r, rotation.WarnRotationBlocked, "until the secret's value is settled") {
		t.Errorf("it doesn't say why nothing happens: %+v", r.Warnings)
	}
	if s.value() != before || len(s.World.Keys(user)) != 1 {
		t.Error("something was written")
	}
	// And somebody configures it.
	s.Env["SMTP_ENDPOINT"] = "email-smtp.{region}.amazonaws.com:465"
	s.Restart()
	s.must(`{}`, rotation.Rotated)
	if !strings.Contains(s.value(), `"port":"465"`) {
		t.Errorf("the port isn't the text that it was")
	}
}

func TestWhatStandsInTheWrongPlaceIsNeverTold(t *testing.T) {
	for _, value := range []string{
		`{"username":"P!","password":"U!"}`, `{"iam_user":"smtp-sender","username":"P!","password":"U!"}`,
		`{"username":"U!","password":"x","host":"P!","port":25}`, `{"username":"U!","password":"x","region":"P!"}`,
		`{"username":"U!","password":"P!","host":"K!","port":25}`, `{"username":"U!","password":"P!","region":"K!"}`,
		`{"username":"U!","password":"x","iam_user":"P!"}`, `{"P!":"U!"}`,
		`{"username":"U!","password":"x","regions":{"P!":{"password":"y"}}}`, `{"username":"K!","password":"P!"}`,
		`{"username":"U!","password":"x","regions":{"eu-west-1":{"host":"P!","port":1,"password":"y"}}}`,
		`{"SMTP_USERNAME":"P!","SMTP_PASSWORD":"U!"}`, `P!:U!`, `"P!"`, `{"username":"U!","password":"P!","port":"P!"}`,
		`{"url":"smtp://U!:P!@P!:25"}`, `{"username":"U!","password":"x","regions":{"eu-west-1":"P!"}}`,
		`{"username":"U!","password":"P!","note":"K!"}`, `{"username":"U!","password":"P!","K!":"K!"}`,
	} {
		for how, env := range map[string]map[string]string{
			"nothing is tried": {"SMTP_ENDPOINT": "", "VERIFY": "off"}, "logins are": nil,
		} {
			t.Run(value+", "+how, func(t *testing.T) {
				s := newStage(t, env)
				s.secretStored = true // the value has one
				s.adopts(value)
				for _, event := range []string{`{}`, `{"action":"status"}`, `{"action":"plan"}`, `{"action":"rotate"}`,
					`{"action":"audit"}`, s.step("testSecret"), `{"action":"rollback"}`, `{"action":"emergency"}`, `{}`} {
					_, _ = s.invoke(event)
				}
			})
		}
	}
}

// step is an event that Secrets Manager sends if rotation is only configured.
func (s *stage) step(name string) string {
	return `{"Step":"` + name + `","SecretId":"` + secret + `","ClientRequestToken":"0123456789abcdef0123456789abcdef"}`
}
