package localaws_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

const someDocument = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ses:SendRawEmail",
	"Resource": "arn:aws:ses:eu-west-1:123456789012:identity/example.com"}]}`

// putPolicy gives the sender an inline policy over HTTP.
func putPolicy(t *testing.T, client *iam.Client, name, document string) error {
	_, err := client.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{
		UserName: sender, PolicyName: &name, PolicyDocument: &document})
	return err
}

func TestAnInlinePolicyIsPutReadReplacedAndDeleted(t *testing.T) {
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		client := iam.NewFromConfig(cfg)
		wantRefusal(t, putPolicy(t, client, "p", someDocument), "NoSuchEntity",
			"The user with name sender cannot be found.")
		must(client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: sender}))(t)
		for _, document := range []string{someDocument, strings.ReplaceAll(someDocument, "example.com", "*")} {
			check(t, putPolicy(t, client, "p", document))
			got := must(client.GetUserPolicy(t.Context(),
				&iam.GetUserPolicyInput{UserName: sender, PolicyName: aws.String("p")}))(t)
			if text := must(url.PathUnescape(*got.PolicyDocument))(t); text != document {
				t.Errorf("got %s, want %s", text, document)
			}
		}
		_, err := client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: sender})
		wantRefusal(t, err, "DeleteConflict", "Cannot delete entity, must delete policies first.")
		remove := &iam.DeleteUserPolicyInput{UserName: sender, PolicyName: aws.String("p")}
		must(client.DeleteUserPolicy(t.Context(), remove))(t)
		if _, err := client.DeleteUserPolicy(t.Context(), remove); code(err) != "NoSuchEntity" {
			t.Errorf("deleted again: %v", err)
		}
		if names := must(client.ListUserPolicies(t.Context(),
			&iam.ListUserPoliciesInput{UserName: sender}))(t).PolicyNames; len(names) != 0 {
			t.Errorf("left: %v", names)
		}
		must(client.DeleteUser(t.Context(), &iam.DeleteUserInput{UserName: sender}))(t)
	})
}

func TestAMalformedPolicyIsRefusedAsIAMRefusesIt(t *testing.T) {
	statement := func(inside string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` + inside + `}]}`
	}
	const vendor = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	cases := map[string]string{
		"no JSON": "Syntax errors in policy.",
		"{}":      "Syntax errors in policy.",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Permit","Action":"ses:*","Resource":"*"}]}`: "Syntax errors in " +
			"policy.",
		`{"Statement":[{"Effect":"Allow","Action":"ses:*","Resource":"*"}]}`: "Policy document must be version " +
			"2012-10-17 or greater.",
		statement(`"Action":"ses:*","Resource":"*","Princpal":"x"`): "Syntax errors in policy.",
		statement(`"Resource":"*"`):                                 "Policy statement must contain actions.",
		statement(`"Action":"ses:*"`):                               "Policy statement must contain resources.",
		statement(`"Action":"ses:*","Resource":[]`):                 "Policy statement must contain resources.",
		statement(`"Action":"SendRawEmail","Resource":"*"`):         vendor,
		statement(`"Action":"ses:*","Resource":"example.com"`):      `Resource example.com must be in ARN format or "*".`,
		statement(`"Sid":"a","Action":"ses:*","Resource":"*"},{"Effect":"Deny","Sid":"a","Action":"s3:*","Resource":"*"`): "" +
			"Statement IDs (SID) in a single policy must be unique.",
	}
	awstest.OnEach(t, func(t *testing.T, cfg aws.Config) {
		client := iam.NewFromConfig(cfg)
		must(client.CreateUser(t.Context(), &iam.CreateUserInput{UserName: sender}))(t)
		for document, want := range cases {
			err := putPolicy(t, client, "p", document)
			if code(err) != "MalformedPolicyDocument" || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got %v, want %s", document, err, want)
			}
		}
		for _, good := range []string{
			statement(`"Action":"*","Resource":"*"`),
			statement(`"NotAction":["iam:*"],"NotResource":["arn:aws:ses:*:*:identity/*"]`),
			`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ses:Send*","Resource":"*"}}`,
		} {
			if err := putPolicy(t, client, "p", good); err != nil {
				t.Errorf("%s: %v", good, err)
			}
		}
	})
}

// The text is IAM's as people report it (danvk/mapsnap#483, ministryofjustice/cloud-platform#3121).
func TestAllInlinePoliciesOfAUserHave2048CharactersTogether(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	client := iamClient(t, w)
	ofLength := func(n int) string {
		const before, after = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"ses:*",` +
			`"Resource":"arn:aws:ses:::`, `"}]}`
		return before + strings.Repeat("é", n-len(before)-len(after)) + after + strings.Repeat(" \n\t", 1000)
	}
	check(t, putPolicy(t, client, "one", ofLength(1000)))
	check(t, putPolicy(t, client, "two", ofLength(1048)))
	for name, n := range map[string]int{"three": 200, "two": 1049} {
		err := putPolicy(t, client, name, ofLength(n))
		wantRefusal(t, err, "LimitExceeded", "Maximum policy size of 2048 bytes exceeded for user sender")
		if status := httpStatus(err); status != http.StatusConflict {
			t.Errorf("HTTP status is %d", status)
		}
	}
	got := must(client.GetUserPolicy(t.Context(), &iam.GetUserPolicyInput{UserName: sender,
		PolicyName: aws.String("two")}))(t)
	if text := must(url.PathUnescape(*got.PolicyDocument))(t); text != ofLength(1048) {
		t.Errorf("a refused policy changed the one there was: %s", text)
	}
	check(t, putPolicy(t, client, "one", ofLength(200)))
	check(t, putPolicy(t, client, "three", ofLength(800)))
	names := must(client.ListUserPolicies(t.Context(), &iam.ListUserPoliciesInput{UserName: sender}))(t).PolicyNames
	if slices.Sort(names); !slices.Equal(names, []string{"one", "three", "two"}) {
		t.Errorf("policies are %v", names)
	}
}

func TestAPolicysNameFollowsIAMsRules(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	for _, name := range []string{"a b", "ä", "a/b", strings.Repeat("a", 129)} {
		wantRefusal(t, putPolicy(t, iamClient(t, w), name, someDocument), "ValidationError", "The specified value for "+
			"policyName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-")
	}
}
