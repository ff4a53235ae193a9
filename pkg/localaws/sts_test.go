package localaws_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// signedBy makes a client sign its calls with an access key.
func signedBy(cfg aws.Config, id, secret string) aws.Config {
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret}, nil
	})
	return cfg
}

func TestACallerIsToldWhoItIs(t *testing.T) {
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		client := iam.NewFromConfig(cfg)
		user := must(client.CreateUser(t.Context(), &iam.CreateUserInput{
			UserName: sender, Path: aws.String("/ses-smtp/")}))(t).User
		key := must(client.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: sender}))(t).AccessKey
		who := must(sts.NewFromConfig(signedBy(cfg, *key.AccessKeyId, *key.SecretAccessKey)).GetCallerIdentity(
			t.Context(), &sts.GetCallerIdentityInput{}))(t)
		if *who.Account != "123456789012" || *who.Arn != *user.Arn || *who.UserId != *user.UserId {
			t.Errorf("got %s %s %s, want the user %s %s", *who.Account, *who.Arn, *who.UserId, *user.Arn, *user.UserId)
		}
		other := must(sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))(t)
		if *other.Account != "123456789012" || *other.Arn == *who.Arn || *other.UserId == *who.UserId {
			t.Errorf("another caller is %s %s %s", *other.Account, *other.Arn, *other.UserId)
		}
	})
}

func TestWhoeverIsNoUserIsTheRotatorsRole(t *testing.T) {
	w := start(t, localaws.Config{})
	client := sts.NewFromConfig(awstest.Config(w.URL()))
	who := must(client.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}))(t)
	if *who.Arn != "arn:aws:sts::123456789012:assumed-role/rotator/session" ||
		*who.UserId != "AROAQ2ROTATOR2LOCAL22:session" {
		t.Errorf("got %s %s", *who.Arn, *who.UserId)
	}
	if calls := w.Calls(); calls[0].Service != "sts" || calls[0].Action != "GetCallerIdentity" ||
		calls[0].Region != region {
		t.Errorf("the call is %+v", calls[0])
	}
	_, err := client.GetSessionToken(t.Context(), &sts.GetSessionTokenInput{})
	wantRefusal(t, err, "InvalidAction", "Could not find operation GetSessionToken for version 2011-06-15")
}
