// Package awserror turns what AWS's SDK reports into rotation's errors, for the adapters.
package awserror

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// Wrap names the failed action, as IAM policies write it, and the resource, once.
func Wrap(action, resource string, err error) error {
	return As(typeOf(err), action, resource, err)
}

// As is Wrap with a type that the adapter knows better.
func As(t rotation.ErrorType, action, resource string, err error) error {
	e := rotation.Errorf(t, "%s on %s: %w", action, resource, brief{err})
	e.Refused = refused(err)
	return e
}

// Configured returns a resource with the setting that names it, as in "user mail (--user)". It
// tells people where to look if the resource doesn't exist. The setting may be empty.
func Configured(resource, setting string) string {
	if setting == "" {
		return resource
	}
	return resource + " (" + setting + ")"
}

// refused: AWS answered with a fault of the request's. A throttled one says nothing of the tries
// before it.
func refused(err error) bool {
	answer, ok := errors.AsType[*smithyhttp.ResponseError](err)
	_, throttled := retry.DefaultThrottleErrorCodes[Code(err)]
	return ok && !throttled && answer.HTTPStatusCode() >= 400 && answer.HTTPStatusCode() < 500 &&
		answer.HTTPStatusCode() != 429
}

// Code is AWS's error code, empty where AWS didn't answer with one.
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

// brief is the SDK's error in AWS's own words, without the layers that the SDK wraps around them.
type brief struct{ error }

func (b brief) Error() string {
	if api, ok := errors.AsType[smithy.APIError](b.error); ok {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return b.error.Error()
}

func (b brief) Unwrap() error { return b.error }
