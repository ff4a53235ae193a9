package picture

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
)

// story is a short one: a key, an application, a crash, an attacker, another key.
func story(first, second string, mails int, delay time.Duration) []timeline.Event {
	nine := time.Date(2026, 12, 30, 9, 0, 0, 0, time.UTC)
	later := nine.AddDate(0, 0, 7)
	one := []timeline.Key{{ID: first, Status: timeline.Active}}
	sent := func(n, refused int) []timeline.Sender {
		return []timeline.Sender{
			{Name: "shop", AccessKeyID: first, Mail: timeline.Mail{Sent: n}},
			{Name: timeline.Attacker, AccessKeyID: first, Mail: timeline.Mail{Sent: 1, CutOff: refused}},
		}
	}
	version := func(n int, id string, labels ...string) timeline.Version {
		return timeline.Version{Number: n, AccessKeyID: id, Labels: labels}
	}
	return []timeline.Event{
		{Kind: timeline.Start, At: nine, What: "A life"},
		{Kind: timeline.Scene, At: nine, Scene: 1, What: "The first credential"},
		{Kind: timeline.People, At: nine, What: "operator", Text: "deploys it", Versions: []timeline.Version{
			version(1, "", "AWSCURRENT")}},
		{Kind: timeline.Step, At: nine.Add(delay), What: "create", AccessKeyID: first, Keys: one},
		{Kind: timeline.Step, At: nine.Add(delay), What: "verify", AccessKeyID: first, Refused: mails},
		{
			Kind: timeline.Step, At: nine.Add(delay), What: "promote", AccessKeyID: first, Keys: one,
			Versions: []timeline.Version{version(1, "", "AWSPREVIOUS"), version(2, first, "AWSCURRENT", "AWSPENDING")},
		},
		{Kind: timeline.People, At: nine, What: "shop", Text: "sends", Senders: sent(mails, 0)[:1]},
		{Kind: timeline.Scene, At: nine, Scene: 2, What: "A leak"},
		{Kind: timeline.Calm, At: later, Ticks: 168, Mails: mails, Senders: sent(2*mails, 0)[:1]},
		{Kind: timeline.Crash, At: later, What: "crash", Keys: one, Senders: sent(2*mails, 0)[:1]},
		{Kind: timeline.People, At: later, What: timeline.Attacker, Text: "sends", Senders: sent(2*mails, 0)},
		{Kind: timeline.Step, At: later, What: "deactivate", AccessKeyID: first, Keys: []timeline.Key{
			{ID: first, Status: timeline.Inactive}, {ID: second, Status: timeline.Active}}},
		{Kind: timeline.People, At: later, What: timeline.Attacker, Text: "is refused", Senders: sent(2*mails, mails)},
		{Kind: timeline.End, At: later, Senders: sent(2*mails, mails), Summary: &timeline.Summary{Days: 7}},
	}
}

func aStory() []timeline.Event { return story("AKIAONE", "AKIATWO", 3, time.Second) }

func TestWhatVariesFromRunToRunIsNotDrawn(t *testing.T) {
	if SVG(aStory()) != SVG(story("AKIATHREE", "AKIAFOUR", 700, 2*time.Minute)) {
		t.Error("other key IDs, counts of mail and delays make another picture")
	}
}

func TestWhatIsDrawnNeverMoves(t *testing.T) {
	events := aStory()
	all := layOut(events)
	for k := range events {
		if part := layOut(events[:k]); !slices.Equal(part.x, all.x[:k]) {
			t.Errorf("after %d events they are at %v, in the end at %v", k, part.x, all.x[:k])
		}
	}
}

// An image on a page has no scripts, and loads nothing.
func TestAPictureStandsForItself(t *testing.T) {
	events := aStory()
	for k := range len(events) + 1 {
		text := SVG(events[:k])
		for d := xml.NewDecoder(strings.NewReader(text)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("after %d events: %v in:\n%s", k, err, text)
			}
			if e, ok := token.(xml.StartElement); ok && e.Name.Local == "script" {
				t.Error("it has a script")
			}
		}
		if found := regexp.MustCompile(`href|@import|url\([^#]|NaN|Inf`).FindString(text); found != "" {
			t.Errorf("it has %s", found)
		}
	}
}

func TestAPictureIsAlsoInWords(t *testing.T) {
	text := SVG(aStory())
	for _, want := range []string{
		"<title id=\"t\">A life</title>",
		"Scene 1, The first credential: create key 1, verify key 1, promote key 1. Scene 2, A leak: crash, deactivate",
		"7 days, a crash, a leak: no mail failed.", ">operator deploys<", ">verify (535)<", ">crash<", ">leak<",
		">7 d<", ">30 Dec 2026<", ">6 Jan 2027<",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
}

func TestNamesAreEscaped(t *testing.T) {
	text := SVG([]timeline.Event{{Kind: timeline.Start, What: `<b>&"`}})
	if strings.Contains(text, "<b>") || !strings.Contains(text, "&lt;b&gt;&amp;") {
		t.Error(text)
	}
}

func TestMailThatFailedStandsOut(t *testing.T) {
	events := aStory()
	calm := slices.IndexFunc(events, func(e timeline.Event) bool { return e.Kind == timeline.Calm })
	for i := calm; i < len(events); i++ {
		if events[i].Senders != nil {
			events[i].Senders[0].Failed = 2
		}
	}
	events[len(events)-1].Summary.Mail.Failed = 2
	text := SVG(events)
	if strings.Count(text, `class="failed"`) != 1 || !strings.Contains(text, "2 mails failed") {
		t.Error(text)
	}
	if strings.Contains(SVG(aStory()), `class="failed"`) {
		t.Error("mail failed in a story in which none did")
	}
}

// An application that was cut off has as many crosses as refusals; an attacker has them all along.
func TestRefusalsAreCrosses(t *testing.T) {
	events := aStory()
	few := strings.Count(SVG(events), `class="refused"`)
	for i := range events {
		for s := range events[i].Senders {
			if events[i].What == timeline.Attacker && events[i].Text == "is refused" || events[i].Kind == timeline.End {
				if events[i].Senders[s].Name == "shop" {
					events[i].Senders[s].CutOff = 1
				}
			}
		}
	}
	if more := strings.Count(SVG(events), `class="refused"`); more != few+1 {
		t.Errorf("%d crosses, and %d if the shop was refused once", few, more)
	}
}

func ExampleSVG() {
	picture := SVG([]timeline.Event{{Kind: timeline.Start, What: "The life of an SMTP credential"}})
	fmt.Println(strings.Contains(picture, `<title id="t">The life of an SMTP credential</title>`))
	// Output: true
}
