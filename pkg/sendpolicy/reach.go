package sendpolicy

import (
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// reach is what one statement allows, as far as one of the boundary's allows it as well, and no
// other denies it.
type reach struct {
	allow  *rule
	within *rule // nil: there is no boundary
	denies []*rule
	// partitions is what ARNs are like where the user is.
	partitions glob.Demand
}

// covers tells whether both statements are about an action.
func (r reach) covers(action string) bool {
	return r.allow.covers(action) && (r.within == nil || r.within.covers(action))
}

// apart are those of the actions that the reach covers and the denials tell apart: for the others,
// all answers are the same.
func (r reach) apart(actions []string) (some []string) {
	seen := map[string]bool{}
	for _, a := range actions {
		if !r.covers(a) {
			continue
		}
		denied := make([]byte, len(r.denies))
		for i, d := range r.denies {
			if d.covers(a) {
				denied[i] = 1
			}
		}
		if !seen[string(denied)] {
			seen[string(denied)] = true
			some = append(some, a)
		}
	}
	return some
}

// allows tells whether a request for an action that the reach covers is allowed, and of the kinds.
func (r reach) allows(action string, kinds wanted) bool {
	for _, inside := range []bool{false, true} {
		s := r.search(action, inside, kinds)
		if s.escape(s.denies, func() bool { return true }) {
			return true
		}
	}
	return false
}

// allowsOther tells whether there is one for an action that meets the demands.
func (r reach) allowsOther(actions ...glob.Demand) bool {
	for _, inside := range []bool{false, true} {
		s := r.search("", inside, nil)
		s.actions = append(s.actions, actions...)
		if s.escape(s.denies, func() bool { return true }) {
			return true
		}
	}
	return false
}

// sources are the public addresses from which an action that the reach covers is allowed on an
// identity.
func (r reach) sources(action string) (all addressSet) {
	s := r.search(action, false, someIdentity)
	s.escape(s.denies, func() bool {
		all = all.union(s.addresses(sourceIP))
		return false
	})
	if s.steps > tooManySteps {
		return publicAddresses()
	}
	return all
}

// thief looks for a request that the denials let through.
type thief struct {
	requests
	denies  []*rule
	decided bool // which action it is
	steps   int
}

// tooManySteps are more than a thief is looked after. Then there is such a request: it is for the
// denials to be simple enough to be understood.
const tooManySteps = 1 << 14

func (r reach) search(action string, inside bool, kinds wanted) *thief {
	t := &thief{decided: action != ""}
	t.inside, t.clauses, t.kinds = inside, map[string][]clause{}, kinds
	if t.isMail = slices.Contains(sendings, action); t.isMail {
		t.resources = append(t.resources, r.partitions)
	}
	for _, rule := range []*rule{r.allow, r.within} {
		if rule != nil {
			for _, need := range rule.needs(t.decided) {
				t.add(need)
			}
		}
	}
	for _, d := range r.denies {
		if d.knowable() && (!t.decided || d.covers(action)) { // a thief may escape what can't be known
			t.denies = append(t.denies, d)
		}
	}
	return t
}

// escape calls found with the requests of each way in which all of the denials don't apply, until
// that returns true.
func (t *thief) escape(denies []*rule, found func() bool) bool {
	if t.steps == 0 && !t.any() {
		return false
	}
	if t.steps++; t.steps > tooManySteps {
		return true
	}
	for len(denies) > 0 && t.spared(denies[0]) {
		denies = denies[1:]
	}
	if len(denies) == 0 {
		return found()
	}
	for _, need := range denies[0].needs(t.decided) {
		way := need.opposite()
		t.add(way)
		done := t.possible(way.part) && t.escape(denies[1:], found)
		t.drop(way)
		if done {
			return true
		}
	}
	return false
}

// spared tells whether a denial can't apply: to none of the requests.
func (t *thief) spared(by *rule) bool {
	for _, need := range by.needs(t.decided) {
		t.add(need)
		is := t.possible(need.part)
		t.drop(need)
		if !is {
			return true
		}
	}
	return false
}
