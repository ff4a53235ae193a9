package sessmtp_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

const hush = "aVerySecretThing+/="

// reveals reports whether a text contains the secret in any form that encoders give it.
func reveals(text string) bool {
	for _, form := range []string{
		hush,
		hex.EncodeToString([]byte(hush)),
		strings.ToUpper(hex.EncodeToString([]byte(hush))),
		base64.StdEncoding.EncodeToString([]byte(hush)),
		strings.Trim(fmt.Sprint([]byte(hush)), "[]"),
		"aVerySecretThing",
	} {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

// holders are values that careless code may print.
func holders() map[string]any {
	key, password := sessmtp.SecretAccessKey(hush), sessmtp.Password(hush)
	login := sessmtp.Login{Username: "AKIAEXAMPLE", Password: password}
	return map[string]any{
		"key": key, "password": password, "pointer": &key, "pointer to password": &password,
		"login": login, "pointer to login": &login, "logins": []sessmtp.Login{login},
		"map":    map[string]sessmtp.Password{"eu-west-1": password},
		"struct": struct{ Key sessmtp.SecretAccessKey }{key},
		"any":    []any{key, password},
	}
}

func TestFmtNeverPrintsASecret(t *testing.T) {
	for name, value := range holders() {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%#q", "%x", "%X", "% x", "%d", "%U", "%10.3s"} {
			if text := fmt.Sprintf(verb, value); reveals(text) {
				t.Errorf("%s with %s: %s", name, verb, text)
			}
		}
		if text := fmt.Sprintln(value); reveals(text) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestLogsNeverHoldASecret(t *testing.T) {
	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&out, nil), slog.NewTextHandler(&out, nil)} {
		for name, value := range holders() {
			slog.New(handler).Info("test", name, value, slog.Group("group", name, value))
			slog.New(handler).With(name, value).Info("test")
		}
	}
	if text := out.String(); reveals(text) || !strings.Contains(text, "[redacted]") {
		t.Error(text)
	}
}

func TestJSONNeverHoldsASecret(t *testing.T) {
	for name, value := range holders() {
		text, err := json.MarshalIndent(value, "", " ")
		if err != nil || reveals(string(text)) || !strings.Contains(string(text), "[redacted]") {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

func TestErrorsNeverHoldASecret(t *testing.T) {
	for name, value := range holders() {
		err := errors.Join(fmt.Errorf("deriving: %v", value), fmt.Errorf("deriving: %q", value))
		if reveals(err.Error()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMethodsCalledByHandRedactToo(t *testing.T) {
	key, password := sessmtp.SecretAccessKey(hush), sessmtp.Password(hush)
	keyText, _ := key.MarshalText()
	passwordText, _ := password.MarshalText()
	for _, text := range []string{
		key.String(), key.GoString(), key.LogValue().String(), string(keyText),
		password.String(), password.GoString(), password.LogValue().String(), string(passwordText),
	} {
		if text != "[redacted]" {
			t.Error(text)
		}
	}
}

func TestOnlyAConversionRevealsASecret(t *testing.T) {
	if string(sessmtp.SecretAccessKey(hush)) != hush || string(sessmtp.Password(hush)) != hush {
		t.Error("the conversion doesn't reveal the secret")
	}
}
