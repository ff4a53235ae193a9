package main_test

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/localfunction"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
)

const (
	user   = localfunction.User
	secret = localfunction.Secret
)

// TestTheBuiltFunctionDoesAWholeLife runs the binary under the Runtime API, in real time with short
// periods: first credential, rotation, grace, retirement, deletion, emergency, rollback.
func TestTheBuiltFunctionDoesAWholeLife(t *testing.T) {
	t.Parallel()
	t.Run("on localaws", func(t *testing.T) {
		t.Parallel()
		wholeLife(t, deploy(t), "")
	})
	t.Run("on moto", func(t *testing.T) {
		t.Parallel()
		moto := awstest.Moto(t)
		d := deploy(t)
		wholeLife(t, d, inFrontOf(t, moto, d.World))
	})
}

func deploy(t *testing.T) *localfunction.Deployment {
	t.Helper()
	d, err := localfunction.Start(localfunction.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// life has the built function and what an application sees.
type life struct {
	*process
	world   *localaws.World
	iam     *iam.Client
	secrets *secretsmanager.Client
	// parameters reads the copies.
	parameters *smtpparameter.Client
}

// wholeLife uses the IAM and Secrets Manager at otherURL, if that is set, and the deployment's
// World for everything else.
func wholeLife(t *testing.T, d *localfunction.Deployment, otherURL string) {
	if otherURL != "" {
		d.Env["AWS_ENDPOINT_URL"] = otherURL
	}
	cfg := awstest.Config(d.Env["AWS_ENDPOINT_URL"])
	l := &life{world: d.World, iam: iam.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg),
		parameters: &smtpparameter.Client{Config: cfg, Region: awstest.Region, Endpoint: d.Env["AWS_ENDPOINT_URL"]}}
	if otherURL != "" {
		l.create(t)
	}
	env, err := d.Environ()
	if err != nil {
		t.Fatal(err)
	}
	l.process = startFunction(t, append(slices.Clone(env), "ROTATION_INTERVAL=9s", "PROMOTION_WINDOW=1s",
		"GRACE_PERIOD=2s", "QUARANTINE_PERIOD=1s", "IN_USE_WINDOW=1s", "VERIFY_TIMEOUT=10s",
		"PARAMETER_PATH="+copyPath))
	printed := []*process{l.process}

	l.want(`{}`, rotation.Rotated)
	k1 := l.mailFlows()
	l.want(`{}`, rotation.Waiting)
	l.want(`{"action":"rotate","reason":"a test"}`, rotation.Rotated)
	k2 := l.mailFlows()
	l.keysAre(map[string]string{k1: "Active", k2: "Active"})
	l.wantError(`{"action":"rotate"}`, rotation.RotationBlocked, k1)
	l.want(`{"action":"status"}`, rotation.Reported)
	l.tickUntil(rotation.Retired)
	l.keysAre(map[string]string{k1: "Inactive", k2: "Active"})
	l.tickUntil(rotation.Deleted)
	l.keysAre(map[string]string{k2: "Active"})
	l.tickUntil(rotation.Rotated) // after the rotation interval
	k3 := l.mailFlows()

	// These periods leave no time for a rollback before the previous key's deletion, so the rest of
	// the life has the standard ones.
	l.process = startFunction(t, append(slices.Clone(env), "PARAMETER_PATH="+copyPath))
	printed = append(printed, l.process)
	l.want(`{"action":"rollback"}`, rotation.RolledBack)
	if got := l.mailFlows(); got != k2 {
		t.Errorf("after the rollback AWSCURRENT names %s, want %s", got, k2)
	}
	l.keysAre(map[string]string{k2: "Active", k3: "Active"})
	l.want(`{"action":"emergency","access_key_id":"`+k2+`"}`, rotation.Revoked)
	k4 := l.mailFlows()
	l.keysAre(map[string]string{k4: "Active"})
	l.want(`{"action":"audit"}`, rotation.Reported)
	l.wantError(`{"action":"emergency","access_key_id":"AKIASTRANGER00000000"}`, rotation.RequestError,
		"AKIASTRANGER00000000")

	for _, p := range printed {
		p.stop()
		onlyJSONWithoutSecrets(t, p.output.String(), d.World.Secrets())
	}
}

// create makes the user and the secret, unless the deployment did.
func (l *life) create(t *testing.T) {
	t.Helper()
	_, err := l.iam.CreateUser(t.Context(), &iam.CreateUserInput{UserName: aws.String(user)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.secrets.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String(secret), SecretString: aws.String("{}"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func onlyJSONWithoutSecrets(t *testing.T, output string, secrets []string) {
	t.Helper()
	for _, made := range secrets {
		if strings.Contains(output, made) {
			t.Error("the function printed a secret")
		}
	}
	for line := range strings.Lines(output) {
		if !json.Valid([]byte(line)) {
			t.Errorf("a log line isn't JSON: %s", line)
		}
	}
}

func (l *life) want(event string, outcome rotation.Outcome) {
	l.Helper()
	a := l.invoke(event)
	var result rotation.Result
	if err := json.Unmarshal(a.body, &result); a.errorType != "" || err != nil || result.Outcome != outcome {
		l.Fatalf("%s: want %s, got %s %s", event, outcome, a.errorType, a.body)
	}
}

func (l *life) wantError(event string, errorType rotation.ErrorType, part string) {
	l.Helper()
	if a := l.invoke(event); a.errorType != string(errorType) || !strings.Contains(string(a.body), part) {
		l.Errorf("%s: want %s naming %s, got %s %s", event, errorType, part, a.errorType, a.body)
	}
}

// tickUntil ticks until something happens, and checks that it is the wanted outcome.
func (l *life) tickUntil(outcome rotation.Outcome) {
	l.Helper()
	for range 60 {
		a := l.invoke(`{}`)
		var result rotation.Result
		if err := json.Unmarshal(a.body, &result); a.errorType != "" || err != nil {
			l.Fatalf("tick: %s %s", a.errorType, a.body)
		}
		l.mailFlows()
		if result.Outcome == outcome {
			return
		}
		if result.Outcome != rotation.Waiting {
			l.Fatalf("waiting for %s, got %s", outcome, a.body)
		}
		time.Sleep(300 * time.Millisecond)
	}
	l.Fatalf("no %s after a minute of ticks", outcome)
}

// mailFlows reads the secret as an application does, checks that SES accepts it, and returns the
// access key.
func (l *life) mailFlows() string {
	l.Helper()
	out, err := l.secrets.GetSecretValue(l.Context(),
		&secretsmanager.GetSecretValueInput{SecretId: aws.String(secret), VersionStage: aws.String("AWSCURRENT")})
	if err != nil {
		l.Fatal(err)
	}
	var value credential.Value
	if err := json.Unmarshal([]byte(*out.SecretString), &value); err != nil {
		l.Fatal(err)
	}
	if !l.world.Accepts(awstest.Region, value.Username, value.Password) {
		l.Fatalf("SES doesn't accept what AWSCURRENT holds (%s)", value.Username)
	}
	copies, err := l.parameters.Get(l.Context(), []string{copyPath + "/credential", copyPath + "/password"})
	if err != nil {
		l.Fatal(err)
	}
	if got := copies[copyPath+"/credential"]; string(got.Value) != *out.SecretString || got.Type != "SecureString" {
		l.Errorf("the copy, a %q, isn't what AWSCURRENT holds", got.Type)
	}
	if string(copies[copyPath+"/password"].Value) != value.Password {
		l.Error("the copied password isn't AWSCURRENT's")
	}
	return value.Username
}

func (l *life) keysAre(want map[string]string) {
	l.Helper()
	out, err := l.iam.ListAccessKeys(l.Context(), &iam.ListAccessKeysInput{UserName: aws.String(user)})
	if err != nil {
		l.Fatal(err)
	}
	got := map[string]string{}
	for _, k := range out.AccessKeyMetadata {
		got[*k.AccessKeyId] = string(k.Status)
	}
	for id, status := range want {
		if got[id] != status {
			l.Errorf("access key %s is %q, want %s", id, got[id], status)
		}
	}
	if len(got) != len(want) {
		l.Errorf("keys: %v, want %v", got, want)
	}
}

// inFrontOf serves moto, with world's SMTP for the keys that moto makes.
func inFrontOf(t *testing.T, moto string, world *localaws.World) string {
	t.Helper()
	mirror, err := awstest.Mirror(moto, world)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(mirror)
	t.Cleanup(server.Close)
	return server.URL
}
