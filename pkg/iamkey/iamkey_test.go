package iamkey_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamkey"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const user = "smtp-sender"

// TestKeysFulfilRotationsContract runs the conformance suite of rotation.Keys.
func TestKeysFulfilRotationsContract(t *testing.T) {
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		client := iam.NewFromConfig(cfg)
		if _, err := client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String(user)}); err != nil {
			t.Fatal(err)
		}
		keysFulfilTheContract(t, client)
	})
	t.Run("on localaws, without the wire", func(t *testing.T) {
		world := localaws.New(localaws.Config{})
		world.CreateUser(user)
		keysFulfilTheContract(t, world.IAM())
	})
}

func keysFulfilTheContract(t *testing.T, client iamkey.API) {
	ctx := t.Context()
	keys := &iamkey.Keys{API: client, User: user}

	none, err := keys.List(ctx)
	if err != nil || len(none) != 0 {
		t.Fatalf("a new user's keys: %v, %v", none, err)
	}
	first, secret, err := keys.Create(ctx)
	if err != nil || first.ID == "" || first.Status != rotation.Active || first.Created.IsZero() || len(secret) != 40 {
		t.Fatalf("created: %+v, a secret of %d characters, %v", first, len(secret), err)
	}
	if used, err := keys.LastUsed(ctx, first.ID); err != nil || !used.IsZero() {
		t.Errorf("a new key's last use: %v, %v", used, err)
	}
	second, _, err := keys.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := keys.Create(ctx); rotation.TypeOf(err) != rotation.Conflict {
		t.Errorf("a third key: want a Conflict, got %v", err)
	}
	for range 2 { // idempotent
		if err := keys.SetStatus(ctx, second.ID, rotation.Inactive); err != nil {
			t.Fatal(err)
		}
	}
	listed, err := keys.List(ctx)
	if err != nil || len(listed) != 2 {
		t.Fatalf("listed: %v, %v", listed, err)
	}
	for _, k := range listed {
		if want := map[string]rotation.KeyStatus{first.ID: rotation.Active,
			second.ID: rotation.Inactive}[k.ID]; k.Status != want {
			t.Errorf("%s is %s, want %s", k.ID, k.Status, want)
		}
		if k.Created.IsZero() {
			t.Errorf("%s has no creation date", k.ID)
		}
	}
	for range 2 { // gone is no error
		if err := keys.Delete(ctx, second.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := keys.SetStatus(ctx, second.ID, rotation.Active); rotation.TypeOf(err) != rotation.Conflict {
		t.Errorf("status of a key that is gone: want a Conflict, got %v", err)
	}
	if _, err := keys.LastUsed(ctx, second.ID); rotation.TypeOf(err) != rotation.Conflict {
		t.Errorf("last use of a key that is gone: want a Conflict, got %v", err)
	}
	for setting, want := range map[string]string{"": "user nobody: ", "THE_USER": "user nobody (THE_USER): "} {
		nobody := &iamkey.Keys{API: client, User: "nobody", UserFrom: setting}
		_, err := nobody.List(ctx)
		if rotation.TypeOf(err) != rotation.ConfigurationError || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("keys of a user that doesn't exist: %v, want %q", err, want)
		}
	}
}

// A policy that allows the action on the user doesn't cover a key without a user, and nobody has
// recorded IAM's text for that. Whatever the text, the list decides, or the key that the text
// names.
func TestADeniedLastUseIsAStaleListOrAMissingPermission(t *testing.T) {
	const ofUser = "user smtp-sender"
	const denied = "User: arn:aws:sts::123456789012:assumed-role/rotator/function is not authorized to perform: " +
		"iam:GetAccessKeyLastUsed on resource: "
	const noPolicy = " because no identity-based policy allows the iam:GetAccessKeyLastUsed action"
	for name, c := range map[string]struct {
		text string // KEY stands for the key's ID
		gone bool
		want rotation.ErrorType
	}{
		"the permission is missing":                {denied + ofUser + noPolicy, false, rotation.AccessDenied},
		"it is explicitly denied":                  {denied + ofUser + ", explicitly", false, rotation.AccessDenied},
		"gone, and the text names no key":          {denied + "*" + noPolicy, true, rotation.Conflict},
		"gone, and the text names the key":         {denied + "access key KEY" + noPolicy, true, rotation.Conflict},
		"still listed, and the text names the key": {denied + "access key KEY", false, rotation.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			world := localaws.New(localaws.Config{})
			world.CreateUser(user)
			id, _, err := world.CreateAccessKey(user)
			if err != nil {
				t.Fatal(err)
			}
			if c.gone {
				world.DeleteAccessKey(id)
			}
			world.Intercept(func(call localaws.Call) *localaws.Fault {
				if call.Action != "GetAccessKeyLastUsed" {
					return nil
				}
				return &localaws.Fault{Code: "AccessDenied", Message: strings.ReplaceAll(c.text, "KEY", id)}
			})
			keys := &iamkey.Keys{API: world.IAM(), User: user}
			_, err = keys.LastUsed(t.Context(), id)
			text := fmt.Sprint(err)
			if rotation.TypeOf(err) != c.want || !strings.Contains(text, strings.ReplaceAll(c.text, "KEY", id)) ||
				!strings.Contains(text, "user smtp-sender, access key "+id+": ") {
				t.Errorf("want %s, got %s: %s", c.want, rotation.TypeOf(err), text)
			}
			if hint := strings.Contains(text, "the permission is missing"); hint != (c.want == rotation.Conflict) {
				t.Errorf("says what else it may be: %v: %s", hint, text)
			}
		})
	}
}

func TestAListThatIsDeniedAsWellIsAMissingPermission(t *testing.T) {
	world := localaws.New(localaws.Config{})
	world.CreateUser(user)
	id, _, _ := world.CreateAccessKey(user)
	world.Intercept(func(localaws.Call) *localaws.Fault { return &localaws.Fault{Code: "AccessDenied", Message: "no"} })
	if _, err := (&iamkey.Keys{API: world.IAM(), User: user}).LastUsed(t.Context(), id); rotation.TypeOf(err) !=
		rotation.AccessDenied {
		t.Error(err)
	}
}

func TestCreateAccessKeyIsNeverTriedAgain(t *testing.T) {
	for name, fault := range map[string]localaws.Fault{
		"throttled":       {Status: http.StatusBadRequest, Code: "Throttling", Message: "Rate exceeded"},
		"server error":    {Status: http.StatusInternalServerError, Code: "ServiceFailure"},
		"answer lost":     {After: true, Drop: true},
		"connection lost": {Drop: true},
	} {
		t.Run(name, func(t *testing.T) {
			world, err := localaws.Start(localaws.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer world.Close()
			world.CreateUser(user)
			world.Intercept(func(localaws.Call) *localaws.Fault { return &fault })
			keys := &iamkey.Keys{API: iam.NewFromConfig(awstest.Config(world.URL())), User: user}
			if _, _, err := keys.Create(t.Context()); rotation.TypeOf(err) != rotation.AWSError {
				t.Errorf("want an AWSError, got %v", err)
			}
			if n := len(world.Calls()); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}
