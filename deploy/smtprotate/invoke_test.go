package main

import (
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
)

func TestEachCommandAsksTheFunctionForWhatItSays(t *testing.T) {
	d := deploy(t)
	d.runs("rotate")
	for command, want := range map[string]event.Event{
		"status":                        event.Status{},
		"rotate":                        event.Rotate{},
		"rotate --reason=policy":        event.Rotate{Reason: "policy"},
		"emergency --yes":               event.Emergency{},
		"rollback --yes":                event.Rollback{},
		"rollback --yes --reason=haste": event.Rollback{Reason: "haste"},
		"audit":                         event.Audit{},
		"emergency --yes --key=AKIAIOSFODNN7EXAMPLE --reason=found --contain-first": event.Emergency{
			AccessKeyID: "AKIAIOSFODNN7EXAMPLE", Reason: "found", ContainFirst: true,
		},
	} {
		d.asked = nil
		d.runs(strings.Fields(command)...) // what comes of it is tested elsewhere
		if len(d.asked) != 1 {
			t.Fatalf("%s: the function was asked %d times", command, len(d.asked))
		}
		if got, err := event.Parse([]byte(d.asked[0]), ""); err != nil || got != want {
			t.Errorf("%s: the function was asked %s, which is %#v, %v; want %#v", command, d.asked[0], got, err, want)
		}
	}
}
