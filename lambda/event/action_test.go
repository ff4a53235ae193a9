package event_test

import (
	"encoding/json"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
)

const accessKeyID = "AKIAIOSFODNN7EXAMPLE"

func TestAnActionIsReadAsItIsWritten(t *testing.T) {
	for payload, action := range map[string]event.Action{
		`{"action":"tick"}`:                     event.Tick{},
		`{"action":"rotate"}`:                   event.Rotate{},
		`{"action":"rotate","reason":"policy"}`: event.Rotate{Reason: "policy"},
		`{"action":"emergency"}`:                event.Emergency{},

		`{"action":"emergency","access_key_id":"AKIAIOSFODNN7EXAMPLE","reason":"found","contain":"first"}`: event.Emergency{
			AccessKeyID: accessKeyID, Reason: "found", ContainFirst: true,
		},
		`{"action":"rollback"}`:                  event.Rollback{},
		`{"action":"rollback","reason":"haste"}`: event.Rollback{Reason: "haste"},
		`{"action":"status"}`:                    event.Status{},
		`{"action":"plan"}`:                      event.Plan{},
		`{"action":"audit"}`:                     event.Audit{},
	} {
		parses(t, payload, action)
		if text, err := json.Marshal(action); err != nil || string(text) != payload {
			t.Errorf("%#v is written %s, %v; want %s", action, text, err, payload)
		}
	}
}

func TestAFaultyActionIsRefusedByName(t *testing.T) {
	for payload, names := range map[string]string{
		`{"action":"rotat"}`:                                             `action: unknown "rotat"`,
		`{"action":""}`:                                                  "action: unknown",
		`{"action":7}`:                                                   "action: must be text",
		`{"action":null}`:                                                "action: must be text",
		`{"action":"Rotate"}`:                                            "Rotate",
		`{"action":"tock"}`:                                              "tock",
		`{"action":"decommission"}`:                                      "decommission",
		`{"action":"createSecret"}`:                                      "createSecret",
		`{"action":"audit","reason":"curious"}`:                          "audit doesn't take it; it takes: nothing",
		`{"action":"emergency","access_key_id":17}`:                      "access_key_id: must be text",
		`{"action":"emergency","access_key_id":null}`:                    "access_key_id: must be text",
		`{"action":"emergency","access_key_id":"x"}`:                     "access_key_id: isn't an access key ID",
		`{"action":"emergency","access_key_id":""}`:                      "access_key_id",
		`{"action":"emergency","access_key_id":"AKIA-IOSFODNN7EXAMPLE"}`: "access_key_id",
		`{"action":"emergency","access-key-id":"AK"}`:                    "access-key-id: the action",
		`{"action":"emergency","Access_Key_Id":"AK"}`:                    "it takes: access_key_id, reason, contain",
		`{"action":"emergency","contain":"last"}`:                        `contain: unknown "last"`,
		`{"action":"emergency","contain":true}`:                          "contain: must be text",
		`{"action":"emergency","contain":""}`:                            "contain",
		`{"action":"emergency","reason":["a"]}`:                          "reason: must be text",
		`{"action":"rotate","access_key_id":"AKIAX"}`:                    "access_key_id",
		`{"action":"rotate","RequestType":"Delete"}`:                     "RequestType",
		`{"action":"rotate","source":"aws.health","detail":{}}`:          "detail",
		`{"action":"rotate","b":1,"a":2}`:                                "a: must be text",
	} {
		refuses(t, payload, names)
	}
}
