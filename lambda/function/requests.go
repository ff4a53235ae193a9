package function

import (
	"fmt"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// request returns what an event asks of the rotator. Audits, leaks and stack changes ask more than
// that of the function, and are served elsewhere.
func request(e event.Event) rotation.Request {
	switch e := e.(type) {
	case event.Tick:
		return rotation.Request{Action: rotation.Tick}
	case event.Rotate:
		return rotation.Request{Action: rotation.Rotate, Reason: e.Reason}
	case event.Emergency:
		return rotation.Request{
			Action: rotation.Emergency, AccessKeyID: e.AccessKeyID, ContainFirst: e.ContainFirst, Reason: e.Reason,
		}
	case event.Rollback:
		return rotation.Request{Action: rotation.Rollback, Reason: e.Reason}
	case event.Status:
		return rotation.Request{Action: rotation.Status}
	case event.Plan:
		return rotation.Request{Action: rotation.Preview}
	case event.RotationStep:
		return rotation.Request{Action: e.Step, VersionID: e.VersionID}
	}
	panic(fmt.Sprintf("the rotator has nothing for a %T", e))
}
