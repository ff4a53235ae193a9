package proof

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamkey"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpparameter"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
)

// Actions, as the judge knows them: AWS's, except that UpdateAccessKey is two actions and the login
// is one.
const (
	listKeys   = "ListAccessKeys"
	lastUsed   = "GetAccessKeyLastUsed"
	createKey  = "CreateAccessKey"
	activate   = "UpdateAccessKey (Active)"
	deactivate = "UpdateAccessKey (Inactive)"
	deleteKey  = "DeleteAccessKey"
	getValue   = "GetSecretValue"
	describe   = "DescribeSecret"
	listIDs    = "ListSecretVersionIds"
	putValue   = "PutSecretValue"
	moveLabel  = "UpdateSecretVersionStage"
	login      = "SMTP login"
	readCopy   = "GetParameters"
	writeCopy  = "PutParameter"
	deleteCopy = "DeleteParameters"
)

// call is one call: what it asks for, and what it does to a stage.
type call struct {
	action  string
	key     string // the access key that it names
	label   string // the label that it names
	version string // the version that it names
	from    string // the version that it takes the label from
	writes  bool
	retry   bool // the SDK tries it again if its answer is lost
	effect  func(s *stage) (any, error)
}

// api is all of AWS that the function uses.
type api interface {
	iamkey.API
	smtpsecret.API
	smtpparameter.API
	rotation.Verifier
}

var _ api = client{}

// client is the SDK's clients and the verification of one invocation.
type client struct {
	caller
	clock *ticking
}

// ask makes a call and returns its answer as the type that the SDK has for it.
func ask[Out any](c client, what call, effect func(s *stage) (*Out, error)) (*Out, error) {
	what.effect = func(s *stage) (any, error) {
		out, err := effect(s)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
	out, err := c.call(&what)
	if err != nil {
		return nil, err
	}
	return out.(*Out), nil
}

func (c client) ListAccessKeys(ctx context.Context, in *iam.ListAccessKeysInput,
	_ ...func(*iam.Options)) (*iam.ListAccessKeysOutput, error) {
	return ask(c, call{action: listKeys}, func(s *stage) (*iam.ListAccessKeysOutput,
		error) {
		return s.world.IAM().ListAccessKeys(ctx, in)
	})
}

func (c client) GetAccessKeyLastUsed(ctx context.Context, in *iam.GetAccessKeyLastUsedInput,
	_ ...func(*iam.Options)) (*iam.GetAccessKeyLastUsedOutput, error) {
	return ask(c, call{action: lastUsed, key: aws.ToString(in.AccessKeyId)},
		func(s *stage) (*iam.GetAccessKeyLastUsedOutput, error) {
			return s.world.IAM().GetAccessKeyLastUsed(ctx, in)
		})
}

func (c client) CreateAccessKey(ctx context.Context, in *iam.CreateAccessKeyInput,
	opts ...func(*iam.Options)) (*iam.CreateAccessKeyOutput, error) {
	var o iam.Options
	for _, option := range opts {
		option(&o)
	}
	_, once := o.Retryer.(aws.NopRetryer)
	return ask(c, call{action: createKey, writes: true, retry: !once},
		func(s *stage) (*iam.CreateAccessKeyOutput, error) {
			return s.world.IAM().CreateAccessKey(ctx, in)
		})
}

func (c client) UpdateAccessKey(ctx context.Context, in *iam.UpdateAccessKeyInput,
	_ ...func(*iam.Options)) (*iam.UpdateAccessKeyOutput, error) {
	action := activate
	if in.Status == "Inactive" {
		action = deactivate
	}
	return ask(c, call{action: action, key: aws.ToString(in.AccessKeyId), writes: true, retry: true},
		func(s *stage) (*iam.UpdateAccessKeyOutput, error) {
			return s.world.IAM().UpdateAccessKey(ctx, in)
		})
}

func (c client) DeleteAccessKey(ctx context.Context, in *iam.DeleteAccessKeyInput,
	_ ...func(*iam.Options)) (*iam.DeleteAccessKeyOutput, error) {
	return ask(c, call{action: deleteKey, key: aws.ToString(in.AccessKeyId), writes: true, retry: true},
		func(s *stage) (*iam.DeleteAccessKeyOutput, error) {
			return s.world.IAM().DeleteAccessKey(ctx, in)
		})
}

func (c client) GetSecretValue(ctx context.Context, in *secretsmanager.GetSecretValueInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.GetSecretValueOutput, error) {
	what := call{action: getValue, label: aws.ToString(in.VersionStage), version: aws.ToString(in.VersionId)}
	return ask(c, what, func(s *stage) (*secretsmanager.GetSecretValueOutput, error) {
		return s.world.SecretsManager().GetSecretValue(ctx, in)
	})
}

func (c client) DescribeSecret(ctx context.Context, in *secretsmanager.DescribeSecretInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error) {
	return ask(c, call{action: describe}, func(s *stage) (*secretsmanager.DescribeSecretOutput, error) {
		return s.world.SecretsManager().DescribeSecret(ctx, in)
	})
}

func (c client) ListSecretVersionIds(ctx context.Context, in *secretsmanager.ListSecretVersionIdsInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.ListSecretVersionIdsOutput, error) {
	return ask(c, call{action: listIDs}, func(s *stage) (*secretsmanager.ListSecretVersionIdsOutput, error) {
		return s.world.SecretsManager().ListSecretVersionIds(ctx, in)
	})
}

func (c client) PutSecretValue(ctx context.Context, in *secretsmanager.PutSecretValueInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.PutSecretValueOutput, error) {
	c.clock.writes++
	what := call{action: putValue, version: aws.ToString(in.ClientRequestToken), writes: true, retry: true}
	return ask(c, what, func(s *stage) (*secretsmanager.PutSecretValueOutput, error) {
		return s.world.SecretsManager().PutSecretValue(ctx, in)
	})
}

func (c client) UpdateSecretVersionStage(ctx context.Context, in *secretsmanager.UpdateSecretVersionStageInput,
	_ ...func(*secretsmanager.Options)) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
	what := call{action: moveLabel, label: aws.ToString(in.VersionStage), version: aws.ToString(in.MoveToVersionId),
		from: aws.ToString(in.RemoveFromVersionId), writes: true, retry: true}
	return ask(c, what, func(s *stage) (*secretsmanager.UpdateSecretVersionStageOutput, error) {
		return s.world.SecretsManager().UpdateSecretVersionStage(ctx, in)
	})
}

// Get implements smtpparameter.API.
func (c client) Get(ctx context.Context, names []string) (map[string]smtpparameter.Parameter, error) {
	found, err := ask(c, call{action: readCopy}, func(s *stage) (*map[string]smtpparameter.Parameter, error) {
		found := map[string]smtpparameter.Parameter{}
		all, err := s.world.ParameterStore().Get(ctx, names...)
		for name, p := range all {
			found[name] = smtpparameter.Parameter{Type: p.Type, Value: sessmtp.Password(p.Value),
				Modified: p.Modified}
		}
		return &found, err
	})
	if err != nil {
		return nil, err
	}
	return *found, nil
}

// Put implements smtpparameter.API. The version tells calls with different values apart.
func (c client) Put(ctx context.Context, p smtpparameter.Secure) error {
	what := call{action: writeCopy, version: credentialIn(string(p.Value)).Username, writes: true, retry: true}
	_, err := ask(c, what, func(s *stage) (*struct{}, error) {
		return &struct{}{}, s.world.ParameterStore().Put(ctx, localaws.Parameter{Name: p.Name,
			Value: string(p.Value), Type: "SecureString", KeyID: p.KMSKey})
	})
	return err
}

// Delete implements smtpparameter.API.
func (c client) Delete(ctx context.Context, names []string) error {
	_, err := ask(c, call{action: deleteCopy, writes: true, retry: true}, func(s *stage) (*struct{}, error) {
		return &struct{}{}, s.world.ParameterStore().Delete(ctx, names...)
	})
	return err
}

// Verify implements rotation.Verifier with one look at all servers of each Region. pkg/sessmtp
// tests how often a real one tries, and on which addresses.
func (c client) Verify(_ context.Context, logins []sessmtp.Login) []sessmtp.Result {
	results, err := ask(c, call{action: login, key: logins[0].Username, writes: true},
		func(s *stage) (*[]sessmtp.Result, error) {
			var results []sessmtp.Result
			for _, l := range logins {
				results = append(results, s.logIn(l))
			}
			return &results, nil
		})
	if err == nil {
		return *results
	}
	meaning := sessmtp.Unknown
	if errors.Is(err, errRefused) {
		meaning = sessmtp.Refused
	}
	var all []sessmtp.Result
	for _, l := range logins {
		all = append(all, sessmtp.Result{Region: l.Region, Meaning: meaning, Logins: 1, Err: err})
	}
	return all
}

func (s *stage) logIn(l sessmtp.Login) sessmtp.Result {
	r := sessmtp.Result{Region: l.Region, Meaning: sessmtp.Refused, Logins: 3, Err: errRefused}
	if s.world.Accepts(l.Region, l.Username, string(l.Password)) {
		s.use(l.Username)
		r.Meaning, r.Err = sessmtp.Accepted, nil
	}
	return r
}

var errRefused = errors.New("535 Authentication Credentials Invalid")
