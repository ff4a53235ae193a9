package localaws_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

var mailSecret = aws.String("mail/smtp")

func TestASecretIsFoundByNameAndByARN(t *testing.T) {
	w := start(t, localaws.Config{})
	client := secretsClient(t, w)
	created := must(client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: mailSecret, SecretString: aws.String("{}"),
	}))(t)
	arn := *created.ARN
	if !strings.HasPrefix(arn, "arn:aws:secretsmanager:eu-west-1:123456789012:secret:mail/smtp-") {
		t.Errorf("ARN is %s", arn)
	}
	for _, id := range []string{"mail/smtp", arn, arn[:len(arn)-7]} {
		got := must(client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &id}))(t)
		if *got.SecretString != "{}" || *got.VersionId != *created.VersionId || !got.CreatedDate.Equal(epoch) {
			t.Errorf("%s: got %+v", id, got)
		}
		if !reflect.DeepEqual(got.VersionStages, []string{"AWSCURRENT"}) {
			t.Errorf("%s: labels are %v", id, got.VersionStages)
		}
	}
	_, err := client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: mailSecret})
	wantRefusal(t, err, "ResourceExistsException", "The operation failed because the secret mail/smtp already exists.")
}

func TestASecretWithoutAValueIsToldFromNoSecret(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "")
	client := secretsClient(t, w)
	_, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: mailSecret})
	wantRefusal(t, err, "ResourceNotFoundException",
		"Secrets Manager can't find the specified secret value for staging label: AWSCURRENT")
	described := must(client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: mailSecret}))(t)
	if len(described.VersionIdsToStages) != 0 {
		t.Errorf("versions %v", described.VersionIdsToStages)
	}
	_, err = client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: aws.String("none")})
	wantRefusal(t, err, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

func TestTheFirstVersionIsCurrentWhateverIsAskedFor(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "")
	put := must(secretsClient(t, w).PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: mailSecret, SecretString: aws.String("one"), VersionStages: []string{"AWSPENDING"},
	}))(t)
	if !reflect.DeepEqual(put.VersionStages, []string{"AWSCURRENT", "AWSPENDING"}) {
		t.Errorf("labels are %v", put.VersionStages)
	}
}

func TestATokenNamesAVersionAndItsContent(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "{}")
	client := secretsClient(t, w)
	token := aws.String(strings.Repeat("t", 32))
	put := func(value string, token *string, labels ...string) (*secretsmanager.PutSecretValueOutput, error) {
		return client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
			SecretId: mailSecret, SecretString: &value, ClientRequestToken: token, VersionStages: labels,
		})
	}
	for range 2 {
		if out := must(put("one", token, "AWSPENDING"))(t); *out.VersionId != *token {
			t.Errorf("version ID is %s", *out.VersionId)
		}
	}
	if versions := w.Versions("mail/smtp"); len(versions) != 2 {
		t.Errorf("versions are %+v", versions)
	}
	_, err := put("two", token, "AWSPENDING")
	wantRefusal(t, err, "ResourceExistsException", "")
	_, err = put("two", aws.String("short"), "AWSPENDING")
	wantRefusal(t, err, "InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
}

func TestALabelSitsOnOneVersionAndPreviousFollowsCurrent(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "one")
	client := secretsClient(t, w)
	first, _ := w.Labelled("mail/smtp", "AWSCURRENT")
	second := must(w.PutSecretValue("mail/smtp", "two"))(t)
	third := must(w.PutSecretValue("mail/smtp", "three"))(t)
	described := must(client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: mailSecret}))(t)
	want := map[string][]string{third: {"AWSCURRENT"}, second: {"AWSPREVIOUS"}}
	if !reflect.DeepEqual(described.VersionIdsToStages, want) {
		t.Errorf("labels are %v, want %v", described.VersionIdsToStages, want)
	}
	list := &secretsmanager.ListSecretVersionIdsInput{SecretId: mailSecret}
	if labelled := must(client.ListSecretVersionIds(t.Context(), list))(t); len(labelled.Versions) != 2 {
		t.Errorf("labelled versions are %+v", labelled.Versions)
	}
	list.IncludeDeprecated, list.MaxResults = aws.Bool(true), aws.Int32(2)
	all := must(client.ListSecretVersionIds(t.Context(), list))(t)
	if len(all.Versions) != 2 || *all.Versions[0].VersionId != first.ID || all.NextToken == nil {
		t.Errorf("first page of all versions is %+v", all)
	}
	list.NextToken = all.NextToken
	if rest := must(client.ListSecretVersionIds(t.Context(), list))(t); len(rest.Versions) != 1 ||
		rest.NextToken != nil {
		t.Errorf("second page of all versions is %+v", rest)
	}
}

// The recording is localstack's test_update_secret_version_stages_current_pending of 2022-09-28,
// which ran against Secrets Manager.
func TestAPutThatTakesAWSCURRENTTakesAWSPENDINGOff(t *testing.T) {
	s := newStaged(t)
	if err := s.move("AWSCURRENT", s.pending, s.current); err != nil {
		t.Fatal(err)
	}
	third := must(s.PutSecretValue("mail/smtp", "three"))(t)
	s.wantOn(t, "AWSCURRENT", third)
	s.wantOn(t, "AWSPREVIOUS", s.pending)
	s.wantOn(t, "AWSPENDING", "")

	pending := must(s.PutSecretValue("mail/smtp", "four", "AWSPENDING"))(t)
	must(s.PutSecretValue("mail/smtp", "five", "AWSCURRENT", "MINE"))(t)
	s.wantOn(t, "AWSPENDING", pending) // it wasn't on the version that AWSCURRENT left
}

// The recording is localstack's test_invalid_secret_name of 2022-09-28, which ran against Secrets
// Manager.
func TestANameThatNoSecretMayHaveIsSaidToBeInvalid(t *testing.T) {
	w := start(t, localaws.Config{})
	client, ctx := secretsClient(t, w), t.Context()
	for _, name := range []string{"Inv Name", " Inv Name", " Inv*Name? ", " Inv *?!]Name\\-", "mail:smtp"} {
		id := aws.String(name)
		_, described := client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: id})
		_, got := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: id})
		_, listed := client.ListSecretVersionIds(ctx, &secretsmanager.ListSecretVersionIdsInput{SecretId: id})
		_, put := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: id, SecretString: id})
		_, moved := client.UpdateSecretVersionStage(ctx, &secretsmanager.UpdateSecretVersionStageInput{SecretId: id,
			VersionStage: aws.String("X"), MoveToVersionId: aws.String(strings.Repeat("v", 32))})
		_, deleted := client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: id,
			ForceDeleteWithoutRecovery: aws.Bool(true)})
		for _, err := range []error{described, got, listed, put, moved, deleted} {
			wantRefusal(t, err, "ValidationException", "Invalid name. Must be a valid name containing alphanumeric "+
				"characters, or any of the following: -/_+=.@!")
		}
	}
	_, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{
		SecretId: aws.String("arn:aws:secretsmanager:eu-west-1:123456789012:secret:none-AbCdEf")})
	wantRefusal(t, err, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

func TestASecretHasAHundredVersionsAndKeepsTheYoungOnes(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "one")
	first, _ := w.Labelled("mail/smtp", "AWSCURRENT")
	for range 98 {
		must(w.PutSecretValue("mail/smtp", "more"))(t)
	}
	must(w.PutSecretValue("mail/smtp", "last", "AWSPENDING"))(t)
	client := secretsClient(t, w)
	in := &secretsmanager.PutSecretValueInput{SecretId: mailSecret, SecretString: aws.String("101"),
		ClientRequestToken: aws.String(strings.Repeat("t", 32)), VersionStages: []string{"MINE"}}
	once := func(o *secretsmanager.Options) { o.Retryer = aws.NopRetryer{} }
	_, err := client.PutSecretValue(t.Context(), in, once)
	wantRefusal(t, err, "LimitExceededException", "")
	if n := len(w.Versions("mail/smtp")); n != 100 {
		t.Errorf("%d versions", n)
	}
	w.Advance(24 * time.Hour)
	must(client.PutSecretValue(t.Context(), in, once))(t)
	versions := w.Versions("mail/smtp")
	if len(versions) != 100 || versions[0].ID == first.ID || versions[99].Value != "101" {
		t.Errorf("%d versions, the oldest %+v", len(versions), versions[0])
	}
	for _, label := range []string{"AWSCURRENT", "AWSPREVIOUS", "AWSPENDING", "MINE"} {
		if _, ok := w.Labelled("mail/smtp", label); !ok {
			t.Errorf("%s is gone", label)
		}
	}
}

func TestAVersionIsReadByIDByLabelOrByBoth(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "one")
	pending := must(w.PutSecretValue("mail/smtp", "two", "AWSPENDING"))(t)
	client := secretsClient(t, w)
	get := func(id, label *string) (*secretsmanager.GetSecretValueOutput, error) {
		return client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{
			SecretId: mailSecret, VersionId: id, VersionStage: label,
		})
	}
	for _, by := range [][2]*string{{&pending, nil}, {nil, aws.String("AWSPENDING")},
		{&pending, aws.String("AWSPENDING")}} {
		if got := must(get(by[0], by[1]))(t); *got.SecretString != "two" {
			t.Errorf("got %+v", got)
		}
	}
	_, err := get(&pending, aws.String("AWSCURRENT"))
	wantRefusal(t, err, "InvalidRequestException", "")
	_, err = get(aws.String(strings.Repeat("x", 32)), nil)
	wantRefusal(t, err, "ResourceNotFoundException", "")
}

func TestBytesComeBackAsBytes(t *testing.T) {
	w := start(t, localaws.Config{})
	client := secretsClient(t, w)
	must(client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: mailSecret, SecretBinary: []byte{0, 255},
	}))(t)
	got := must(client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: mailSecret}))(t)
	if got.SecretString != nil || string(got.SecretBinary) != "\x00\xff" {
		t.Errorf("got %+v", got)
	}
}

func TestASecretMarkedForDeletionCanOnlyBeDescribed(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "one")
	client := secretsClient(t, w)
	deleted := must(client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: mailSecret}))(t)
	if !deleted.DeletionDate.Equal(epoch.AddDate(0, 0, 30)) {
		t.Errorf("to be deleted at %v", deleted.DeletionDate)
	}
	const marked = "You can't perform this operation on the secret because it was marked for deletion."
	_, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: mailSecret})
	wantRefusal(t, err, "InvalidRequestException", marked)
	_, err = client.PutSecretValue(t.Context(), &secretsmanager.PutSecretValueInput{
		SecretId: mailSecret, SecretString: aws.String("two"),
	})
	wantRefusal(t, err, "InvalidRequestException", marked)
	described := must(client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: mailSecret}))(t)
	if !aws.ToTime(described.DeletedDate).Equal(epoch) {
		t.Errorf("marked for deletion at %v", described.DeletedDate)
	}
	must(client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: mailSecret, ForceDeleteWithoutRecovery: aws.Bool(true),
	}))(t)
	_, err = client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: mailSecret})
	wantRefusal(t, err, "ResourceNotFoundException", "")
}

func TestStaleReadsSeeLabelsWhereTheyWere(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "one")
	w.Advance(time.Minute)
	w.SetSecretStaleness(time.Minute)
	second := must(w.PutSecretValue("mail/smtp", "two"))(t)
	client := secretsClient(t, w)
	read := func() string {
		in := &secretsmanager.GetSecretValueInput{SecretId: mailSecret}
		return *must(client.GetSecretValue(t.Context(), in))(t).SecretString
	}
	if got := read(); got != "one" {
		t.Errorf("at once: %s", got)
	}
	in := &secretsmanager.GetSecretValueInput{SecretId: mailSecret, VersionId: &second}
	if got := must(client.GetSecretValue(t.Context(), in))(t); *got.SecretString != "two" || got.VersionStages != nil {
		t.Errorf("by ID: %+v", got)
	}
	w.Advance(time.Minute)
	if got := read(); got != "two" {
		t.Errorf("a minute later: %s", got)
	}
}

func TestAnUnknownActionIsRefused(t *testing.T) {
	w := start(t, localaws.Config{})
	_, err := secretsClient(t, w).GetRandomPassword(t.Context(), &secretsmanager.GetRandomPasswordInput{})
	wantRefusal(t, err, "UnknownOperationException", "")
}
