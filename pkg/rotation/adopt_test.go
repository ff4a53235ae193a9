package rotation_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// written gives the secret a value by hand. In it, U! stands for a new key's ID, P! and E!
// (percent-encoded) for its password in the Region, and K! for its secret access key.
func (s *stage) written(value, passwordFor string) (id string) {
	s.Helper()
	id, key, err := s.world.CreateAccessKey(user)
	if err != nil {
		s.Fatal(err)
	}
	password := localaws.SMTPPassword(key, passwordFor)
	s.write(strings.NewReplacer("U!", id, "P!", password, "E!", url.QueryEscape(password), "K!", key).Replace(value))
	return id
}

func (s *stage) write(value string) {
	s.Helper()
	if _, err := s.world.PutSecretValue(secret, value); err != nil {
		s.Fatal(err)
	}
}

// unsettled are values that differ from the configuration, which is eu-west-1 with SES's own
// endpoint, and what the rotator says about each.
var unsettled = map[string]string{
	`{"username":"U!","password":"P!","region":"us-east-1"}`:                                      "it is for SES in us-east-1, but the first configured Region is eu-west-1",
	`{"username":"U!","password":"P!","region":"US-EAST-1"}`:                                      "it is for SES in us-east-1",
	`{"username":"U!","password":"P!","host":"email-smtp.us-east-1.amazonaws.com"}`:               "it is for SES in us-east-1",
	`{"username":"U!","password":"P!","regions":{"us-east-1":{"password":"P!"}}}`:                 "it is for SES in us-east-1",
	`{"username":"U!","password":"P!","port":465}`:                                                "its port is 465, but 587 is configured",
	`{"SMTP_USERNAME":"U!","SMTP_PASSWORD":"P!","SMTP_PORT":"2587"}`:                              "its port is 2587",
	`{"username":"U!","password":"P!","host":"email-smtp-fips.eu-west-1.amazonaws.com"}`:          "its host is email-smtp-fips",
	`{"username":"U!","password":"P!","Host":"vpce-1-2.email-smtp.eu-west-1.vpce.amazonaws.com"}`: "its host is vpce-1-2",
	`{"username":"U!","password":"P!","encryption":"ssl"}`:                                        "it asks for another encryption than the configured port, 587, has",
	`{"url":"smtps://U!:E!@email-smtp.eu-west-1.amazonaws.com:465"}`:                              "its port is 465",
	`U!:P!`: "it is text",
}

func TestWhatAValueSaysAndTheConfigurationDoesntIsSettledBeforeARotation(t *testing.T) {
	for value, want := range unsettled {
		s := newStage(t)
		regionOf := region
		if strings.Contains(want, "us-east-1") {
			regionOf = "us-east-1"
		}
		id := s.written(value, regionOf)
		before := s.labelled("AWSCURRENT")
		for _, req := range []rotation.Request{tick, {Action: rotation.Status}, {Action: rotation.Preview}} {
			result, err := s.run(req)
			if err != nil {
				t.Errorf("%s: %s: %v", value, req.Action, err)
			}
			text := said(result)
			if !strings.Contains(text, want) || !strings.Contains(text, "secret "+secret) {
				t.Errorf("%s: %s doesn't say %q: %s", value, req.Action, want, text)
			}
		}
		s.fails(rotate, rotation.ConfigurationError, want)
		if text := said(s.after(30*day).comes(tick, rotation.Blocked)); !strings.Contains(text, want) {
			t.Errorf("%s: a tick that can't rotate doesn't say %q: %s", value, want, text)
		}
		s.fails(rotation.Request{Action: rotation.CreateSecret, VersionID: strings.Repeat("0", 32)},
			rotation.ConfigurationError, want)
		if after := s.labelled("AWSCURRENT"); after.ID != before.ID || len(s.world.Keys(user)) != 1 {
			t.Errorf("%s: something was written", value)
		}
		s.comes(leak(id), rotation.Revoked, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote,
			rotation.Deactivate, rotation.Delete)
	}
}

func said(r rotation.Result) (text string) {
	for _, w := range r.Warnings {
		text += string(w.Code) + ": " + w.Message + "\n"
	}
	return text
}

func TestAValueThatSaysNothingElseNeedsNoSettling(t *testing.T) {
	for _, value := range []string{
		`{"username":"U!","password":"P!"}`,
		`{"username":"U!","password":"P!","region":"EU-WEST-1","host":"EMAIL-SMTP.eu-west-1.amazonaws.com.","port":"587"}`,
		`{"auth":{"user":"U!","pass":"P!"},"host":"email-smtp.eu-west-1.amazonaws.com","secure":false}`,
	} {
		s := newStage(t)
		s.written(value, region)
		if text := said(s.comes(tick, rotation.Waiting)); text != "" {
			t.Errorf("%s: %s", value, text)
		}
		s.comes(rotate, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	}
}

func TestSomebodySettlesItByTheConfigurationOrByTheValue(t *testing.T) {
	const value = `{"username":"U!","password":"P!","port":465}`
	s := newStage(t)
	s.written(value, region)
	s.rotator.Endpoints[0].Port = 465
	s.comes(rotate, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)

	s = newStage(t)
	s.written(value, region)
	s.rotator.Secret.(*smtpsecret.Secret).Deliberate = true
	text := said(s.comes(tick, rotation.Waiting))
	if !strings.Contains(text, "the next rotation writes what is configured") {
		t.Errorf("it doesn't say what comes next: %s", text)
	}
	s.comes(rotate, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)

	s = newStage(t)
	s.written(value, region)
	s.fails(rotate, rotation.ConfigurationError, "its port is 465")
	s.write(strings.Replace(s.labelled("AWSCURRENT").Value, `"port":465`, `"port":587`, 1))
	s.comes(rotate, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
}

func TestAFenceKeepsWhatApplicationsSendWith(t *testing.T) {
	s := newStage(t)
	s.written(`{"username":"U!","password":"P!","port":465,"Region":"EU-WEST-1"}`, region)
	value := s.labelled("AWSCURRENT").Value
	other, _, err := s.world.CreateAccessKey(user)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.run(leak(other)); err != nil {
		t.Fatal(err)
	}
	if now := s.labelled("AWSCURRENT").Value; now != value || len(s.world.Keys(user)) != 1 {
		t.Errorf("the value is %s, and there are %d keys", now, len(s.world.Keys(user)))
	}
}

// A person overwrites the rotator's value. The key that was current retires like any other.
func TestAValueThatIsntSettledKeepsNoKeyFromRetiring(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	first := s.world.Keys(user)[0].ID
	s.after(hour).written(`{"username":"U!","password":"P!","port":465}`, region)
	retired := false
	for range 40 {
		_, _ = s.after(day).run(tick)
		if keys := s.world.Keys(user); len(keys) == 1 && keys[0].ID != first {
			retired = true
		}
	}
	s.comes(tick, rotation.Blocked)
	if !retired || len(s.world.Keys(user)) != 1 {
		t.Errorf("after 40 days the keys are %+v", s.world.Keys(user))
	}
}

func TestADeadKeyIsReplacedWhateverTheValueSays(t *testing.T) {
	s := newStage(t)
	s.written(`{"username":"U!","password":"P!","port":465}`, region)
	s.setCurrent("Inactive")
	got := s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	if text := said(got); !strings.Contains(text, "ValueDiffers") {
		t.Errorf("it doesn't say that the port changed: %s", text)
	}
}

func TestASecretAccessKeyInTheValueIsToldAndLeftOut(t *testing.T) {
	s := newStage(t)
	id := s.written(`{"username":"U!","password":"P!","note":"K!","team":"mail"}`, region)
	if text := said(s.comes(tick, rotation.Waiting)); !strings.Contains(text, "SecretKeyInValue") ||
		!strings.Contains(text, "as note") {
		t.Errorf("no warning of it: %s", text)
	}
	result := s.comes(rotate, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	value := s.labelled("AWSCURRENT").Value
	if strings.Contains(value, "note") || !strings.Contains(value, `"team":"mail"`) || strings.Contains(value, id) {
		t.Errorf("after %+v, the value is %s", result.Steps, value)
	}
	if text := said(s.comes(tick, rotation.Waiting)); strings.Contains(text, "SecretKeyInValue") {
		t.Errorf("still a warning of it: %s", text)
	}
}

func TestOurValueWithSwappedMembersIsReplacedAndNothingOfItIsTold(t *testing.T) {
	s := newStage(t)
	s.comes(tick, rotation.Rotated, rotation.Create, rotation.Stage, rotation.Verify, rotation.Promote)
	const password = "BIjVcTN2+gkVYbxsBLAOUCd4BFPK9j6yB/XgjpuOI+pZ"
	id := s.world.Keys(user)[0].ID
	s.write(`{"iam_user":"` + user + `","username":"` + password + `","password":"` + id + `"}`)
	result, err := s.after(hour).run(tick)
	if err != nil || result.Outcome != rotation.Rotated {
		t.Errorf("%s, %v", result.Outcome, err)
	}
	if strings.Contains(said(result), password) {
		t.Errorf("the answer has the password: %s", said(result))
	}
}
