package function_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// audited returns the answer to the action audit.
type audited struct {
	rotation.Result
	Findings *[]sendpolicy.Finding
}

func (s *stage) audits() (a audited) {
	s.Helper()
	ctx := lambdacontext.NewContext(context.Background(),
		&lambdacontext.LambdaContext{InvokedFunctionArn: "arn:aws:lambda:eu-west-1:444455556666:function:rotator"})
	text, err := s.Function.Invoke(ctx, []byte(`{"action":"audit"}`))
	if err != nil {
		s.Fatal(err)
	}
	if err := json.Unmarshal(text, &a); err != nil {
		s.Fatal(err)
	}
	if a.Action != "audit" || a.Outcome != rotation.Reported || a.Findings == nil {
		s.Fatalf("%s", text)
	}
	var codes []string
	for _, w := range a.Warnings {
		codes = append(codes, string(w.Code))
	}
	for _, f := range *a.Findings {
		if !slices.Contains(codes, string(f.Code)) {
			s.Errorf("there is no warning of %s", f.Code)
		}
	}
	return a
}

const asTheConsoleMakesIt = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:SendRawEmail","Resource":"*"}]}`

func TestTheAuditTellsWhatTheUserMayDo(t *testing.T) {
	s := newMeasuredStage(t)
	s.must(`{}`, rotation.Rotated)
	current := s.mailFlows().Username
	s.World.ResetCalls()
	if a := s.audits(); len(*a.Findings) != 0 || a.Credential.AccessKeyID != current {
		t.Errorf("the audit of a user without rights: %+v", a)
	}
	got := s.measured()
	if high, ok := got["HighFindings"]; !ok || high != 0 || len(got) != 1 {
		t.Errorf("an audit that finds nothing measures %v", got)
	}
	s.onlyReads()

	if err := s.World.PutUserPolicy(user, "AmazonSesSendingAccess", asTheConsoleMakesIt); err != nil {
		t.Fatal(err)
	}
	stranger, _, err := s.World.CreateAccessKey(user)
	if err != nil {
		t.Fatal(err)
	}
	found := *s.audits().Findings
	if len(found) != 3 || found[0].Code != sendpolicy.WideResource || found[1].Code != sendpolicy.MoreKeys ||
		found[2].Code != sendpolicy.NoSource {
		t.Fatalf("%+v", found)
	}
	if want := "access key " + stranger + " is Active, and the secret doesn't have it"; found[1].Message != want {
		t.Errorf("%s, want %s", found[1].Message, want)
	}
	instead := found[0].Instead.Statements[0].Resource
	if !slices.Equal(instead, sendpolicy.Texts{"arn:aws:ses:eu-west-1:444455556666:identity/example.com",
		"arn:aws:ses:eu-west-1:444455556666:configuration-set/*"}) {
		t.Errorf("instead, it may send with %s", instead)
	}
	if got = s.measured(); len(got) != 2 || got["HighFindings"] != 1 || got["MediumFindings"] != 2 {
		t.Errorf("%v", got)
	}
}

// TestTheWarningOfAGroupsPolicySaysToLeaveTheGroup is about users that SES's console makes, which
// have their permission from a group.
func TestTheWarningOfAGroupsPolicySaysToLeaveTheGroup(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	const group = "AWSSESSendingGroupDoNotRename"
	s.World.PutGroupPolicy(group, "AmazonSesSendingAccess", asTheConsoleMakesIt)
	if err := s.World.AddUserToGroup(user, group); err != nil {
		t.Fatal(err)
	}
	a := s.audits()
	want := "aws iam remove-user-from-group --user-name " + user + " --group-name " + group
	for _, f := range *a.Findings {
		if !strings.Contains(f.Remedy, want) || !warned(a.Result, rotation.WarningCode(f.Code), want) {
			t.Errorf("%s says %q, and the warnings are %+v", f.Code, f.Remedy, a.Warnings)
		}
	}
	if len(*a.Findings) != 2 {
		t.Errorf("%+v", *a.Findings)
	}
}

func TestACustomersPolicyNamedLikeAWSsQuarantineIsAPolicyLikeAnyOther(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	own := strings.Replace(quarantine, "::aws:", "::123456789012:", 1)
	if err := s.World.AttachUserPolicy(user, own, asTheConsoleMakesIt); err != nil {
		t.Fatal(err)
	}
	for _, f := range *s.audits().Findings {
		if f.Code == sendpolicy.Quarantined {
			t.Errorf("%s is taken for AWS's: %s", own, f.Message)
		}
	}
	if found := *s.audits().Findings; len(found) == 0 || found[0].Code != sendpolicy.WideResource {
		t.Errorf("it doesn't find that the policy is wide: %+v", found)
	}
	if result := s.must(healthEvent(s.mailFlows().Username), rotation.Revoked); warned(result,
		rotation.WarnQuarantined, "") {
		t.Errorf("a leak's answer takes it for AWS's: %+v", result.Warnings)
	}
}

func TestASupersededKeyIsTheSecretsToo(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	if found := *s.audits().Findings; len(found) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestAnAuditThatMayNotLookSaysSo(t *testing.T) {
	for _, action := range []string{"GetUser", "ListUserPolicies", "ListAccessKeys"} {
		s := newSerialStage(t, map[string]string{"AWS_LAMBDA_FUNCTION_NAME": "rotator"})
		s.must(`{}`, rotation.Rotated)
		s.deny(action, 100)
		s.fails(`{"action":"audit"}`, rotation.AccessDenied, action)
		s.measures(map[string]float64{"AccessDenied": 1})
	}
}
