package smtpsecret_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

const name = "smtp/credential"

var endpoints = []sessmtp.Endpoint{
	{Region: "eu-west-1", Host: "email-smtp.eu-west-1.amazonaws.com", Port: 587},
	{Region: "us-east-1", Host: "email-smtp.us-east-1.amazonaws.com", Port: 465},
}

func logins(keyID string) []sessmtp.Login {
	var all []sessmtp.Login
	for _, e := range endpoints {
		all = append(all, sessmtp.Login{Endpoint: e, Username: keyID,
			Password: sessmtp.DerivePassword("secret of "+sessmtp.SecretAccessKey(keyID), e.Region)})
	}
	return all
}

func read(t *testing.T, s *smtpsecret.Secret, label rotation.Label) rotation.Version {
	t.Helper()
	v, err := s.Read(t.Context(), label)
	if err != nil || v == nil {
		t.Fatalf("reading %s: %v, %v", label, v, err)
	}
	return *v
}

// TestSecretFulfilsRotationsContract runs the conformance suite of rotation.Secret.
func TestSecretFulfilsRotationsContract(t *testing.T) {
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		client := secretsmanager.NewFromConfig(cfg)
		secretFulfilsTheContract(t, client, func(name string, value *string) {
			t.Helper()
			if _, err := client.CreateSecret(t.Context(),
				&secretsmanager.CreateSecretInput{Name: &name, SecretString: value}); err != nil {
				t.Fatal(err)
			}
		})
	})
	t.Run("on localaws, without the wire", func(t *testing.T) {
		world := localaws.New(localaws.Config{})
		secretFulfilsTheContract(t, world.SecretsManager(), func(name string, value *string) {
			world.CreateSecret(name, aws.ToString(value))
		})
	})
}

func secretFulfilsTheContract(t *testing.T, client smtpsecret.API, create func(name string, value *string)) {
	ctx := t.Context()
	create(name, aws.String("{}"))
	s := &smtpsecret.Secret{API: client, ID: name, User: "smtp-sender", Endpoints: endpoints}

	blank := read(t, s, rotation.Current)
	if !blank.Blank || blank.AccessKeyID() != "" {
		t.Fatalf("{}: %+v", blank)
	}
	if v, err := s.Read(ctx, rotation.Pending); v != nil || err != nil {
		t.Fatalf("a label that no version has: %v, %v", v, err)
	}

	// staging leaves AWSCURRENT alone; trying again writes the same version
	at := time.Now()
	staged, err := s.Stage(ctx, blank, logins("AKIAFIRST00000000000"), at)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Stage(ctx, blank, logins("AKIAFIRST00000000000"), at)
	if err != nil || again.ID != staged.ID {
		t.Errorf("trying again: version %s, then %s, %v", staged.ID, again.ID, err)
	}
	if got := read(t, s, rotation.Current); got.ID != blank.ID {
		t.Fatal("staging moved AWSCURRENT")
	}
	pending := read(t, s, rotation.Pending)
	if pending.ID != staged.ID || pending.AccessKeyID() != "AKIAFIRST00000000000" || len(pending.Logins) != 2 ||
		pending.Outdated {
		t.Errorf("pending: %+v", pending)
	}

	// promotion is a compare-and-swap, and AWSPENDING travels with AWSCURRENT
	if err := s.Move(ctx, rotation.Current, blank.ID, staged.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.Move(ctx, rotation.Current, blank.ID, staged.ID); err != nil {
		t.Errorf("a move whose first answer was lost: %v", err)
	}
	current := read(t, s, rotation.Current)
	if current.ID != staged.ID || fmt.Sprint(current.Logins) != fmt.Sprint(pending.Logins) || len(current.Labels) != 2 {
		t.Errorf("current: %+v", current)
	}
	if got := read(t, s, rotation.Previous); got.ID != blank.ID {
		t.Error("AWSPREVIOUS didn't follow")
	}
	second, err := s.Stage(ctx, current, logins("AKIASECOND0000000000"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Move(ctx, rotation.Current, blank.ID, second.ID); rotation.TypeOf(err) != rotation.Conflict {
		t.Errorf("a move from where the label isn't: want a Conflict, got %v", err)
	}
	if got := read(t, s, rotation.Current); got.ID != current.ID {
		t.Error("a refused move moved AWSCURRENT")
	}

	// the same content again is a new version; taking AWSPENDING off puts it where AWSCURRENT is
	restaged, err := s.Restage(ctx, current, current, time.Now())
	if err != nil || restaged.ID == current.ID || restaged.AccessKeyID() != current.AccessKeyID() {
		t.Fatalf("restaged: %+v, %v", restaged, err)
	}
	if err := s.Move(ctx, rotation.Pending, restaged.ID, current.ID); err != nil {
		t.Fatal(err)
	}
	if got := read(t, s, rotation.Pending); got.ID != current.ID {
		t.Error("AWSPENDING isn't with AWSCURRENT")
	}

	// versions that lost their labels still tell which keys were ours
	for id, want := range map[string]bool{"AKIASECOND0000000000": true, "AKIANEVER00000000000": false} {
		if found, err := s.Find(ctx, id); err != nil || (found != nil) != want || want && found.AccessKeyID() != id {
			t.Errorf("%s named by a version: %v, %v; want %v", id, found, err, want)
		}
	}

	// no secret, and a secret without a version
	for setting, want := range map[string]string{"": "secret no/such: ",
		"THE_SECRET": "secret no/such (THE_SECRET): "} {
		missing := &smtpsecret.Secret{API: client, ID: "no/such", IDFrom: setting, User: "u", Endpoints: endpoints}
		_, err := missing.Read(ctx, rotation.Current)
		if rotation.TypeOf(err) != rotation.ConfigurationError || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("a secret that doesn't exist: %v, want %q", err, want)
		}
	}
	create("empty", nil)
	empty := &smtpsecret.Secret{API: client, ID: "empty", User: "u", Endpoints: endpoints}
	if v, err := empty.Read(ctx, rotation.Current); v != nil || err != nil {
		t.Errorf("a secret without a version: %v, %v", v, err)
	}
	if _, err := empty.Stage(ctx, rotation.Version{}, logins("AKIAFIRST00000000000"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if got := read(t, empty, rotation.Current); !got.Blank {
		t.Error("the first version of an empty secret became AWSCURRENT unverified")
	}
}

func TestTheValueHasThePublishedForm(t *testing.T) {
	world, s := newSecret(t, `{}`)
	v := read(t, s, rotation.Current)
	if _, err := s.Stage(t.Context(), v, logins("AKIAFIRST00000000000"), time.Now()); err != nil {
		t.Fatal(err)
	}
	stored, _ := world.Labelled(name, "AWSPENDING")
	p := logins("AKIAFIRST00000000000")
	escaped := strings.NewReplacer("/", "%2F", "+", "%2B", "=", "%3D").Replace(string(p[0].Password))
	want := fmt.Sprintf(`{"username":"AKIAFIRST00000000000","password":"%s","host":"email-smtp.eu-west-1.amazonaws.com","port":587,`+
		`"region":"eu-west-1","url":"smtp://AKIAFIRST00000000000:%s@email-smtp.eu-west-1.amazonaws.com:587",`+
		`"smtps_url":"smtps://AKIAFIRST00000000000:%s@email-smtp.eu-west-1.amazonaws.com:465","iam_user":"smtp-sender",`+
		`"regions":{"eu-west-1":{"host":"email-smtp.eu-west-1.amazonaws.com","port":587,"password":"%s"},`+
		`"us-east-1":{"host":"email-smtp.us-east-1.amazonaws.com","port":465,"password":"%s"}}}`, string(p[0].Password),
		escaped, escaped, string(p[0].Password), string(p[1].Password))
	if stored.Value != want {
		t.Errorf("stored:\n%s\nwant:\n%s", stored.Value, want)
	}
}

func TestWhatPeopleAddedIsKept(t *testing.T) {
	world, s := newSecret(t, `{"iam_user":"smtp-sender","username":"AKIAOLD0000000000000","password":"p","owner":{"team":"mail","n":1.50},
		"a\"b":[1],"regions":{"eu-west-1":{"host":"h","port":25,"password":"q","note":"for the printers"}}}`)
	if _, err := s.Stage(t.Context(), read(t, s, rotation.Current), logins("AKIANEW0000000000000"),
		time.Now()); err != nil {
		t.Fatal(err)
	}
	stored, _ := world.Labelled(name, "AWSPENDING")
	for _, part := range []string{`"owner":{"team":"mail","n":1.50}`, `"a\"b":[1]`, `"note":"for the printers"`} {
		if !strings.Contains(stored.Value, part) {
			t.Errorf("%s is gone: %s", part, stored.Value)
		}
	}
	if strings.Contains(stored.Value, "AKIAOLD") || strings.Contains(stored.Value, `"host":"h"`) {
		t.Errorf("something of the old credential is left: %s", stored.Value)
	}
	if !json.Valid([]byte(stored.Value)) {
		t.Errorf("not JSON: %s", stored.Value)
	}
}

func TestAVersionCantBePrintedWithItsPassword(t *testing.T) {
	_, s := newSecret(t, `{"username":"AKIAOLD0000000000000","password":"the-password"}`)
	v := read(t, s, rotation.Current)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		if text := fmt.Sprintf(format, v); strings.Contains(text, "the-password") {
			t.Errorf("%s prints it: %s", format, text)
		}
	}
	if text, err := json.Marshal(v); err != nil || strings.Contains(string(text), "the-password") {
		t.Errorf("JSON prints it: %s, %v", text, err)
	}
}

func TestANameThatNoSecretCanHaveIsAConfigurationError(t *testing.T) {
	_, s := newSecret(t, `{}`)
	v := read(t, s, rotation.Current)
	for _, bad := range []string{"Inv Name", "mail:smtp", "caf\u00e9"} {
		s.ID, s.IDFrom = bad, "SECRET_ID"
		_, readErr := s.Read(t.Context(), rotation.Current)
		_, findErr := s.Find(t.Context(), "AKIAFIRST00000000000")
		_, stageErr := s.Stage(t.Context(), v, logins("AKIAFIRST00000000000"), time.Now())
		_, restageErr := s.Restage(t.Context(), v, v, time.Now())
		moveErr := s.Move(t.Context(), rotation.Current, v.ID, v.ID)
		for action, err := range map[string]error{"GetSecretValue": readErr, "ListSecretVersionIds": findErr,
			"PutSecretValue": stageErr, "PutSecretValue ": restageErr, "UpdateSecretVersionStage": moveErr} {
			want := "secretsmanager:" + strings.TrimSpace(action) + " on secret " + bad + " (SECRET_ID): no secret " +
				"can have this name; give a name of 1 to 512 letters, digits and -/_+=.@! or an ARN"
			if rotation.TypeOf(err) != rotation.ConfigurationError || !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("%q: %s: %v", bad, rotation.TypeOf(err), err)
			}
		}
	}
}

func TestAnotherInvalidParameterIsNotTheNames(t *testing.T) {
	world, s := newSecret(t, `{}`)
	for member, want := range map[string]rotation.ErrorType{
		"secretString": rotation.AWSError, "secretId": rotation.ConfigurationError,
	} {
		world.Intercept(func(localaws.Call) *localaws.Fault {
			return &localaws.Fault{Code: "ValidationException",
				Message: "1 validation error detected: Value at '" + member + "' failed to satisfy constraint"}
		})
		if _, err := s.Read(t.Context(), rotation.Current); rotation.TypeOf(err) != want {
			t.Errorf("%s: %v", member, err)
		}
	}
}

// The SDK treats LimitExceededException as throttling. Secrets Manager uses it if a quota of the
// secret is used up ("PutSecretValue", Secrets Manager API reference).
func TestAUsedUpQuotaIsARefusalAndNotTriedAgain(t *testing.T) {
	world, s := newSecret(t, `{}`)
	v := read(t, s, rotation.Current)
	world.Intercept(func(c localaws.Call) *localaws.Fault {
		return &localaws.Fault{Code: "LimitExceededException", Message: "too many"}
	})
	_, stageErr := s.Stage(t.Context(), v, logins("AKIAFIRST00000000000"), time.Now())
	moveErr := s.Move(t.Context(), rotation.Pending, "", v.ID)
	for _, err := range []error{stageErr, moveErr} {
		failure, ok := errors.AsType[*rotation.Error](err)
		if !ok || !failure.Refused || failure.Type != rotation.RotationBlocked ||
			!strings.Contains(err.Error(), "100 versions") || !strings.Contains(err.Error(), "20 labels") {
			t.Errorf("%+v: %v", failure, err)
		}
	}
	calls := map[string]int{}
	for _, c := range world.Calls() {
		calls[c.Action]++
	}
	if calls["PutSecretValue"] != 1 || calls["UpdateSecretVersionStage"] != 1 {
		t.Errorf("calls: %v", calls)
	}
}

func TestThrottlingIsTriedAgain(t *testing.T) {
	world, s := newSecret(t, `{}`)
	v := read(t, s, rotation.Current)
	tries := 0
	world.Intercept(func(c localaws.Call) *localaws.Fault {
		if tries++; tries > 1 {
			return nil
		}
		return &localaws.Fault{Code: "ThrottlingException", Message: "Rate exceeded"}
	})
	if _, err := s.Stage(t.Context(), v, logins("AKIAFIRST00000000000"), time.Now()); err != nil || tries != 2 {
		t.Errorf("%d tries, %v", tries, err)
	}
}

func TestAValueThatCannotBeWrittenIsARefusal(t *testing.T) {
	_, s := newSecret(t, `{}`)
	_, err := s.Stage(t.Context(), read(t, s, rotation.Current), nil, time.Now())
	if failure, ok := errors.AsType[*rotation.Error](err); !ok || !failure.Refused {
		t.Errorf("%v", err)
	}
}

func newSecret(t *testing.T, value string) (*localaws.World, *smtpsecret.Secret) {
	t.Helper()
	world, err := localaws.Start(localaws.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	world.CreateSecret(name, value)
	return world, &smtpsecret.Secret{API: secretsmanager.NewFromConfig(awstest.Config(world.URL())),
		ID: name, User: "smtp-sender", Endpoints: endpoints}
}
