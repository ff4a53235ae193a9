package discover_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// motoStage is an account on moto.
type motoStage struct {
	*testing.T
	url     string
	iam     *iam.Client
	secrets *secretsmanager.Client
	mu      sync.Mutex
	arns    map[string]string // ARNs of managed policies, by document
}

// motoAPI answers for service-specific credentials, which moto 5.2 doesn't know.
type motoAPI struct{ *iam.Client }

func (motoAPI) ListServiceSpecificCredentials(context.Context, *iam.ListServiceSpecificCredentialsInput,
	...func(*iam.Options)) (*iam.ListServiceSpecificCredentialsOutput, error) {
	return &iam.ListServiceSpecificCredentialsOutput{}, nil
}

// do makes a call that must not fail.
func do[I, O any](s *motoStage, call func(context.Context, I, ...func(*iam.Options)) (O, error), in I) O {
	s.Helper()
	out, err := call(s.Context(), in)
	if err != nil {
		s.Error(err)
	}
	return out
}

// managed returns the ARN of a managed policy with this document.
func (s *motoStage) managed(name, path, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.arns[path+name] == "" {
		s.arns[path+name] = *do(s, s.iam.CreatePolicy, &iam.CreatePolicyInput{PolicyName: &name, Path: &path,
			PolicyDocument: &text}).Policy.Arn
	}
	return s.arns[path+name]
}

// user creates a user of a kind. Its keys are all new, because moto's clock can't be moved.
func (s *motoStage) user(k kind, name string) {
	path := "/"
	if k.stack {
		path = "/ses-smtp/"
	}
	do(s, s.iam.CreateUser, &iam.CreateUserInput{UserName: &name, Path: &path})
	for policy, text := range k.inline {
		do(s, s.iam.PutUserPolicy, &iam.PutUserPolicyInput{UserName: &name, PolicyName: &policy, PolicyDocument: &text})
	}
	for arn := range k.attached {
		do(s, s.iam.AttachUserPolicy, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: &arn})
	}
	if k.group != "" {
		do(s, s.iam.AddUserToGroup, &iam.AddUserToGroupInput{UserName: &name, GroupName: &k.group})
	}
	if k.password {
		do(s, s.iam.CreateLoginProfile, &iam.CreateLoginProfileInput{UserName: &name,
			Password: aws.String("correct horse")})
	}
	id := ""
	for _, made := range k.keys {
		key := do(s, s.iam.CreateAccessKey, &iam.CreateAccessKeyInput{UserName: &name}).AccessKey
		id = *key.AccessKeyId
		if made.used > 0 && made.service == "" {
			s.use(key, "ses")
		} else if made.used > 0 {
			s.use(key, made.service)
		}
		if made.inactive {
			do(s, s.iam.UpdateAccessKey, &iam.UpdateAccessKeyInput{UserName: &name, AccessKeyId: &id,
				Status: types.StatusTypeInactive})
		}
	}
	if k.stack || k.adopted {
		s.own(k, name, id)
	}
}

func (s *motoStage) own(k kind, name, id string) {
	arn := s.managed(name+"-SendFromOutside-1", "/ses-smtp/", narrow)
	do(s, s.iam.AttachUserPolicy, &iam.AttachUserPolicyInput{UserName: &name, PolicyArn: &arn})
	out, err := s.secrets.CreateSecret(s.Context(), &secretsmanager.CreateSecretInput{Name: &name,
		Description:  aws.String("SMTP credential for Amazon SES, rotated by ses-smtp-rotator (stack " + name + ")"),
		SecretString: aws.String(fmt.Sprintf(`{"username":%q,"password":"B","iam_user":%q}`, id, name))})
	if err != nil {
		s.Error(err)
		return
	}
	if k.stack {
		do(s, s.iam.TagUser, &iam.TagUserInput{UserName: &name, Tags: []types.Tag{{
			Key: aws.String("ses-smtp-rotator-secret"), Value: out.ARN}}})
	}
}

// use signs a request for a service: that is how moto learns of a key's use.
func (s *motoStage) use(key *types.AccessKey, service string) {
	request, err := http.NewRequest(http.MethodGet, s.url+"/?Action=GetSendQuota&Version=2010-12-01", nil)
	if err == nil {
		const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		err = v4.NewSigner().SignHTTP(s.Context(), aws.Credentials{AccessKeyID: *key.AccessKeyId,
			SecretAccessKey: *key.SecretAccessKey}, request, empty, service, awstest.Region, time.Now())
	}
	if err == nil {
		var answer *http.Response
		if answer, err = http.DefaultClient.Do(request); err == nil {
			_ = answer.Body.Close()
		}
	}
	if err != nil {
		s.Error(err)
	}
}

// TestMotosAccountOfTwoThousand expects what moto can show: all keys are new, users have no
// boundary, and the credential report doesn't say what keys were used for.
func TestMotosAccountOfTwoThousand(t *testing.T) {
	t.Setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true") // AWS's own
	url := awstest.Moto(t)
	cfg := awstest.Config(url)
	s := &motoStage{T: t, url: url, iam: iam.NewFromConfig(cfg), secrets: secretsmanager.NewFromConfig(cfg),
		arns: map[string]string{}}
	group, policy, text := consoleGroup, consolePolicy, console
	do(s, s.iam.CreateGroup, &iam.CreateGroupInput{GroupName: &group})
	do(s, s.iam.PutGroupPolicy, &iam.PutGroupPolicyInput{GroupName: &group, PolicyName: &policy, PolicyDocument: &text})
	began := time.Now()
	want := map[string]verdict{}
	var makers sync.WaitGroup
	names := make(chan func())
	for range 8 {
		makers.Go(func() {
			for make := range names {
				make()
			}
		})
	}
	left := everybody
	for _, k := range kinds {
		if k.boundary != "" {
			continue
		}
		for i := range ofEach {
			name := fmt.Sprintf("%s-%d", k.name, i)
			names <- func() { s.user(k, name) }
			left--
			if v, found := onMoto(k); found {
				want[name] = v
			}
		}
	}
	for i := range left {
		names <- func() { s.user(kind{}, fmt.Sprintf("person-%04d", i)) }
	}
	close(names)
	makers.Wait()
	t.Logf("moto made them in %v", time.Since(began).Round(time.Millisecond))
	if t.Failed() {
		return
	}
	a := accountAt(cfg, time.Now())
	a.IAM = motoAPI{s.iam}
	began = time.Now()
	survey, err := a.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d users, %d found in %v", survey.Users, len(survey.Found), time.Since(began).Round(time.Millisecond))
	if survey.Users != everybody || len(survey.Unknown) > 0 || len(survey.WithoutKeys) != ofEach {
		t.Errorf("%d users, unknown %q, without keys %v", survey.Users, survey.Unknown, survey.WithoutKeys)
	}
	differs(t, survey, want)
}

// onMoto returns the verdict on a kind that moto's limits allow.
func onMoto(k kind) (v verdict, found bool) {
	v = verdict{k.advice, k.severity, k.width, len(k.keys)}
	switch k.name {
	case "narrow":
		v.severity = sendpolicy.Low // on moto its key is new
	case "unused", "idle":
		v.advice = discover.Adopt
	case "stale":
		v.advice, v.severity = discover.Nothing, ""
	case "sent":
		return v, false
	}
	return v, v.advice != ""
}
