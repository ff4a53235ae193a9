package proof

import (
	"errors"
	"io"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// fault is what happens to one call.
type fault string

const (
	none         fault = ""
	failed       fault = "fails"                  // an error from AWS, without an effect
	refused      fault = "is refused"             // a definite no; for a login: 535
	throttled    fault = "is throttled"           // on every try
	full         fault = "meets a full secret"    // a definite no that the SDK takes for throttling
	lost         fault = "loses its answer"       // it takes effect, but the caller can't know
	again        fault = "is sent twice"          // its answer is lost, and the SDK tries again
	late         fault = "takes effect late"      // no answer; the effect comes at any later moment
	killedBefore fault = "meets a killed process" // before the effect
	killedAfter  fault = "kills the process"      // after the effect
)

// faults returns those that can happen to a call, the harmless one first.
func faults(c *call) []fault {
	switch {
	case c.action == login:
		return []fault{none, failed, refused, killedBefore}
	case !c.writes: // for a read, a lost answer is the same as a failure
		return []fault{none, failed, refused, throttled, killedBefore}
	case c.action == putValue:
		return []fault{none, failed, refused, throttled, full, lost, again, late, killedBefore, killedAfter}
	case c.retry:
		return []fault{none, failed, refused, throttled, lost, again, late, killedBefore, killedAfter}
	}
	return []fault{none, failed, refused, throttled, lost, late, killedBefore, killedAfter}
}

var errNoAnswer = &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF}

// before returns the error that the caller gets instead of the effect.
func (f fault) before(action string) error {
	switch f {
	case killedBefore:
		return errKilled
	case failed:
		return refusal(action, http.StatusInternalServerError, "InternalFailure")
	case throttled:
		return refusal(action, http.StatusBadRequest, "ThrottlingException")
	case full:
		return refusal(action, http.StatusBadRequest, "LimitExceededException")
	case refused:
		if action == login {
			return errRefused
		}
		return refusal(action, http.StatusBadRequest, "AccessDeniedException")
	}
	return nil
}

// refusal returns what the SDK makes of an error from AWS.
func refusal(action string, status int, code string) error {
	return &smithy.OperationError{OperationName: action, Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "put in by the test"},
	}}
}

func noAnswer(action string) error {
	return &smithy.OperationError{OperationName: action, Err: errNoAnswer}
}

func isNoAnswer(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }
