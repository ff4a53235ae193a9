package sendpolicy

import (
	"fmt"
	"slices"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// reach is what one statement allows, as far as one of the boundary's statements allows it too and
// no statement denies it.
type reach struct {
	allow  *rule
	within *rule // nil: there is no boundary
	denies []*rule
	// partitions is what ARNs in the user's partition look like.
	partitions glob.Demand
	now        float64      // in seconds; what has expired by then allows nothing
	memory     *glob.Memory // shared by all reaches
}

// covers reports whether both statements apply to an action.
func (r reach) covers(action string) bool {
	return r.allow.covers(action) && (r.within == nil || r.within.covers(action))
}

// apart returns those of the covered actions that differ in what denies them or in their keys. All
// other actions have the same answers as one of these.
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
		if like := fmt.Sprint(keysOf(a), denied); !seen[like] {
			seen[like] = true
			some = append(some, a)
		}
	}
	return some
}

// allows reports whether some request of these kinds for a covered action is allowed.
func (r reach) allows(action string, kinds wanted) bool {
	for _, inside := range []bool{false, true} {
		if r.search(action, inside, kinds).finds(func() bool { return true }) {
			return true
		}
	}
	return false
}

// allowsOther reports whether some request is allowed for an action of the service that meets the
// demands.
func (r reach) allowsOther(service string, actions ...glob.Demand) bool {
	for _, inside := range []bool{false, true} {
		t := r.search("", inside, nil)
		t.keys = keysOf(service + ":")
		t.actions = append(t.actions, actions...)
		if t.finds(func() bool { return true }) {
			return true
		}
	}
	return false
}

// sources returns the public addresses from which a covered action is allowed on some identity.
func (r reach) sources(action string) (all addressSet) {
	t := r.search(action, false, someIdentity)
	t.worth = func() bool { return !t.addresses(sourceIP).minus(all).isEmpty() }
	t.finds(func() bool {
		all = all.union(t.addresses(sourceIP))
		return all.isAll()
	})
	if r.memory.Left < 0 {
		return publicAddresses()
	}
	return all
}

func (r reach) search(action string, inside bool, kinds wanted) *thief {
	t := &thief{decided: action != "", worth: func() bool { return true }}
	t.inside, t.clauses, t.kinds, t.now, t.memory = inside, map[string][]clause{}, kinds, r.now, r.memory
	t.keys = keysOf(action)
	if slices.Contains(sendings, action) {
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
		if d.knowable() && (!t.decided || d.covers(action)) { // a thief may escape the others
			t.denies = append(t.denies, d)
		}
	}
	return t
}
