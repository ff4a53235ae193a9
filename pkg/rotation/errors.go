package rotation

import (
	"errors"
	"fmt"
)

// ErrorType sorts failures by who can do something about them. It is the errorType of a failed
// invocation.
type ErrorType string

const (
	ConfigurationError ErrorType = "ConfigurationError" // the settings name something that isn't there or isn't ours
	RequestError       ErrorType = "RequestError"       // the event can't be understood or served
	VerificationFailed ErrorType = "VerificationFailed" // SES didn't accept the new credential; the old one is current
	RotationBlocked    ErrorType = "RotationBlocked"    // keys or labels are in a state that doesn't allow it yet
	Conflict           ErrorType = "Conflict"           // another invocation, or a person, changed things meanwhile
	AccessDenied       ErrorType = "AccessDenied"       // a permission is missing; the text names action and resource
	AWSError           ErrorType = "AWSError"           // AWS failed, throttled, or didn't answer
)

// ErrorTypes returns all error types.
func ErrorTypes() []ErrorType {
	return []ErrorType{ConfigurationError, RequestError, VerificationFailed, RotationBlocked, Conflict, AccessDenied,
		AWSError}
}

// Error is a failure of a known type. Its text stands alone and holds nothing secret.
type Error struct {
	Type ErrorType
	// Refused means that AWS refused the call, so it had no effect.
	Refused bool
	err     error
}

// Errorf makes an Error; %w keeps a cause.
func Errorf(t ErrorType, format string, args ...any) *Error {
	return &Error{Type: t, err: fmt.Errorf(format, args...)}
}

func (e *Error) Error() string { return e.err.Error() }

func (e *Error) Unwrap() error { return e.err }

// TypeOf returns the type of err, or AWSError if it has none: only calls to AWS fail without one.
func TypeOf(err error) ErrorType {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Type
	}
	return AWSError
}
