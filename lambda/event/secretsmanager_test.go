package event_test

import (
	"fmt"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

const (
	secretARN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:" + secret + "-AbCdEf"
	token     = "0123456789abcdef0123456789abcdef"
)

func step(name, secretID, token string) string {
	return fmt.Sprintf(`{"Step":%q,"SecretId":%q,"ClientRequestToken":%q}`, name, secretID, token)
}

func TestARotationStepIsForTheFunctionsOwnSecret(t *testing.T) {
	for _, name := range []rotation.Action{"createSecret", "setSecret", "testSecret", "finishSecret"} {
		parses(t, step(string(name), secretARN, token), event.RotationStep{Step: name, VersionID: token})
	}
	parses(t, step("setSecret", secret, token), event.RotationStep{Step: "setSecret", VersionID: token})
	const uuid = "EXAMPLE1-90ab-cdef-fedc-ba987SECRET1"
	if got, err := event.Parse([]byte(step("setSecret", secretARN, uuid)), secretARN); err != nil {
		t.Errorf("the setting may be an ARN: %#v, %v", got, err)
	}
	for payload, names := range map[string]string{
		step("rotateSecret", secret, token):           `Step: unknown "rotateSecret"`,
		step("rotate", secret, token):                 "Step",
		step("createSecret", secret, "short"):         `ClientRequestToken: "short"`,
		step("createSecret", secret, token[1:]+" "):   "ClientRequestToken",
		step("createSecret", secret, token+token+"0"): "ClientRequestToken",

		step("createSecret", "other", token):                                   `"other" isn't the function's secret`,
		step("createSecret", "x", "y"):                                         "SecretId",
		step("createSecret", "arn:aws:x:secret:smtp", token):                   "SecretId",
		step("createSecret", "arn:aws:x:secret:"+secret, token):                "SecretId",
		step("createSecret", "arn:aws:x:secret:"+secret+"-more-AbCdEf", token): "SecretId",

		`{"Step":1,"SecretId":"smtp/credential","ClientRequestToken":"` + token +
			`"}`: "ClientRequestToken: must be text",
		`{"Step":null,"SecretId":null,"ClientRequestToken":null}`: "Step",
	} {
		refuses(t, payload, names)
	}
}
