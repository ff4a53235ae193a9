package sendpolicy

import (
	"maps"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// Parts of a request that aren't keys.
const (
	action   = "action"
	resource = "resource"
)

// requests are all the requests that meet what is demanded here. A thief chooses everything about a
// request, except that it either has a public address or comes through an endpoint.
type requests struct {
	inside    bool     // they come through a VPC endpoint
	keys      []string // the SES keys that they have
	now       float64  // in seconds
	memory    *glob.Memory
	actions   []glob.Demand
	resources []glob.Demand
	clauses   map[string][]clause // by key
	kinds     wanted
}

// wanted are the kinds that parts of a request must be of, by part.
type wanted map[string][]glob.Kind

// any reports whether there is a request.
func (r *requests) any() bool {
	parts := slices.Concat([]string{action, resource}, slices.Collect(maps.Keys(r.clauses)),
		slices.Collect(maps.Keys(r.kinds)))
	return !slices.ContainsFunc(parts, func(part string) bool { return !r.possible(part) })
}

// possible reports whether there is a request, as far as one of its parts is concerned. The parts
// are independent.
func (r *requests) possible(part string) bool {
	switch part {
	case action:
		return r.memory.Possible(r.actions, r.kinds[action]...)
	case resource:
		return r.memory.Possible(r.resources, append([]glob.Kind{glob.Resource{}}, r.kinds[resource]...)...)
	}
	return r.possibleWithout(part) || r.possibleWith(part)
}

// possibleWithout reports whether there is a request that lacks the key. If an action doesn't tell
// IAM a key, its value may be of any kind.
func (r *requests) possibleWithout(key string) bool {
	_, lacks := r.presence(key)
	return lacks && (len(r.kinds[key]) == 0 || r.untold(key)) &&
		!slices.ContainsFunc(r.clauses[key], func(c clause) bool { return !c.without() })
}

// presence reports whether some requests have the key, and whether some lack it.
func (r *requests) presence(key string) (has, lacks bool) {
	switch is := facts[key].presence; {
	case r.untold(key):
		return false, true
	case is == optional:
		return true, true
	case is == always:
		return true, false
	default:
		has = (is == inside) == r.inside
		return has, !has
	}
}

// untold reports whether the key is an SES key that the requests don't have.
func (r *requests) untold(key string) bool {
	return strings.HasPrefix(key, "ses:") && !slices.Contains(r.keys, key)
}

// possibleWith reports whether there is a request that has the key.
func (r *requests) possibleWith(key string) bool {
	fact := facts[key]
	has, _ := r.presence(key)
	if !has || slices.ContainsFunc(r.clauses[key], func(c clause) bool { return !c.with() }) {
		return false
	}
	switch {
	case slices.Contains(fact.kinds, ofNetwork):
		return !r.addresses(key).isEmpty()
	case slices.Contains(fact.kinds, ofDate):
		return timeMeets(r.clauses[key], r.now)
	case key == recipientsKey:
		return r.textsMeet(r.clauses[key])
	}
	demands := demandsOf(r.clauses[key])
	if values := fact.values(); len(values) > 0 {
		demands = append(demands, demandOf(values, nil, glob.Wildcards{None: true, Fold: true}))
	}
	if fact.like != "" {
		demands = append(demands, demandOf(Texts{fact.like}, nil, glob.Wildcards{}))
	}
	kinds := r.kinds[key]
	if key == fromAddress {
		kinds = append(slices.Clone(kinds), glob.Address{})
	}
	return r.memory.Left.Possible(demands, kinds...)
}

func demandsOf(clauses []clause) (demands []glob.Demand) {
	for _, c := range clauses {
		if d, ok := c.demand(); ok {
			demands = append(demands, d)
		}
	}
	return demands
}

// textsMeet reports whether a key with several values can meet the clauses. All values together
// must meet what is demanded of all, and for each demand on any value, one of them must meet that
// as well.
func (r *requests) textsMeet(clauses []clause) bool {
	var ofAll, ofAny []glob.Demand
	for _, c := range clauses {
		d, ok := c.demand()
		switch {
		case !ok || c.set == "": // IAM doesn't document how it compares several values then
		case (c.set == forAll) == c.holds:
			ofAll = append(ofAll, d)
		default:
			ofAny = append(ofAny, d)
		}
	}
	for _, d := range ofAny {
		if !r.memory.Left.Possible(append(slices.Clone(ofAll), d)) {
			return false
		}
	}
	return r.memory.Left.Possible(ofAll)
}

// add adds an option that the requests must meet, and drop removes the one that was added last.
func (r *requests) add(o option) {
	switch o.part {
	case action:
		r.actions = append(r.actions, o.demand)
	case resource:
		r.resources = append(r.resources, o.demand)
	default:
		r.clauses[o.part] = append(r.clauses[o.part], o.clause)
	}
}

func (r *requests) drop(o option) {
	switch o.part {
	case action:
		r.actions = r.actions[:len(r.actions)-1]
	case resource:
		r.resources = r.resources[:len(r.resources)-1]
	default:
		r.clauses[o.part] = r.clauses[o.part][:len(r.clauses[o.part])-1]
	}
}
