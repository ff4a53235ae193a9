package timeline

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
)

const (
	first  = "AKIAAAAAAAAAAAAA7Q2X"
	second = "AKIABBBBBBBBBBBBM4TE"
)

var noon = time.Date(2026, 12, 3, 12, 0, 0, 0, time.UTC)

// shown renders events one after the other.
func shown(t *testing.T, colours bool, events ...Event) string {
	t.Helper()
	var out strings.Builder
	show := Text(&out, colours)
	for _, e := range events {
		if err := show(e); err != nil {
			t.Fatal(err)
		}
	}
	return out.String()
}

var life = []Event{
	{Kind: Scene, At: noon, Scene: 3, What: "Thirty days later", Text: "A second key."},
	{Kind: Calm, At: noon, Ticks: 719, Mails: 1438},
	{Kind: Calm, At: noon, Ticks: 1},
	{
		Kind: Step, At: noon, What: "promote", Text: "SES accepts " + second + ", " + strings.Repeat("again and ", 4) +
			"again",
		Keys: []Key{{first, Active}, {second, Active}},
		Versions: []Version{
			{Number: 2, Labels: []string{"AWSPREVIOUS"}, AccessKeyID: first},
			{Number: 3, Labels: []string{"AWSCURRENT", "AWSPENDING"}, AccessKeyID: second},
		},
	},
	{Kind: People, At: noon, What: "shop", Text: "goes on"},
	{
		Kind: Step, At: noon, What: "delete", Text: "its quarantine is over",
		Keys:     []Key{{second, Active}, {first, Deleted}},
		Versions: []Version{{Number: 3, Labels: []string{"AWSCURRENT"}, AccessKeyID: second}},
	},
	{
		Kind: Step, At: noon, What: "stage", Text: "the next one",
		Keys: []Key{{second, Inactive}, {"AKIACCCCCCCCCCCCXXXX", Active}},
		Versions: []Version{
			{Number: 3, Labels: []string{"AWSCURRENT"}, AccessKeyID: second},
			{Number: 4, Labels: []string{"AWSPENDING"}, AccessKeyID: "AKIACCCCCCCCCCCCXXXX"},
		},
	},
}

func TestTheTimelineShowsEachKeyInItsColumn(t *testing.T) {
	const want = `
  3  Thirty days later ───────────────────────────────────────────────────────
     A second key.

                ⋮  30 days: 719 ticks with nothing to do, 1,438 mails sent
                ⋮  1 hour: 1 tick with nothing to do
   3 Dec 12:00  promote     SES accepts AKIA…M4TE, again and again and again
                            and again and again
                ● AKIA…7Q2X AWSPREVIOUS v2     ● AKIA…M4TE AWSCURRENT v3
   3 Dec 12:00  shop        goes on
   3 Dec 12:00  delete      its quarantine is over
                ✕ AKIA…7Q2X                    ● AKIA…M4TE AWSCURRENT v3
   3 Dec 12:00  stage       the next one
                ● AKIA…XXXX AWSPENDING v4      ○ AKIA…M4TE AWSCURRENT v3
`
	if got := shown(t, false, life...); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestColoursChangeNothingButColours(t *testing.T) {
	codes := regexp.MustCompile("\x1b\\[[0-9;]*m")
	painted := shown(t, true, append(life, ending())...)
	if !codes.MatchString(painted) {
		t.Error("no colours")
	}
	if plain := shown(t, false, append(life, ending())...); codes.ReplaceAllString(painted, "") != plain {
		t.Errorf("painted:\n%s\nplain:\n%s", painted, plain)
	}
}

func TestNoLineIsWiderThanATerminal(t *testing.T) {
	long := strings.Repeat("word ", 50) + strings.Repeat("endless", 30)
	keys := []Key{{first, Inactive}, {second, Inactive}}
	versions := []Version{
		{Number: 998, Labels: []string{"AWSPREVIOUS"}, AccessKeyID: first},
		{Number: 999, Labels: []string{"AWSPREVIOUS"}, AccessKeyID: second},
	}
	events := []Event{ending()}
	for _, kind := range []Kind{Start, Scene, Calm, Step, Warning, Crash, People} {
		events = append(events, Event{
			Kind: kind, At: noon, Scene: 10, What: "deactivate", Text: long, Ticks: 10000, Mails: 1e5, Keys: keys,
			Versions: versions,
		})
	}
	for line := range strings.Lines(shown(t, false, events...)) {
		if n := layout.Length(strings.TrimSuffix(line, "\n")); n > Width {
			t.Errorf("%d characters: %s", n, line)
		}
	}
}

func ending() Event {
	return Event{
		Kind: End, At: noon, Keys: []Key{{second, Active}},
		Versions: []Version{
			{Number: 98, Labels: []string{"AWSPREVIOUS"}, AccessKeyID: first},
			{Number: 99, Labels: []string{"AWSCURRENT", "AWSPENDING"}, AccessKeyID: second},
		},
		Summary: &Summary{
			Mail: Mail{Sent: 1e6, CutOff: 10}, Attacker: Mail{Sent: 1000, CutOff: 1000},
			Invocations: 10000, Versions: 100, Days: 1000, Seconds: 1000,
			Promises: []Promise{{"Nothing is pending.", true}, {"Mail goes on.", false}},
		},
	}
}

func TestTheEndSaysWhichPromisesWereBroken(t *testing.T) {
	got := shown(t, false, ending())
	for _, want := range []string{
		"  mails sent    1,000,000   by", "access keys           1   ● AKIA…M4TE AWSCURRENT v99\n",
		"AWSCURRENT v99, AWSPREVIOUS v98\n",
		"✓ Nothing is pending.\n", "✕ broken: Mail goes on.\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
}
