package proof

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

var update = flag.Bool("update", false, "write "+matrixFile+" anew")

const (
	matrixFile = "MATRIX.md"
	longFile   = "testdata/long.json"
)

// longForm is what the parts of TestTheLongForm found last.
type longForm struct {
	Races   []longRow
	Hostile hostileRow
}

type hostileRow struct {
	Date        string
	Seed        uint64
	Lives       int
	Invocations int
	Failed      bool
	Took        string
}

type longRow struct {
	Date   string
	Name   string
	Trials int
	States int
	Ways   float64
	Broken int
	Took   string
}

// TestTheMatrixIsUpToDate compares the published page with what was enumerated just now: all of it,
// or only the answers to one fault, which the essential part also tries in every scene.
func TestTheMatrixIsUpToDate(t *testing.T) {
	if *update && !wholeWanted {
		t.Fatal("the page shows the whole: set WHOLE=1")
	}
	all := enumerate(t)
	part := &strings.Builder{}
	all.writeFaults(part)
	if wholeWanted {
		part.Reset()
		part.WriteString(all.page(t))
	}
	if *update {
		if err := os.WriteFile(matrixFile, []byte(part.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(matrixFile)
	if err != nil {
		t.Fatal(err)
	}
	if page := string(published); page != part.String() && (wholeWanted || !strings.HasSuffix(page, part.String())) {
		t.Errorf("%s is stale; write it anew with: WHOLE=1 go test ./pkg/rotation/proof -run TestTheMatrix -update",
			matrixFile)
	}
}

// page returns the matrix as it is published.
func (e enumeration) page(t *testing.T) string {
	var p strings.Builder
	all := e.total()
	fmt.Fprintf(&p, `# What was tried

The tests in this folder write this page, and `+"`WHOLE=1 go test`"+` fails if it is stale:

    WHOLE=1 go test ./pkg/rotation/proof -run TestTheMatrix -update

It says what [the tests](doc.go) do to the rotator, and how it did. IAM, Secrets Manager and SES are pkg/localaws; the
rotator and its adapters are the function's. After every effect an application reads AWSCURRENT and logs in, and a judge
that knows the history of every key and label checks the [promises](../../../deploy/docs/promises.md) P1 to P8. After
each run the function is started again, and ticks until all is quiet.

In all, %s states were visited; **%d** of them broke a promise.

| promise | was checked |
|---|---|
`, number(float64(all.states)), broken(all))
	for promise := honest; promise < promises; promise++ {
		fmt.Fprintf(&p, "| %s | %s times |\n", title(promise), number(float64(all.checks[promise])))
	}
	e.writeCampaigns(&p)
	writeMistakes(&p, t)
	writeLong(&p, t)
	e.writeFaults(&p)
	return p.String()
}

func title(p promise) string {
	if p == honest {
		return "the answer is true"
	}
	return p.String()
}

func broken(r report) (n int) {
	for _, times := range r.broken {
		n += times
	}
	return n
}

func (e enumeration) writeCampaigns(p *strings.Builder) {
	p.WriteString(`
## What is enumerated

A fault is one of these: an error without an effect; a definite refusal (for a login: 535); throttling; a secret that
takes no more versions; an effect whose answer is lost; the same, and the SDK tries again; an effect that comes at any
later moment; a process that is killed before or after the effect. Two invocations at once are interleaved call by call.
A state is the world and what the running invocations know. A way is one course of events from beginning to end; ways
that lead to the same state are counted separately. Two emergencies, or an emergency and a rollback, fence each other
off again and again, in more ways than can be tried. Of these pairs, two scenes are tried with up to two preemptions
(one invocation is paused for the other although it could go on); the long form tries more.

| | explorations | states | ways | broken |
|---|---:|---:|---:|---:|
`)
	for i, c := range e.campaigns {
		r := sum(e.reports[i])
		fmt.Fprintf(p, "| %s | %d | %s | %s | %d |\n", c.name, explored(e.reports[i]), number(float64(r.states)),
			number(r.ways), broken(r))
	}
	fmt.Fprintf(p, "\nThe scenes:\n\n- %s\n", strings.Join(sceneNames(), "\n- "))
	p.WriteString("\n### Two at once\n\n| | interleavings | explorations | states | ways | broken " +
		"|\n|---|---|---:|---:|---:|---:|\n")
	for i, a := range requests {
		for _, b := range requests[i:] {
			e.writePair(p, a, b)
		}
	}
}

func sceneNames() (names []string) {
	for _, sc := range scenes {
		names = append(names, sc.name)
	}
	return names
}

// writePair writes a row of the table of races: one pair of actions, with and without a killed
// process.
func (e enumeration) writePair(p *strings.Builder, a, b rotation.Request) {
	var found []report
	tried := "all"
	for i, c := range e.campaigns {
		for j, tr := range c.trials {
			if slices.Equal(tr.phases[0], []rotation.Request{a, b}) {
				found = append(found, e.reports[i][j])
				if tr.preemptions > 0 {
					tried = fmt.Sprintf("up to %d preemptions", tr.preemptions)
				}
			}
		}
	}
	if len(found) > 0 {
		r := sum(found)
		fmt.Fprintf(p, "| %s and %s | %s | %d | %s | %s | %d |\n", nameOf(a), nameOf(b), tried, explored(found),
			number(float64(r.states)), number(r.ways), broken(r))
	}
}

func writeMistakes(p *strings.Builder, t *testing.T) {
	p.WriteString(`
## Mistakes made on purpose

Each is a mistake that rotators make. It is put between the rotator and the world, and the judge has to find the promise
broken.

| mistake | breaks | seen in states |
|---|---|---:|
`)
	for i := range mistakes {
		m := &mistakes[i]
		fmt.Fprintf(p, "| %s | %s | %d |\n", m.name, title(m.breaks), m.sightings(t))
	}
}

func writeLong(p *strings.Builder, t *testing.T) {
	p.WriteString(`
## The long form

The long form has what takes too long for every day, and a hostile world: lives with random faults at any call,
overlapping invocations, stale reads, late propagation, clocks that differ by a minute, schedules that stop for a month,
and people who make, deactivate, activate and delete keys, move labels and edit the value. At the end of each life,
ticks have to bring everything into order.

    go test -tags long -run TestTheLongForm -timeout 6h ./pkg/rotation/proof

Each part also runs alone, for example with -run TestTheLongForm/a_hostile_world.

`)
	l := readLong(t)
	p.WriteString("| | on | explorations | states | ways | broken | took |\n|---|---|---:|---:|---:|---:|---:|\n")
	for _, r := range l.Races {
		fmt.Fprintf(p, "| %s | %s | %d | %s | %s | %d | %s |\n", r.Name, r.Date, r.Trials, number(float64(r.States)),
			number(r.Ways), r.Broken, r.Took)
	}
	verdict := "nothing was broken"
	if l.Hostile.Failed {
		verdict = "promises were broken"
	}
	fmt.Fprintf(p, "\nThe hostile world, on %s, from seed %d on, in %s:\n%s invocations in %s lives; %s.\n",
		l.Hostile.Date, l.Hostile.Seed, l.Hostile.Took, number(float64(l.Hostile.Invocations)),
		number(float64(l.Hostile.Lives)), verdict)
}

func readLong(t *testing.T) (l longForm) {
	t.Helper()
	text, err := os.ReadFile(longFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &l); err != nil {
		t.Fatal(err)
	}
	return l
}

// writeFaults writes the table of single faults: what each action answered if one of its calls met
// a fault.
func (e enumeration) writeFaults(p *strings.Builder) {
	p.WriteString("\n## One fault: the answers\n\nEach row is one action in one scene. A cell has the answers " +
		"to the fault, and how often each came.\n")
	for i, tr := range e.campaigns[0].trials {
		if i%len(requests) == 0 {
			fmt.Fprintf(p, "\n### %s\n\n| | no fault |", tr.scene.name)
			for _, f := range kinds[1:] {
				fmt.Fprintf(p, " %s |", f)
			}
			fmt.Fprintf(p, "\n|---|%s\n", strings.Repeat("---|", len(kinds)))
		}
		fmt.Fprintf(p, "| %s |", nameOf(tr.phases[0][0]))
		for _, f := range kinds {
			fmt.Fprintf(p, " %s |", e.reports[0][i].answers(f))
		}
		p.WriteString("\n")
	}
}

// kinds are all faults, in the order of the columns.
var kinds = []fault{none, failed, refused, throttled, full, lost, again, late, killedBefore, killedAfter}

// answers returns the answers to a fault, with how often each came.
func (r report) answers(f fault) string {
	counts := map[string]int{}
	for m, n := range r.outcomes {
		if m.fault == f {
			counts[m.outcome] += n
		}
	}
	var texts []string
	for _, answer := range slices.Sorted(maps.Keys(counts)) {
		text := answer
		if counts[answer] > 1 {
			text = fmt.Sprintf("%s ×%d", answer, counts[answer])
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}
