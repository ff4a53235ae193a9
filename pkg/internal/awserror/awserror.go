// Package awserror turns errors of AWS's SDK into rotation's, for the adapters.
package awserror

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// Explained is As with an explanation before AWS's own text.
func Explained(t rotation.ErrorType, action, resource, words string, err error) error {
	e := rotation.Errorf(t, "%s on %s: %s: %w", action, resource, words, brief{err})
	e.Refused = refused(err)
	return e
}

// Wrap names the failed action, as IAM policies write it, and the resource, each once.
func Wrap(action, resource string, err error) error {
	return As(typeOf(err), action, resource, err)
}

// As is Wrap for an error whose type the adapter knows better.
func As(t rotation.ErrorType, action, resource string, err error) error {
	e := rotation.Errorf(t, "%s on %s: %w", action, resource, brief{err})
	e.Refused = refused(err)
	return e
}

// Configured returns a resource with the setting that names it, as in "user mail (--user)", so that
// people know where to look if it doesn't exist. The setting may be empty.
func Configured(resource, setting string) string {
	if setting == "" {
		return resource
	}
	return resource + " (" + setting + ")"
}

// refused reports whether AWS found a fault in the request, so that trying again won't help. An
// answer that invites another try says nothing about earlier tries.
func refused(err error) bool {
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || tryAgain(Code(err)) {
		return false
	}
	switch status := answer.HTTPStatusCode(); status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return false
	default:
		return status >= 400 && status < 500
	}
}

// LimitExceeded is Secrets Manager's code for a quota that is used up: 100 versions, or 20 labels
// ("AWS Secrets Manager quotas", Secrets Manager user guide). The SDK treats the code as
// throttling, which it is in other services.
const LimitExceeded = "LimitExceededException"

// requestAborted is one of the errors common to all services: "a request is aborted before a reply
// is sent back".
const requestAborted = "RequestAbortedException"

// tryAgain reports whether a code says nothing against the request itself.
func tryAgain(code string) bool {
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	_, timedOut := retry.DefaultRetryableErrorCodes[code]
	return throttled && code != LimitExceeded || timedOut || code == requestAborted
}

// Code returns AWS's error code. It is empty if AWS didn't answer with one.
func Code(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}

func typeOf(err error) rotation.ErrorType {
	code := Code(err)
	if strings.HasPrefix(code, "AccessDenied") || code == "UnauthorizedOperation" {
		return rotation.AccessDenied
	}
	return rotation.AWSError
}

// brief is the SDK's error in AWS's own words, without the SDK's layers around them.
type brief struct{ error }

func (b brief) Error() string {
	if api, ok := errors.AsType[smithy.APIError](b.error); ok {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	if sent, ok := errors.AsType[*smithyhttp.RequestSendError](b.error); ok {
		return sent.Err.Error()
	}
	return b.error.Error()
}

func (b brief) Unwrap() error { return b.error }
