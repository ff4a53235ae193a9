package localaws_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// awsCLI runs the AWS CLI against a World.
func awsCLI(t *testing.T, w *localaws.World, args ...string) (map[string]any, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "aws", append(args, "--output", "json")...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	cmd.Env = append(cmd.Env, "AWS_ENDPOINT_URL="+w.URL(), "AWS_DEFAULT_REGION=eu-west-1",
		"AWS_ACCESS_KEY_ID=AKIDANYONE", "AWS_SECRET_ACCESS_KEY=anything", "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1",
		"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	t.Logf("aws %s: %s%s", strings.Join(args, " "), out, stderr.String())
	if err != nil {
		return map[string]any{"stderr": stderr.String()}, err
	}
	answer := map[string]any{}
	if len(out) > 0 {
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatalf("aws %v: %v", args, err)
		}
	}
	return answer, nil
}

func TestTheAWSCLIHandlesParameters(t *testing.T) {
	whole.Only(t, "starts the AWS CLI seven times")
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI isn't installed:", err)
	}
	w := start(t, localaws.Config{})
	put := []string{"ssm", "put-parameter", "--name", "/mail/smtp", "--type", "SecureString", "--value", "one"}
	must(awsCLI(t, w, put...))(t)
	failed, err := awsCLI(t, w, put...)
	if text, _ := failed["stderr"].(string); err == nil || !strings.Contains(text, "(ParameterAlreadyExists)") ||
		!strings.Contains(text, "To overwrite this value, set the overwrite option") {
		t.Errorf("got %v", failed)
	}
	if again := must(awsCLI(t, w, append(put, "--overwrite")...))(t); again["Version"] != 2.0 {
		t.Errorf("overwritten: %v", again)
	}
	got := must(awsCLI(t, w, "ssm", "get-parameters", "--names", "/mail/smtp", "/mail/none", "--with-decryption"))(t)
	parameters, _ := got["Parameters"].([]any)
	missing, _ := got["InvalidParameters"].([]any)
	if len(parameters) != 1 || parameters[0].(map[string]any)["Value"] != "one" || len(missing) != 1 {
		t.Errorf("got %v", got)
	}
	past := must(awsCLI(t, w, "ssm", "get-parameter-history", "--name", "/mail/smtp"))(t)
	if versions, _ := past["Parameters"].([]any); len(versions) != 2 {
		t.Errorf("history is %v", past)
	}
	gone := must(awsCLI(t, w, "ssm", "delete-parameters", "--names", "/mail/smtp", "/mail/none"))(t)
	if deleted, _ := gone["DeletedParameters"].([]any); len(deleted) != 1 || w.Parameters() != nil {
		t.Errorf("deleted: %v", gone)
	}
	failed, err = awsCLI(t, w, "ssm", "get-parameter", "--name", "/mail/smtp")
	if text, _ := failed["stderr"].(string); err == nil || !strings.Contains(text, "(ParameterNotFound)") {
		t.Errorf("got %v", failed)
	}
}

func TestTheAWSCLIWorks(t *testing.T) {
	whole.Only(t, "starts the AWS CLI fifteen times")
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI isn't installed:", err)
	}
	w := start(t, localaws.Config{})
	must(awsCLI(t, w, "iam", "create-user", "--user-name", "sender"))(t)
	must(awsCLI(t, w, "iam", "create-access-key", "--user-name", "sender"))(t)
	listed := must(awsCLI(t, w, "iam", "list-access-keys", "--user-name", "sender"))(t)
	if keys, _ := listed["AccessKeyMetadata"].([]any); len(keys) != 1 {
		t.Errorf("listed %v", listed)
	}
	id := w.Keys("sender")[0].ID
	used := must(awsCLI(t, w, "iam", "get-access-key-last-used", "--access-key-id", id))(t)
	if last, _ := used["AccessKeyLastUsed"].(map[string]any); last["ServiceName"] != "N/A" ||
		last["LastUsedDate"] != nil {
		t.Errorf("last used is %v", used)
	}
	key := []string{"--user-name", "sender", "--access-key-id", id}
	must(awsCLI(t, w, append([]string{"iam", "update-access-key", "--status", "Inactive"}, key...)...))(t)
	must(awsCLI(t, w, append([]string{"iam", "delete-access-key"}, key...)...))(t)
	must(awsCLI(t, w, "iam", "delete-user", "--user-name", "sender"))(t)

	const secrets = "secretsmanager"
	must(awsCLI(t, w, secrets, "create-secret", "--name", "mail", "--secret-string", "{}"))(t)
	put := must(awsCLI(t, w, secrets, "put-secret-value", "--secret-id", "mail", "--secret-string", "two",
		"--version-stages", "AWSPENDING"))(t)
	now, _ := w.Labelled("mail", "AWSCURRENT")
	must(awsCLI(t, w, secrets, "update-secret-version-stage", "--secret-id", "mail", "--version-stage", "AWSCURRENT",
		"--move-to-version-id", put["VersionId"].(string), "--remove-from-version-id", now.ID))(t)
	if got := must(awsCLI(t, w, secrets, "get-secret-value", "--secret-id", "mail"))(t); got["SecretString"] != "two" {
		t.Errorf("got %v", got)
	}
	must(awsCLI(t, w, secrets, "describe-secret", "--secret-id", "mail"))(t)
	must(awsCLI(t, w, secrets, "list-secret-version-ids", "--secret-id", "mail"))(t)
	must(awsCLI(t, w, secrets, "delete-secret", "--secret-id", "mail"))(t)
	failed, err := awsCLI(t, w, secrets, "get-secret-value", "--secret-id", "mail")
	if text, _ := failed["stderr"].(string); err == nil || !strings.Contains(text, "marked for deletion") {
		t.Errorf("got %v", failed)
	}
}
