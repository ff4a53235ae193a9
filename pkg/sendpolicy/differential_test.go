package sendpolicy_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// disagreements are the differences between the audit's findings and the judgement.
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
		{j.mild() && has(high), "false: something high"},
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

// tally counts cases by what they allow.
type tally map[string]int

// note counts a grant. It also counts grants that a Deny or a boundary narrows: an audit that
// ignores those, or trusts them all, must not pass.
func (t tally) note(g grant, j judgement) {
	judge := theUniverse().judge
	for what, is := range map[string]bool{
		"all":                              true,
		"a stranger's identity and sender": j.sender.sure,
		"a stranger's identity, but no stranger's sender": j.identity.sure && !j.sender.may,
		"a foreign source":                          j.source.sure,
		"another service's action":                  j.service.sure,
		"an action of SES's that isn't sending":     j.manage.sure,
		"nothing of these":                          j.harmless(),
		"nothing high":                              j.mild(),
		"something that may be argued about":        j.unsure(),
		"a Deny that takes something of these away": j.narrower(judge(g.withoutDenials())),
		"a boundary that does":                      g.boundary != nil && j.narrower(judge(grant{papers: g.papers})),
		"policies of a group": slices.ContainsFunc(g.papers, func(p paper) bool {
			return strings.HasPrefix(p.from, "group ")
		}),
	} {
		t[what] += map[bool]int{true: 1}[is]
	}
}

func (g grant) withoutDenials() grant {
	allowing := func(p paper) paper {
		p.rules = slices.DeleteFunc(slices.Clone(p.rules), func(r rule) bool { return r.deny })
		return p
	}
	var without grant
	for _, p := range g.papers {
		without.papers = append(without.papers, allowing(p))
	}
	if g.boundary != nil {
		p := allowing(*g.boundary)
		without.boundary = &p
	}
	return without
}

func (t tally) String() string {
	var lines []string
	for _, what := range slices.Sorted(maps.Keys(t)) {
		lines = append(lines, fmt.Sprintf("%9d %s", t[what], what))
	}
	return strings.Join(lines, "\n")
}

// differ compares that many grants, and prints the smallest example of each kind of disagreement.
func differ(t *testing.T, seed uint64, cases int) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // an audit allocates much but keeps little
	counts, wrong, some := tally{}, tally{}, map[string][]grant{}
	var lock sync.Mutex
	var all sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		all.Go(func() {
			for i := w; i < cases; i += workers {
				g := generated(seed + uint64(i))
				j, kinds := compare(g)
				mine := tally{}
				mine.note(g, j)
				lock.Lock()
				for what, n := range mine {
					counts[what] += n
				}
				for _, kind := range kinds {
					if wrong[kind]++; wrong[kind] <= 20 {
						some[kind] = append(some[kind], g)
					}
				}
				lock.Unlock()
			}
		})
	}
	all.Wait()
	t.Logf("from seed %d:\n%s", seed, counts)
	for what, n := range counts {
		if n == 0 {
			t.Errorf("the generator makes no grant with %s", what)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(wrong)) {
		t.Errorf("%d of %d: %s, such as:\n%s", wrong[kind], cases, kind, smallest(some[kind], kind))
	}
}

// shown is how many disagreements of a kind are printed.
const shown = 4

// smallest describes the smallest grants on which audit and judge still disagree in the same way,
// one of each form.
func smallest(grants []grant, kind string) string {
	forms := map[string]grant{}
	for _, g := range grants {
		g = shrink(g, func(g grant) bool {
			_, kinds := compare(g)
			return slices.Contains(kinds, kind)
		})
		if old, found := forms[g.form()]; !found || g.size() < old.size() {
			forms[g.form()] = g
		}
	}
	first := slices.SortedFunc(maps.Keys(forms), func(a, b string) int {
		return cmp.Or(cmp.Compare(forms[a].size(), forms[b].size()), cmp.Compare(a, b))
	})
	var b strings.Builder
	for _, form := range first[:min(len(first), shown)] {
		b.WriteString(forms[form].dispute())
	}
	return b.String()
}

// form is a grant's structure without its texts.
func (g grant) form() string {
	var b strings.Builder
	g.each(func(r rule) {
		fmt.Fprint(&b, r.deny, r.notActions, r.notResources, len(r.actions), len(r.resources))
		for _, w := range r.when {
			fmt.Fprint(&b, " ", strings.ToLower(w.operator), strings.ToLower(w.key), len(w.values))
		}
		b.WriteString("; ")
	})
	for _, f := range sendpolicy.Audit(g.access()) {
		fmt.Fprint(&b, f.Code, f.Severity, " ")
	}
	return b.String()
}

// dispute describes a grant, the judgement and the audit's findings.
func (g grant) dispute() string {
	var b strings.Builder
	b.WriteString(g.String())
	for _, v := range theUniverse().judge(g).verdicts() {
		if v.may {
			fmt.Fprintf(&b, "    allowed, %s (sure: %v): %s\n", v.of, v.sure, v.example.as(g))
		}
	}
	for _, f := range sendpolicy.Audit(g.access()) {
		fmt.Fprintf(&b, "    found: %s %s: %s\n", f.Code, f.Severity, f.Message)
	}
	return b.String()
}

// as returns the call's values of the keys in the grant's conditions, and the judgement.
func (c call) as(g grant) call {
	about := map[string]bool{"aws:sourceip": true, "aws:sourcevpce": true, "aws:sourcevpc": true,
		"ses:fromaddress": true}
	g.each(func(r rule) {
		for _, w := range r.when {
			about[strings.ToLower(w.key)] = true
		}
	})
	c.context = maps.Clone(c.context)
	maps.DeleteFunc(c.context, func(key string, _ []string) bool { return !about[key] })
	return c
}

func (c call) String() string {
	context, err := json.Marshal(c.context)
	if err != nil {
		panic(err) // never happens: texts can always be written
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

// shrink removes everything from a grant that it doesn't need for is to return true.
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

// smaller returns all grants that lack one thing, the larger things first.
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
	if p.lists {
		all = append(all, paper{p.from, p.rules, false})
	}
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
	if len(r.when) > 1 {
		s := r
		s.when = nil
		all = append(all, s)
	}
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

// lacking returns the list without each of its texts in turn, if there are several.
func lacking(texts []string) (all [][]string) {
	for i := range texts {
		if len(texts) > 1 {
			all = append(all, slices.Delete(slices.Clone(texts), i, i+1))
		}
	}
	return all
}

// TestTheAuditAndTheJudgeAgree is the differential test. Its long form is TestTheLongForm.
func TestTheAuditAndTheJudgeAgree(t *testing.T) {
	grants := whole.Size(t, "grants", 2_000, 20_000)
	if testing.Short() {
		grants = 200 // few, for the race detector: more wouldn't show it anything new
	}
	differ(t, 1, grants)
}
