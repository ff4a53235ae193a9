package live

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline/picture"
)

func serve(t *testing.T) *Page {
	t.Helper()
	p, err := Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// get answers a request whose header may be changed first.
func get(t *testing.T, url string, change func(*http.Request)) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// watcher is a browser that listens.
type watcher struct {
	t     *testing.T
	lines *bufio.Scanner
}

func watch(t *testing.T, p *Page, lastID string) watcher {
	t.Helper()
	answer := get(t, p.URL+"events", func(r *http.Request) {
		if lastID != "" {
			r.Header.Set("Last-Event-ID", lastID)
		}
	})
	if kind := answer.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("content type %q", kind)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return watcher{t, lines}
}

// next is the next message, or nil at the end.
func (w watcher) next() *message {
	w.t.Helper()
	for w.lines.Scan() {
		data, ok := strings.CutPrefix(w.lines.Text(), "data: ")
		if !ok {
			continue
		}
		var m message
		if err := json.Unmarshal([]byte(data), &m); err != nil {
			w.t.Fatal(err)
		}
		return &m
	}
	if err := w.lines.Err(); err != nil {
		w.t.Fatal(err)
	}
	return nil
}

func (w watcher) want(kinds ...timeline.Kind) (last *message) {
	w.t.Helper()
	for _, kind := range kinds {
		last = w.next()
		if last == nil || last.Kind != kind {
			w.t.Fatalf("got %+v, want %s", last, kind)
		}
	}
	return last
}

func show(p *Page, kinds ...timeline.Kind) {
	for i, kind := range kinds {
		p.Show(timeline.Event{Kind: kind, At: time.Unix(1, 0), Scene: 1, What: "A title", Ticks: i})
	}
}

func done(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	case <-time.After(10 * time.Millisecond):
		return false
	}
}

func TestEventsComeAsTheyHappen(t *testing.T) {
	p := serve(t)
	get(t, p.URL, nil)
	if done(p.Watched()) {
		t.Error("a page that doesn't listen yet is watching")
	}
	w := watch(t, p, "")
	<-p.Watched()
	show(p, timeline.Start)
	if first := w.want(timeline.Start); !strings.Contains(first.Picture, "<svg") {
		t.Errorf("no picture: %+v", first)
	}
	show(p, timeline.Scene, timeline.Calm)
	w.want(timeline.Scene)
	if calm := w.want(timeline.Calm); calm.Calm != "1 hour: 1 tick with nothing to do" {
		t.Errorf("calm %q", calm.Calm)
	}
	if done(p.Complete()) {
		t.Error("it is complete without the end")
	}
	show(p, timeline.End)
	w.want(timeline.End)
	<-p.Complete()
	if m := w.next(); m != nil {
		t.Errorf("after the end: %+v", m)
	}
}

func TestAPageThatIsOpenedAgainGetsEverything(t *testing.T) {
	p := serve(t)
	show(p, timeline.Start, timeline.Scene, timeline.Crash)
	for range 2 {
		w := watch(t, p, "")
		if m := w.want(timeline.Start, timeline.Scene); m.Picture != "" {
			t.Error("an event that isn't the last has a picture")
		}
		if m := w.want(timeline.Crash); m.Picture == "" {
			t.Error("no picture")
		}
	}
	show(p, timeline.End)
	watch(t, p, "").want(timeline.Start, timeline.Scene, timeline.Crash, timeline.End)
}

func TestABrowserThatLostTheConnectionGetsTheRest(t *testing.T) {
	p := serve(t)
	show(p, timeline.Start, timeline.Scene, timeline.Crash)
	watch(t, p, "1").want(timeline.Crash)
	watch(t, p, "nonsense").want(timeline.Start)
	show(p, timeline.End)
	if m := watch(t, p, "3").next(); m != nil {
		t.Errorf("got %+v again", m)
	}
}

func TestAPageThatIsClosedEndsItsStreams(t *testing.T) {
	p := serve(t)
	w := watch(t, p, "")
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if m := w.next(); m != nil {
		t.Errorf("got %+v", m)
	}
	if _, err := http.Get(p.URL); err == nil {
		t.Error("it is still served")
	}
}

func TestNobodyElseSeesAnything(t *testing.T) {
	p := serve(t)
	show(p, timeline.Start)
	other := "http://" + p.host + "/"
	for _, c := range []struct {
		name, url, host, method string
		want                    int
	}{
		{"the page", p.URL, "", "GET", 200},
		{"the path's beginning", other, "", "GET", 404},
		{"another path", other + "ABC/", "", "GET", 404},
		{"another path's events", other + "ABC/events", "", "GET", 404},
		{"what isn't there", p.URL + "x", "", "GET", 404},
		{"another host by the right path", p.URL, "rebound.example.com", "GET", 421},
		{"another host's events", p.URL + "events", "rebound.example.com", "GET", 421},
		{"localhost", p.URL, "localhost", "GET", 421},
		{"a method that changes", p.URL, "", "POST", 405},
	} {
		answer := get(t, c.url, func(r *http.Request) { r.Host, r.Method = c.host, c.method })
		body, err := io.ReadAll(answer.Body)
		if answer.StatusCode != c.want || err != nil {
			t.Errorf("%s: %s, %v", c.name, answer.Status, err)
		}
		if c.want != 200 && strings.Contains(string(body), p.token) {
			t.Errorf("%s: the answer tells the path", c.name)
		}
		if h := answer.Header; h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" ||
			!strings.HasPrefix(h.Get("Content-Security-Policy"), "default-src 'none'; connect-src 'self'; ") {
			t.Errorf("%s: %v", c.name, h)
		}
	}
	if !strings.HasPrefix(p.URL, "http://127.0.0.1:") || len(p.token) < 26 || serve(t).token == p.token {
		t.Errorf("URL %s", p.URL)
	}
}

// A browser runs and applies only what the policy has the hash of.
func TestThePolicyAllowsWhatThePageIsMadeOf(t *testing.T) {
	p := serve(t)
	answer := get(t, p.URL, nil)
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	all := string(body) + picture.SVG(nil)
	found := regexp.MustCompile(`(?s)<(style|script)>(.*?)</`).FindAllStringSubmatch(all, -1)
	if len(found) != 3 {
		t.Fatalf("%d styles and scripts", len(found))
	}
	for _, f := range found {
		_, rest, _ := strings.Cut(answer.Header.Get("Content-Security-Policy"), f[1]+"-src ")
		sources, _, _ := strings.Cut(rest, ";")
		if !strings.Contains(sources, hash(f[2])) {
			t.Errorf("a %s isn't among %s", f[1], sources)
		}
	}
	if policy := answer.Header.Get("Content-Security-Policy"); strings.ContainsAny(policy, "*") ||
		strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is wide: %s", policy)
	}
	if found := regexp.MustCompile(`\{\{|style="|src=|https?:`).FindString(string(body)); found != "" {
		t.Errorf("the page has %q", found)
	}
}

// Else what is below the picture would jump when the first one comes.
func TestThePageKeepsThePicturesPlaceFree(t *testing.T) {
	size := regexp.MustCompile(`viewBox="0 0 (\d+) (\d+)"`).FindStringSubmatch(picture.SVG(nil))
	if want := "aspect-ratio: " + size[1] + " / " + size[2]; !strings.Contains(style, want) {
		t.Errorf("page.css doesn't say %s", want)
	}
}

func TestABrowserThatDoesNotReadDoesNotKeepThePageFromClosing(t *testing.T) {
	p := serve(t)
	get(t, p.URL+"events", nil)
	long := strings.Repeat("x", 1<<20)
	for range 20 { // more than buffers take
		p.Show(timeline.Event{Kind: timeline.People, Text: long})
	}
	began := time.Now()
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took < grace || took > 10*grace {
		t.Errorf("it took %v", took)
	}
}
