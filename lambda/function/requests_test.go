package function

import (
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

func TestAnEventAsksForWhatItSays(t *testing.T) {
	const one = "AKIAIOSFODNN7EXAMPLE"
	for _, c := range []struct {
		event event.Event
		want  rotation.Request
	}{
		{event.Tick{}, rotation.Request{Action: rotation.Tick}},
		{event.Rotate{Reason: "r"}, rotation.Request{Action: rotation.Rotate, Reason: "r"}},
		{event.Emergency{}, rotation.Request{Action: rotation.Emergency}},
		{event.Emergency{AccessKeyID: one, Reason: "r", ContainFirst: true},
			rotation.Request{Action: rotation.Emergency, AccessKeyID: one, Reason: "r", ContainFirst: true}},
		{event.Rollback{Reason: "r"}, rotation.Request{Action: rotation.Rollback, Reason: "r"}},
		{event.Status{}, rotation.Request{Action: rotation.Status}},
		{event.Plan{}, rotation.Request{Action: rotation.Preview}},
		{event.RotationStep{Step: rotation.SetSecret, VersionID: "v"},
			rotation.Request{Action: rotation.SetSecret, VersionID: "v"}},
	} {
		if got := request(c.event); got != c.want {
			t.Errorf("%#v asks for %+v, want %+v", c.event, got, c.want)
		}
	}
}
