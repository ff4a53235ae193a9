package function

import (
	"bytes"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const day = 24 * time.Hour

func TestTheDefaultsAreThePublishedOnes(t *testing.T) {
	env := map[string]string{"SMTP_USER_NAME": "u", "SECRET_ID": "s", "AWS_REGION": "eu-west-1"}
	c, err := parseConfig(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	want := rotation.Policy{
		RotationInterval: 30 * day, GracePeriod: 7 * day, QuarantinePeriod: day, InUseWindow: day,
		PromotionWindow: 15 * time.Minute,
		VerifyTimeout:   2 * time.Minute, Regions: []string{"eu-west-1"},
	}
	if !reflect.DeepEqual(c.policy, want) {
		t.Errorf("policy: %+v, want %+v", c.policy, want)
	}
	if e := c.endpoints[0]; e.Addr() != "email-smtp.eu-west-1.amazonaws.com:587" {
		t.Errorf("endpoint: %s", e.Addr())
	}
}

// TestAWindowThatIsShorterThanWhatIAMTellsIsLogged: such a window is allowed, for tests and for
// people who rely on the grace period. 0 says that by itself.
func TestAWindowThatIsShorterThanWhatIAMTellsIsLogged(t *testing.T) {
	for window, want := range map[string]bool{"": false, "0": false, "1s": true, "59m59s": true, "60m": false,
		"24h": false} {
		var log bytes.Buffer
		env := map[string]string{"SMTP_USER_NAME": "u", "SECRET_ID": "s", "AWS_REGION": "eu-west-1",
			"IN_USE_WINDOW": window}
		f := New(World{Getenv: func(name string) string { return env[name] },
			Log: slog.New(slog.NewTextHandler(&log, nil))})
		f.setUp()
		if f.fault != nil {
			t.Errorf("%s: %v", window, f.fault)
		}
		if got := strings.Contains(log.String(), "IN_USE_WINDOW: "+window+" is too short"); got != want {
			t.Errorf("%q: logged as too short: %v, want %v: %s", window, got, want, &log)
		}
	}
}

func TestVerifyFromIsAnAddressAlone(t *testing.T) {
	for text, want := range map[string]bool{
		"app@example.com": true, "o'neil+tag@mail.example.com": true, "": false, "app": false, "@example.com": false,
		"app@":                  false,
		"App <app@example.com>": false, "app@example.com\r\nRCPT TO:<x@y>": false, "a@b@c": false,
		"app@example.com (comment)": false,
	} {
		if isAddress(text) != want {
			t.Errorf("isAddress(%q) is %v", text, !want)
		}
	}
}

func FuzzEnvironment(f *testing.F) {
	f.Add("7d", "eu-west-1", "localhost:25", "login")
	f.Add("7", "eu-west-1,us-east-1", "eu-west-1=h:1,us-east-1=[::1]:2", "off")
	f.Fuzz(func(t *testing.T, duration, regions, endpoint, verify string) {
		env := map[string]string{
			"SMTP_USER_NAME": "u", "SECRET_ID": "s", "GRACE_PERIOD": duration, "SMTP_REGIONS": regions,
			"AWS_REGION":    "eu-west-1",
			"SMTP_ENDPOINT": endpoint, "VERIFY": verify,
		}
		c, err := parseConfig(func(name string) string { return env[name] })
		if err == nil && (len(c.endpoints) == 0 || len(c.endpoints) != len(c.policy.Regions) ||
			c.policy.GracePeriod < 0) {
			t.Fatalf("%v is %+v", env, c)
		}
	})
}
