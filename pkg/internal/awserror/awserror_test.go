package awserror_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// answer returns an error as the SDK reports an answer with an error code.
func answer(status int, code string) error {
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "as AWS words it"},
	}
}

// These are all codes in AWS's references: for PutSecretValue and UpdateSecretVersionStage, for the
// actions on access keys, and under "Common Errors", old and new.
func TestEachCodeIsARefusalOrSaysNothing(t *testing.T) {
	for _, c := range []struct {
		status  int
		refused string
		unknown string
	}{
		{400, "InvalidParameterException InvalidRequestException LimitExceededException EncryptionFailure " +
			"DecryptionFailure ResourceExistsException ResourceNotFoundException AccessDeniedException " +
			"ValidationException ValidationError InvalidInput IncompleteSignature InvalidAction MissingAction " +
			"MalformedQueryString MissingParameter NotAuthorized RequestExpired MalformedHttpRequestException " +
			"UnrecognizedClientException ExpiredTokenException",
			"Throttling ThrottlingException RequestAbortedException RequestTimeout TooManyRequestsException " +
				"PriorRequestNotComplete TransactionInProgressException RequestLimitExceeded"},
		{401, "NotAuthorized", ""},
		{403, "AccessDenied InvalidClientTokenId OptInRequired ExpiredToken SignatureDoesNotMatch", ""},
		{404, "NoSuchEntity UnknownOperationException", ""},
		{408, "", "RequestTimeoutException"},
		{409, "LimitExceeded EntityTemporarilyUnmodifiable ConcurrentModification", ""},
		{413, "RequestEntityTooLargeException", ""},
		{429, "", "TooManyRequestsException SomethingNew"},
		{500, "", "InternalServiceError InternalFailure ServiceFailure"},
		{503, "", "ServiceUnavailable Throttling"},
	} {
		for want, codes := range map[bool]string{true: c.refused, false: c.unknown} {
			for code := range strings.FieldsSeq(codes) {
				err := awserror.Wrap("secretsmanager:PutSecretValue", "secret mail", answer(c.status, code))
				failure, ok := errors.AsType[*rotation.Error](err)
				if !ok || failure.Refused != want {
					t.Errorf("%d %s: refused %v, want %v", c.status, code, failure.Refused, want)
				}
			}
		}
	}
}

func TestNoAnswerIsNoRefusal(t *testing.T) {
	err := awserror.Wrap("secretsmanager:PutSecretValue", "secret mail", errors.New("connection reset"))
	if failure, ok := errors.AsType[*rotation.Error](err); !ok || failure.Refused || failure.Type != rotation.AWSError {
		t.Errorf("%+v", failure)
	}
}

func TestAnExplanationStandsBeforeAWSsWords(t *testing.T) {
	cause := answer(400, "LimitExceededException")
	err := awserror.Explained(rotation.RotationBlocked, "secretsmanager:PutSecretValue", "secret mail", "it is full",
		cause)
	const want = "secretsmanager:PutSecretValue on secret mail: it is full: LimitExceededException: as AWS words it"
	if err.Error() != want || rotation.TypeOf(err) != rotation.RotationBlocked || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
}
