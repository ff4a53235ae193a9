package localaws_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrets "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// listed returns the names of the secrets that pass a filter.
func listed(t *testing.T, client *secretsmanager.Client, key secrets.FilterNameStringType, values ...string) []string {
	t.Helper()
	var names []string
	in := &secretsmanager.ListSecretsInput{Filters: []secrets.Filter{{Key: key, Values: values}}}
	for _, s := range must(client.ListSecrets(t.Context(), in))(t).SecretList {
		names = append(names, *s.Name)
	}
	slices.Sort(names)
	return names
}

func TestASecretIsCreatedWithTagsFoundAndGoneAtOnce(t *testing.T) {
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		client := secretsmanager.NewFromConfig(cfg)
		tags := []secrets.Tag{{Key: aws.String("made-by"), Value: aws.String("rehearse")}}
		empty := must(client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
			Name: aws.String("rehearse/empty"), Tags: tags}))(t)
		filled := must(client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
			Name: aws.String("rehearse/filled"), Tags: tags, SecretString: aws.String("{}")}))(t)
		must(client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: aws.String("other")}))(t)
		if empty.VersionId != nil || filled.VersionId == nil {
			t.Errorf("the empty one has version %v, the filled one %v", empty.VersionId, filled.VersionId)
		}
		described := must(client.DescribeSecret(t.Context(),
			&secretsmanager.DescribeSecretInput{SecretId: empty.ARN}))(t)
		if !reflect.DeepEqual(described.Tags, tags) || len(described.VersionIdsToStages) != 0 {
			t.Errorf("described with tags %v and versions %v", described.Tags, described.VersionIdsToStages)
		}
		both := []string{"rehearse/empty", "rehearse/filled"}
		for key, value := range map[secrets.FilterNameStringType]string{
			"name": "rehearse/", "tag-key": "made-by", "tag-value": "rehearse"} {
			if names := listed(t, client, key, value); !slices.Equal(names, both) {
				t.Errorf("%s %s: listed %v", key, value, names)
			}
		}
		if names := listed(t, client, "name", "rehearse/none"); len(names) != 0 {
			t.Errorf("listed %v", names)
		}
		remove := &secretsmanager.DeleteSecretInput{SecretId: filled.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)}
		must(client.DeleteSecret(t.Context(), remove))(t)
		must(client.DeleteSecret(t.Context(), remove))(t)
		if names := listed(t, client, "name", "rehearse/"); !slices.Equal(names, both[:1]) {
			t.Errorf("after the deletion, listed %v", names)
		}
		_, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: filled.ARN})
		wantRefusal(t, err, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
		must(client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: filled.Name}))(t)
	})
}

func TestAListOfSecretsHasTheirTags(t *testing.T) {
	w := start(t, localaws.Config{})
	client := secretsClient(t, w)
	tags := []secrets.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	must(client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: mailSecret, Tags: tags}))(t)
	all := must(client.ListSecrets(t.Context(), &secretsmanager.ListSecretsInput{}))(t).SecretList
	if len(all) != 1 || !reflect.DeepEqual(all[0].Tags, tags) {
		t.Errorf("listed %+v", all)
	}
	clone := w.Clone(func() time.Time { return epoch }, nil)
	out := must(clone.SecretsManager().DescribeSecret(t.Context(),
		&secretsmanager.DescribeSecretInput{SecretId: mailSecret}))(t)
	if !reflect.DeepEqual(out.Tags, tags) {
		t.Errorf("without the wire: %+v", out)
	}
}

func TestASecretIsGoneAtOnceOrAfterAWindowAndNotBoth(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateSecret("mail/smtp", "{}")
	_, err := secretsClient(t, w).DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
		SecretId: mailSecret, ForceDeleteWithoutRecovery: aws.Bool(true), RecoveryWindowInDays: aws.Int64(7)})
	wantRefusal(t, err, "InvalidParameterException",
		"You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.")
	if len(w.Versions("mail/smtp")) != 1 {
		t.Error("the secret is gone")
	}
}
