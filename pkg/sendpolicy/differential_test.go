package sendpolicy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// disagreements are what the audit's findings and the judgement don't have in common.
func disagreements(j judgement, findings []sendpolicy.Finding) (all []string) {
	has := func(least sendpolicy.Severity, codes ...sendpolicy.Code) bool {
		return slices.ContainsFunc(findings, func(f sendpolicy.Finding) bool {
			return f.Severity.AtLeast(least) && (len(codes) == 0 || slices.Contains(codes, f.Code))
		})
	}
	const high, medium, low = sendpolicy.High, sendpolicy.Medium, sendpolicy.Low
	for _, c := range []struct {
		wrong bool
		what  string
	}{
		{j.sender.sure && !has(high, sendpolicy.WideResource), "missed: a stranger's mail, no WideResource high"},
		{j.identity.sure && !has(medium, sendpolicy.WideResource), "missed: a stranger's identity, no WideResource"},
		{j.source.sure && !has(medium, sendpolicy.NoSource, sendpolicy.WideSource),
			"missed: a foreign source, neither NoSource nor WideSource"},
		{j.service.sure && !has(high, sendpolicy.WideAction, sendpolicy.HasNotAction, sendpolicy.IAMRights,
			sendpolicy.OtherRights), "missed: another service's action, nothing high about rights"},
		{j.manage.sure && !has(high, sendpolicy.WideAction, sendpolicy.HasNotAction, sendpolicy.OtherRights),
			"missed: an action of SES's that isn't sending, nothing high about rights"},
		{!j.sender.may && !j.service.may && !j.manage.may && has(high), "false: something high"},
		{!j.source.may && has(low, sendpolicy.NoSource, sendpolicy.WideSource), "false: NoSource or WideSource"},
		{!j.identity.may && has(medium, sendpolicy.WideResource), "false: WideResource"},
	} {
		if c.wrong {
			all = append(all, c.what)
		}
	}
	return all
}

// compare judges and audits a grant.
func compare(g grant) (judgement, []string) {
	j := theUniverse().judge(g)
	return j, disagreements(j, sendpolicy.Audit(g.access()))
}

// tally counts cases by what is allowed in them.
type tally map[string]int

func (t tally) note(j judgement) {
	for what, is := range map[string]bool{
		"all":                              true,
		"a stranger's identity and sender": j.sender.sure,
		"a stranger's identity":            j.identity.sure,
		"a stranger's identity, but no stranger's sender": j.identity.sure && !j.sender.may,
		"a foreign source":                      j.source.sure,
		"another service's action":              j.service.sure,
		"an action of SES's that isn't sending": j.manage.sure,
		"nothing of these":                      j.harmless(),
		"nothing high":                          !j.sender.may && !j.service.may && !j.manage.may,
		"something that may be argued about": j.sender.sure != j.sender.may || j.identity.sure != j.identity.may ||
			j.source.sure != j.source.may || j.service.sure != j.service.may || j.manage.sure != j.manage.may,
	} {
		if is {
			t[what]++
		} else {
			t[what] += 0
		}
	}
}

func (t tally) String() string {
	var lines []string
	for _, what := range slices.Sorted(maps.Keys(t)) {
		lines = append(lines, fmt.Sprintf("%9d %s", t[what], what))
	}
	return strings.Join(lines, "\n")
}

// differ compares as many grants, and prints each kind of disagreement at its smallest.
func differ(t *testing.T, seed uint64, cases int) {
	t.Helper()
	counts, wrong, smallest := tally{}, tally{}, map[string]grant{}
	var lock sync.Mutex
	var all sync.WaitGroup
	theUniverse()
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		all.Go(func() {
			for i := w; i < cases; i += workers {
				g := generated(seed + uint64(i))
				j, kinds := compare(g)
				lock.Lock()
				counts.note(j)
				for _, kind := range kinds {
					wrong[kind]++
					if old, found := smallest[kind]; wrong[kind] <= 20 && (!found || g.size() < old.size()) {
						smallest[kind] = g
					}
				}
				lock.Unlock()
			}
		})
	}
	all.Wait()
	t.Logf("seed %d, cases:\n%s", seed, counts)
	for what, n := range counts {
		if n == 0 {
			t.Errorf("the generator makes none with %s", what)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(wrong)) {
		g := shrink(smallest[kind], func(g grant) bool {
			_, kinds := compare(g)
			return slices.Contains(kinds, kind)
		})
		t.Errorf("%d times %s:\n%s", wrong[kind], kind, report2(g))
	}
}

// report2 describes a disagreement.
func report2(g grant) string {
	var b strings.Builder
	for _, p := range g.papers {
		fmt.Fprintf(&b, "  %s: %s\n", p.from, p)
	}
	if g.boundary != nil {
		fmt.Fprintf(&b, "  boundary: %s\n", g.boundary)
	}
	j := theUniverse().judge(g)
	for what, v := range map[string]verdict{"identity": j.identity, "sender": j.sender, "source": j.source,
		"service": j.service, "manage": j.manage} {
		if v.may {
			fmt.Fprintf(&b, "  judge: %s, sure %v: %s\n", what, v.sure, v.example)
		}
	}
	for _, f := range sendpolicy.Audit(g.access()) {
		fmt.Fprintf(&b, "  audit: %s %s: %s\n", f.Code, f.Severity, f.Message)
	}
	return b.String()
}

func (c call) String() string {
	context, err := json.Marshal(c.context)
	if err != nil {
		panic(err) // texts can always be written
	}
	return fmt.Sprintf("%s on %s with %s", c.action, c.resource, context)
}

// size is how much there is to read.
func (g grant) size() (n int) {
	g.each(func(r rule) {
		n += 10 + len(r.actions) + len(r.resources)
		for _, w := range r.when {
			n += 3 + len(w.values)
		}
	})
	return n + 20*len(g.papers)
}

// shrink leaves out whatever a grant needn't have to be what it is.
func shrink(g grant, is func(grant) bool) grant {
	for again := true; again; {
		again = false
		for _, smaller := range g.smaller() {
			if is(smaller) {
				g, again = smaller, true
				break
			}
		}
	}
	return g
}

// smaller are all grants that lack one thing, the larger things first.
func (g grant) smaller() (all []grant) {
	if g.boundary != nil {
		all = append(all, grant{papers: g.papers})
	}
	for i := range g.papers {
		if len(g.papers) > 1 {
			all = append(all, grant{slices.Delete(slices.Clone(g.papers), i, i+1), g.boundary})
		}
	}
	for i, p := range g.papers {
		for _, q := range p.smaller() {
			h := grant{slices.Clone(g.papers), g.boundary}
			h.papers[i] = q
			all = append(all, h)
		}
	}
	if g.boundary != nil {
		for _, q := range g.boundary.smaller() {
			all = append(all, grant{g.papers, &q})
		}
	}
	return all
}

func (p paper) smaller() (all []paper) {
	for i := range p.rules {
		if len(p.rules) > 1 {
			all = append(all, paper{p.from, slices.Delete(slices.Clone(p.rules), i, i+1), p.lists})
		}
	}
	for i, r := range p.rules {
		for _, s := range r.smaller() {
			q := paper{p.from, slices.Clone(p.rules), p.lists}
			q.rules[i] = s
			all = append(all, q)
		}
	}
	return all
}

func (r rule) smaller() (all []rule) {
	for i, w := range r.when {
		s := r
		s.when = slices.Delete(slices.Clone(r.when), i, i+1)
		all = append(all, s)
		for _, values := range lacking(w.values) {
			s := r
			s.when = slices.Clone(r.when)
			s.when[i].values = values
			all = append(all, s)
		}
	}
	for _, actions := range lacking(r.actions) {
		s := r
		s.actions = actions
		all = append(all, s)
	}
	for _, resources := range lacking(r.resources) {
		s := r
		s.resources = resources
		all = append(all, s)
	}
	return all
}

// lacking are the texts without each of them, if there are others.
func lacking(texts []string) (all [][]string) {
	for i := range texts {
		if len(texts) > 1 {
			all = append(all, slices.Delete(slices.Clone(texts), i, i+1))
		}
	}
	return all
}

func TestTheAuditFindsWhatThePoliciesAllowAndNothingElse(t *testing.T) {
	differ(t, 1, whole.Size(t, "grants", 5_000, 50_000))
}

func TestTheJudgesExamplesAreAllowed(t *testing.T) {
	u := theUniverse()
	for seed := range uint64(500) {
		g := generated(seed)
		j := u.judge(g)
		for _, v := range []verdict{j.identity, j.sender, j.source, j.service, j.manage} {
			if v.may && !g.allows(v.example) {
				t.Fatalf("seed %d: %s isn't allowed:\n%s", seed, v.example, report2(g))
			}
		}
	}
	for d := range dimensions {
		t.Log(d, u.size(d))
	}
}
