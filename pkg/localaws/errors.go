package localaws

import (
	"errors"
	"fmt"
	"net/http"
)

// An apiError is a refusal by IAM, STS, Secrets Manager or Parameter Store.
type apiError struct {
	Status  int
	Code    string
	Message string
}

func (e *apiError) Error() string { return e.Code + ": " + e.Message }

// refuse returns an apiError with the HTTP status that AWS uses for the code.
func refuse(code, format string, args ...any) error {
	return &apiError{statusOf(code), code, fmt.Sprintf(format, args...)}
}

// statusOf returns the HTTP status for an error code; most are 400.
func statusOf(code string) int {
	switch code {
	case "AccessDenied":
		return http.StatusForbidden
	case "NoSuchEntity":
		return http.StatusNotFound
	case "DeleteConflict", "EntityAlreadyExists", "EntityTemporarilyUnmodifiable", "LimitExceeded":
		return http.StatusConflict
	case "InternalFailure", "InternalServerError", "InternalServiceError", "ServiceFailure":
		return http.StatusInternalServerError
	case "ServiceUnavailable":
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

// missing returns the answer to a request without a required member.
func missing(member string) error {
	return refuse("ValidationError", "1 validation error detected: Value null at '%s' failed to satisfy "+
		"constraint: Member must not be null", member)
}

// asAPIError returns the answer that reports an error.
func asAPIError(err error) *apiError {
	if refusal, ok := errors.AsType[*apiError](err); ok {
		return refusal
	}
	return &apiError{http.StatusInternalServerError, "InternalFailure", err.Error()}
}
