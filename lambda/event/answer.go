package event

import (
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Answer is what the function returns, and what it logs.
type Answer struct {
	rotation.Result
	Findings []sendpolicy.Finding `json:"findings,omitzero"` // of an audit
	Version  string               `json:"version,omitzero"`  // of the function
}

// WarnLeakUnanswered says that AWS reported a leak and the function did nothing about it. AWS only
// suspects it, and a setting makes that an alarm; or the event names nothing that can be read; or
// it names the user, with a time that can't be believed.
const WarnLeakUnanswered rotation.WarningCode = "LeakUnanswered"

// Failure is what Lambda returns if the function fails.
type Failure struct {
	Type    rotation.ErrorType `json:"errorType"`
	Message string             `json:"errorMessage"`
}

// FailureOf returns err as Lambda returns it.
func FailureOf(err error) Failure { return Failure{rotation.TypeOf(err), err.Error()} }
