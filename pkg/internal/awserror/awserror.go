// Package awserror turns what AWS's SDK reports into rotation's errors, for the adapters.
package awserror

import (
	"errors"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// Wrap names the failed action, as IAM policies write it, and the resource, once.
func Wrap(action, resource string, err error) error {
	return rotation.Errorf(typeOf(err), "%s on %s: %w", action, resource, brief{err})
}

// As is Wrap with a type that the adapter knows better.
func As(t rotation.ErrorType, action, resource string, err error) error {
	return rotation.Errorf(t, "%s on %s: %w", action, resource, brief{err})
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
