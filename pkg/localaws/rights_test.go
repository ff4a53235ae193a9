package localaws_test

import (
	"fmt"
	"os/exec"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

const managed = "arn:aws:iam::aws:policy/path/Managed"

// check ends the test if err isn't nil.
func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestADocumentIsEncodedAsIAMEncodesIt(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	check(t, w.PutUserPolicy("sender", "p", `{"a b": "1+1~x/*%"}`))
	w.PutGroupPolicy("g", "p", "é")
	client := iamClient(t, w)
	got := must(client.GetUserPolicy(t.Context(),
		&iam.GetUserPolicyInput{UserName: sender, PolicyName: aws.String("p")}))(t)
	if document := *got.PolicyDocument; document != "%7B%22a%20b%22%3A%20%221%2B1~x%2F%2A%25%22%7D" {
		t.Errorf("got %s", document)
	}
	ofGroup := must(client.GetGroupPolicy(t.Context(),
		&iam.GetGroupPolicyInput{GroupName: aws.String("g"), PolicyName: aws.String("p")}))(t)
	if document := *ofGroup.PolicyDocument; document != "%C3%A9" {
		t.Errorf("got %s", document)
	}
}

func TestAnotherDocumentIsANewVersionOfAManagedPolicy(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	check(t, w.AttachUserPolicy("sender", managed, "one"))
	check(t, w.AttachUserPolicy("sender", managed, "one"))
	w.AttachGroupPolicy("g", managed, "two")
	client := iamClient(t, w)
	attached := must(client.ListAttachedUserPolicies(t.Context(),
		&iam.ListAttachedUserPoliciesInput{UserName: sender}))(t).AttachedPolicies
	if len(attached) != 1 || *attached[0].PolicyName != "Managed" || *attached[0].PolicyArn != managed {
		t.Errorf("attached: %+v", attached)
	}
	policy := must(client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(managed)}))(t).Policy
	if *policy.PolicyName != "Managed" || *policy.DefaultVersionId != "v2" {
		t.Errorf("the policy is %+v", policy)
	}
	for id, want := range map[string]string{"v1": "one", "v2": "two"} {
		version := must(client.GetPolicyVersion(t.Context(),
			&iam.GetPolicyVersionInput{PolicyArn: policy.Arn, VersionId: &id}))(t).PolicyVersion
		if *version.Document != want || version.IsDefaultVersion != (id == "v2") {
			t.Errorf("%s is %+v", id, version)
		}
	}
}

func TestWhatIsntThereIsSaidAsIAMSaysIt(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	w.PutGroupPolicy("g", "p", "{}")
	client := iamClient(t, w)
	_, err := client.GetLoginProfile(t.Context(), &iam.GetLoginProfileInput{UserName: sender})
	wantRefusal(t, err, "NoSuchEntity", "Login Profile for User sender cannot be found.")
	_, err = client.GetUserPolicy(t.Context(), &iam.GetUserPolicyInput{UserName: sender, PolicyName: aws.String("p")})
	wantRefusal(t, err, "NoSuchEntity", "The user policy with name p cannot be found.")
	_, err = client.GetGroupPolicy(t.Context(), &iam.GetGroupPolicyInput{GroupName: aws.String("g"),
		PolicyName: aws.String("q")})
	wantRefusal(t, err, "NoSuchEntity", "The group policy with name q cannot be found.")
	_, err = client.ListGroupPolicies(t.Context(), &iam.ListGroupPoliciesInput{GroupName: aws.String("h")})
	wantRefusal(t, err, "NoSuchEntity", "The group with name h cannot be found.")
	_, err = client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(managed)})
	wantRefusal(t, err, "NoSuchEntity", "")
	_, err = client.ListMFADevices(t.Context(), &iam.ListMFADevicesInput{UserName: aws.String("nobody")})
	wantRefusal(t, err, "NoSuchEntity", "The user with name nobody cannot be found.")
	if w.PutUserPolicy("nobody", "p", "{}") == nil {
		t.Error("a user that doesn't exist got a policy")
	}
}

func TestRightsOfACloneAreItsOwn(t *testing.T) {
	give := func(w *localaws.World, name string) {
		check(t, w.PutUserPolicy("sender", name, name))
		check(t, w.AttachUserPolicy("sender", managed, name))
		check(t, w.AddUserToGroup("sender", name))
		w.PutGroupPolicy("g", name, name)
	}
	names := func(w *localaws.World) (all []string) {
		client := iamClient(t, w)
		for _, g := range must(client.ListGroupsForUser(t.Context(),
			&iam.ListGroupsForUserInput{UserName: sender}))(t).Groups {
			all = append(all, *g.GroupName)
		}
		own := must(client.ListUserPolicies(t.Context(), &iam.ListUserPoliciesInput{UserName: sender}))(t).PolicyNames
		ofGroup := must(client.ListGroupPolicies(t.Context(),
			&iam.ListGroupPoliciesInput{GroupName: aws.String("g")}))(t).PolicyNames
		policy := must(client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: aws.String(managed)}))(t).Policy
		return append(append(append(all, own...), ofGroup...), *policy.DefaultVersionId)
	}
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	give(w, "a")
	clone := w.Clone(w.Now, nil)
	give(clone, "b")
	give(clone.Clone(w.Now, nil), "c")
	if got, want := names(w), []string{"a", "a", "a", "v1"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the original has %v, want %v", got, want)
	}
	give(w, "d")
	if got, want := names(w), []string{"a", "d", "a", "d", "a", "d", "v2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("the original has %v, want %v", got, want)
	}
}

func TestTheAWSCLIReadsRights(t *testing.T) {
	if _, err := exec.LookPath("aws"); err != nil {
		t.Skip("the AWS CLI isn't installed:", err)
	}
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	check(t, w.PutUserPolicy("sender", "p", `{"Version":"2012-10-17","Statement":[{"Sid":"1 + 1"}]}`))
	check(t, w.SetPermissionsBoundary("sender", managed, "{}"))
	id, err := w.AddServiceSpecificCredential("sender", "codecommit.amazonaws.com", "Inactive")
	check(t, err)
	for want, command := range map[string]string{
		"1 + 1":                    "get-user-policy --policy-name p",
		managed:                    "get-user",
		id + " sender-at Inactive": "list-service-specific-credentials",
	} {
		answer := must(awsCLI(t, w, strings.Fields("iam "+command+" --user-name sender")...))(t)
		for part := range strings.FieldsSeq(want) {
			if !strings.Contains(fmt.Sprint(answer), part) {
				t.Errorf("%s answered %v, without %s", command, answer, part)
			}
		}
	}
}
