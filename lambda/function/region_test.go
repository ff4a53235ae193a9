package function_test

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const secretARN = "arn:aws:secretsmanager:" + region + ":123456789012:secret:" + secret

// onlyIn makes Secrets Manager know the secret in one Region only, as AWS does: in other Regions,
// it answers as if there were no such secret.
func (s *stage) onlyIn(region string) {
	s.World.Intercept(func(call localaws.Call) *localaws.Fault {
		if call.Service == "secretsmanager" && call.Region != region {
			return &localaws.Fault{Code: "ResourceNotFoundException"}
		}
		return nil
	})
}

func TestASecretOfAnotherRegionIsUsedInItsOwn(t *testing.T) {
	s := newStage(t, map[string]string{"AWS_REGION": "us-east-1", "SMTP_REGIONS": region, "SECRET_ID": secretARN})
	s.onlyIn(region)
	s.must(`{}`, rotation.Rotated)
	s.after(31 * day)
	s.must(`{}`, rotation.Rotated)
	s.must(`{"action":"status"}`, rotation.Reported)
	s.must(`{"action":"emergency"}`, rotation.Revoked)
	for _, call := range s.World.Calls() {
		if call.Service == "iam" && call.Region != "us-east-1" {
			t.Errorf("%s of IAM is signed for %s", call.Action, call.Region)
		}
	}
}

func TestASecretsNameIsLookedForInTheFunctionsRegion(t *testing.T) {
	s := newStage(t, map[string]string{"AWS_REGION": "us-east-1", "SMTP_REGIONS": region})
	s.onlyIn(region)
	s.fails(`{}`, rotation.ConfigurationError, secret, "SECRET_ID")
	s.onlyIn("us-east-1")
	s.must(`{}`, rotation.Rotated)
}

func TestSecretsManagersOwnEndpointStaysAndIsSignedForInTheSecretsRegion(t *testing.T) {
	s := newStage(t, map[string]string{"AWS_REGION": "us-east-1", "SMTP_REGIONS": region, "SECRET_ID": secretARN})
	s.Env["AWS_ENDPOINT_URL_IAM"], s.Env["AWS_ENDPOINT_URL_SECRETS_MANAGER"] = s.World.URL(), s.World.URL()
	s.Env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
	s.Restart()
	s.onlyIn(region)
	s.must(`{}`, rotation.Rotated)
}

func TestASecretIDThatIsNoSecretsARNIsRefusedBeforeAnyCall(t *testing.T) {
	t.Parallel()
	for id, says := range map[string]string{
		"arn:aws:ssm:eu-west-1:123456789012:parameter/mail":                    `the ARN is of service "ssm"`,
		"arn:aws:secretsmanager:eu-west-1:123456789012":                        "isn't a whole ARN",
		"arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:mail-AbCdEf": "Region eu-west-1 is in partition aws,",
		secretARN + ":password::":                                              "ECS's :json-key::",
	} {
		t.Run(id, func(t *testing.T) {
			s := newStage(t, map[string]string{"SECRET_ID": id})
			for _, event := range []string{`{}`, `{"action":"emergency"}`, `{"action":"audit"}`} {
				s.fails(event, rotation.ConfigurationError, "SECRET_ID: ", says, "; give ")
			}
			if n := len(s.World.Calls()); n != 0 {
				t.Errorf("%d AWS calls were made", n)
			}
		})
	}
}

// Keys aren't deleted because of a setting that names no secret; CloudFormation gets the reason.
func TestAStackWhoseSecretIDIsRefusedIsDecommissionedByNobody(t *testing.T) {
	s := newStage(t, map[string]string{"SECRET_ID": secretARN + ":password::"})
	answer := s.cloudFormation().answered("Delete", `"ResourceProperties":{"OnDelete":"decommission"},`, "FAILED")
	if !strings.Contains(answer.Reason, "SECRET_ID: the ARN ends in something that no secret's name has") {
		t.Errorf("CloudFormation got %q", answer.Reason)
	}
	if n := len(s.World.Calls()); n != 0 {
		t.Errorf("%d AWS calls were made", n)
	}
}
