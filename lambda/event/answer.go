package event

import (
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Answer is what the function returns, and a line of its log.
type Answer struct {
	rotation.Result
	Findings []sendpolicy.Finding `json:"findings,omitzero"` // an audit's
	Version  string               `json:"version,omitzero"`  // the function's
}

// WarnLeakUnanswered says that AWS told of a leak which nothing was done about: it is only
// suspected, and a setting says that this is an alarm; or the event names nothing that can be read;
// or it names the user, and its time can't be believed.
const WarnLeakUnanswered rotation.WarningCode = "LeakUnanswered"

// Failure is what Lambda returns if the function fails.
type Failure struct {
	Type    rotation.ErrorType `json:"errorType"`
	Message string             `json:"errorMessage"`
}

// FailureOf is err as Lambda returns it.
func FailureOf(err error) Failure { return Failure{rotation.TypeOf(err), err.Error()} }
