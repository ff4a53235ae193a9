package timeline

import (
	"strings"
	"testing"
)

// These names are published.
func TestEventsAsJSON(t *testing.T) {
	for _, c := range []struct {
		event Event
		want  string
	}{
		{
			Event{
				Kind: Calm, At: noon, Scene: 2, Ticks: 3, Mails: 6,
				Senders: []Sender{{Name: "shop", AccessKeyID: first, Mail: Mail{Sent: 6}}},
			},
			`{"event":"calm","at":"2026-12-03T12:00:00Z","scene":2,"ticks":3,"mails":6,"senders":[{"name":"shop",` +
				`"access_key_id":"` + first + `","sent":6,"cut_off":0,"failed":0}]}`,
		}, {
			Event{Kind: Step, At: noon, Scene: 3, What: "verify", Text: "why", AccessKeyID: first, Refused: 4},
			`{"event":"step","at":"2026-12-03T12:00:00Z","scene":3,"what":"verify","text":"why","access_key_id":"` + first +
				`","refused":4}`,
		}, {
			Event{
				Kind: Step, At: noon, Scene: 3, What: "stage", Text: "<why>", AccessKeyID: first,
				Keys:     []Key{{first, Active}},
				Versions: []Version{{ID: "id", Number: 2, Labels: []string{"AWSPENDING"}, AccessKeyID: first}},
			},
			`{"event":"step","at":"2026-12-03T12:00:00Z","scene":3,"what":"stage","text":"<why>","access_key_id":"` +
				first + `",` +
				`"keys":[{"access_key_id":"` + first + `","status":"Active"}],` +
				`"versions":[{"version_id":"id","number":2,"labels":["AWSPENDING"],"access_key_id":"` + first + `"}]}`,
		}, {
			Event{Kind: End, At: noon, Summary: &Summary{Seconds: 1.5, Promises: []Promise{{"Mail goes on.", true}}}},
			`{"event":"end","at":"2026-12-03T12:00:00Z","scene":0,"summary":{"mail":{"sent":0,"cut_off":0,"failed":0},` +
				`"attacker":{"sent":0,"cut_off":0,"failed":0},"invocations":0,"versions":0,"days":0,"seconds":1.5,` +
				`"promises":[{"promise":"Mail goes on.","kept":true}]}}`,
		},
	} {
		var out strings.Builder
		if err := JSON(&out)(c.event); err != nil || out.String() != c.want+"\n" {
			t.Errorf("%v, got:\n%swant:\n%s", err, out.String(), c.want)
		}
	}
}
