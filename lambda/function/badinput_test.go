package function_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// Package event tests everything else that is refused, and the errors.
func TestBadEventsAreNamedAndTouchNothing(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	s.World.ResetCalls()
	for event, names := range map[string]string{
		`["rotate"]`:         "object",
		`{"action":"rotat"}`: "rotat",
		`{"action":"emergency","access_key_id":"x"}`:                      "access_key_id",
		`{"RequestType":"Create","ResponseURL":"x"}`:                      "RequestType",
		`{"Step":"createSecret","SecretId":"x","ClientRequestToken":"y"}`: "SecretId",
		strings.Replace(healthEvent("x"), "AWS_RISK", "aws_risk", -1):     "eventTypeCode",
		`{"Action":"emergency"}`:                                          "Action",
		`{"access_key_id":"AKIAIOSFODNN7EXAMPLE"}`:                        "access_key_id",
	} {
		s.fails(event, rotation.RequestError, names)
	}
	if n := len(s.World.Calls()); n != 0 {
		t.Errorf("%d AWS calls were made", n)
	}
}

func TestWhatHasNoActionIsATick(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{}`, rotation.Rotated)
	for _, event := range []string{
		``, `null`, `{"action":"tick"}`,
		`{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"{}"}`,
	} {
		if got := s.must(event, rotation.Waiting).Action; got != rotation.Tick {
			t.Errorf("%s: action %s", event, got)
		}
	}
}

func TestEveryFaultOfTheEnvironmentIsNamedAtOnce(t *testing.T) {
	s := newStage(t, map[string]string{
		"SMTP_USER_NAME":    "arn:aws:iam::1:user/x",
		"SECRET_ID":         "",
		"SMTP_REGIONS":      "eu-west-1,,us-east-1",
		"GRACE_PERIOD":      "7",
		"IN_USE_WINDOW":     "a while",
		"QUARANTINE_PERIOD": "-1h",
		"VERIFY":            "maybe",
	})
	s.fails(`{}`, rotation.ConfigurationError,
		"SMTP_USER_NAME", "SECRET_ID", "SMTP_REGIONS", "GRACE_PERIOD", "no unit", "IN_USE_WINDOW", "QUARANTINE_PERIOD",
		"VERIFY")
	if n := len(s.World.Calls()); n != 0 {
		t.Errorf("%d AWS calls were made", n)
	}
}

func TestPoliciesThatCantBeFollowedAreRefused(t *testing.T) {
	t.Parallel()
	for setting, says := range map[string]string{
		"ROTATION_INTERVAL=8d":         "see also PROMOTION_WINDOW, GRACE_PERIOD, QUARANTINE_PERIOD",
		"MAX_GRACE_PERIOD=1d":          "see also GRACE_PERIOD",
		"VERIFY=send":                  "VERIFY_FROM",
		"VERIFY_TIMEOUT=0":             "see also VERIFY=off",
		"SMTP_ENDPOINT=mail.localhost": "SMTP_ENDPOINT",
	} {
		t.Run(setting, func(t *testing.T) {
			name, value, _ := strings.Cut(setting, "=")
			newStage(t, map[string]string{name: value}).fails(`{}`, rotation.ConfigurationError, name, says)
		})
	}
	t.Run("without verification, nothing waits for VERIFY_TIMEOUT", func(t *testing.T) {
		newStage(t, map[string]string{"VERIFY": "off", "VERIFY_TIMEOUT": "0"}).must(`{}`, rotation.Rotated)
	})
}

func TestARegionWithoutAnSMTPEndpointIsRefusedUnlessItHasItsOwn(t *testing.T) {
	t.Parallel()
	for name, env := range map[string]map[string]string{
		"SMTP_REGIONS: SES has no SMTP endpoint in Region me-south-1": {
			"SMTP_REGIONS": "eu-west-1,me-south-1", "SMTP_ENDPOINT": ""},
		"AWS_REGION: SES has no SMTP endpoint in Region af-south-1": {
			"SMTP_REGIONS": "", "AWS_REGION": "af-south-1", "SMTP_ENDPOINT": ""},
		"SMTP_ENDPOINT: SES has no SMTP endpoint in Region ca-west-1": {
			"SMTP_REGIONS": "ca-west-1", "SMTP_ENDPOINT": "email-smtp.{region}.amazonaws.com:465"},
		"SMTP_REGIONS: SES isn't offered in Region cn-north-1": {"SMTP_REGIONS": "cn-north-1", "SMTP_ENDPOINT": ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, env)
			s.fails(`{}`, rotation.ConfigurationError, name, "=host:port")
			if n := len(s.World.Calls()); n != 0 {
				t.Errorf("%d AWS calls were made", n)
			}
		})
	}
	t.Run("its own", func(t *testing.T) {
		s := newStage(t, nil)
		s.Env["SMTP_REGIONS"] = region + ",me-south-1"
		s.Env["SMTP_ENDPOINT"] = region + "=" + s.World.SMTP(region) + ",me-south-1=127.0.0.1:1"
		s.Restart()
		s.fails(`{}`, rotation.VerificationFailed, "me-south-1")
	})
}

func TestAUserThatDoesntExistIsAConfigurationError(t *testing.T) {
	s := newStage(t, map[string]string{"SMTP_USER_NAME": "nobody"})
	s.fails(`{}`, rotation.ConfigurationError, "nobody", "SMTP_USER_NAME")
	s.onlyReads()
}

func TestASecretThatDoesntExistIsAConfigurationError(t *testing.T) {
	s := newStage(t, map[string]string{"SECRET_ID": "no/such/secret"})
	s.fails(`{}`, rotation.ConfigurationError, "no/such/secret", "SECRET_ID")
	s.onlyReads()
}

func TestASecretWithoutAnyVersionGetsAFirstCredentialThatIsVerified(t *testing.T) {
	s := newStage(t, map[string]string{"SECRET_ID": "empty"})
	s.World.CreateSecret("empty", "")
	s.World.SetPropagation(time.Minute)
	s.fails(`{}`, rotation.VerificationFailed)
	if v, ok := s.World.Labelled("empty", "AWSCURRENT"); ok && v.Value != "{}" {
		t.Error("an unverified credential is AWSCURRENT")
	}
	s.after(2 * time.Minute)
	s.must(`{}`, rotation.Rotated)
}

func TestASecretThatIsntOursIsRefusedUntouched(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		`{"username":"admin","password":"of a database"}`,
		`{"iam_user":"somebody-else","username":"AKIAOTHER0000000000X"}`,
		`{"api_key":"x"}`, `plain text`, `[1,2]`, `"text"`, `{"username":7}`,
	} {
		t.Run(value, func(t *testing.T) {
			s := newStage(t, map[string]string{"SECRET_ID": "theirs"})
			s.World.CreateSecret("theirs", value)
			for _, event := range []string{`{}`, `{"action":"rotate"}`, `{"action":"emergency"}`,
				`{"action":"rollback"}`} {
				s.fails(event, rotation.ConfigurationError, "isn't a credential of the user "+user,
					"nothing was touched")
			}
			s.onlyReads()
		})
	}
}

func TestMissingPermissionsNameActionAndResource(t *testing.T) {
	t.Parallel()
	for action, name := range map[string][2]string{
		"ListAccessKeys":           {"iam:ListAccessKeys", user},
		"GetSecretValue":           {"secretsmanager:GetSecretValue", secret},
		"CreateAccessKey":          {"iam:CreateAccessKey", user},
		"PutSecretValue":           {"secretsmanager:PutSecretValue", secret},
		"UpdateSecretVersionStage": {"secretsmanager:UpdateSecretVersionStage", secret},
	} {
		t.Run(action, func(t *testing.T) {
			s := newStage(t, nil)
			s.World.Intercept(func(c localaws.Call) *localaws.Fault {
				if c.Action != action {
					return nil
				}
				return &localaws.Fault{Status: http.StatusForbidden, Code: "AccessDenied",
					Message: "not authorized to perform it"}
			})
			s.fails(`{}`, rotation.AccessDenied, name[0], name[1])
			if action != "UpdateSecretVersionStage" && len(s.World.Keys(user)) != 0 {
				t.Error("a key was left behind")
			}
			s.World.Intercept(nil)
			s.must(`{}`, rotation.Rotated)
			s.quiet()
		})
	}
}

func TestACallThatNeverReturnsIsToldBeforeTheDeadline(t *testing.T) {
	s := newStage(t, nil)
	s.World.Intercept(func(c localaws.Call) *localaws.Fault {
		if c.Action != "GetSecretValue" {
			return nil
		}
		return &localaws.Fault{Delay: time.Hour}
	})
	err := s.within(3*time.Second, `{}`)
	if err == nil || err.Type != string(rotation.AWSError) {
		t.Errorf("want an AWSError, got %+v", err)
	}
}

func TestVerificationStopsInTimeToSayWhy(t *testing.T) {
	s := newStage(t, map[string]string{"VERIFY_TIMEOUT": "10m"})
	s.World.SetPropagation(hour)
	err := s.within(6*time.Second, `{}`)
	if err == nil || err.Type != string(rotation.VerificationFailed) {
		t.Errorf("want VerificationFailed, got %+v", err)
	}
}

func TestNothingIsStartedThatCantBeFinished(t *testing.T) {
	s := newStage(t, nil)
	err := s.within(2*time.Second, `{}`)
	if err == nil || len(s.World.Keys(user)) != 0 {
		t.Errorf("a key was made two seconds before the deadline: %+v", err)
	}
}

func TestStatusAndPlanChangeNothing(t *testing.T) {
	s := newStage(t, nil)
	s.must(`{"action":"status"}`, rotation.Reported)
	planned := s.must(`{"action":"plan"}`, rotation.Planned)
	if len(planned.Steps) != 1 || planned.Steps[0].Kind != rotation.Create {
		t.Errorf("planned: %+v", planned.Steps)
	}
	s.onlyReads()
	s.must(`{}`, rotation.Rotated)
	k1 := s.mailFlows().Username
	s.must(`{"action":"rotate"}`, rotation.Rotated)
	s.World.ResetCalls()
	status := s.must(`{"action":"status"}`, rotation.Reported)
	roles := map[string]rotation.Role{}
	for _, k := range status.Keys {
		roles[k.AccessKeyID] = k.Role
	}
	if roles[k1] != rotation.RoleSuperseded || len(roles) != 2 {
		t.Errorf("roles: %v", roles)
	}
	if status.Next == nil || status.Next.Kind != rotation.Deactivate || status.Next.AccessKeyID != k1 {
		t.Errorf("next: %+v", status.Next)
	}
	s.onlyReads()
}
