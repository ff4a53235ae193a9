package sendpolicy

import "slices"

// thief searches for a request that the denials let through.
type thief struct {
	requests
	denies  []*rule
	decided bool // the action is known already
	// worth reports whether it is worth searching on.
	worth func() bool
}

// finds calls found with the requests that no denial stops, until found returns true. It first
// applies the denials that can be escaped in only one way. For the others, it tries the first way
// out of each, then the last way out of each, and then all combinations.
func (t *thief) finds(found func() bool) bool {
	if !t.any() {
		return false
	}
	var choices [][]option
	for _, d := range t.denies {
		switch ways, spared := t.ways(d); {
		case spared:
		case len(ways) == 0:
			return false
		case len(ways) == 1:
			t.add(ways[0])
		default:
			choices = append(choices, ways)
		}
	}
	if !t.any() {
		return false
	}
	for _, choose := range []func([]option) option{first, last} {
		if len(choices) > 0 && t.takes(choices, choose) && found() {
			return true
		}
		t.untakes(choices, choose)
	}
	return t.escapes(choices, found)
}

func first(ways []option) option { return ways[0] }

func last(ways []option) option { return ways[len(ways)-1] }

// takes adds the chosen way out of each denial, and reports whether any request is left.
func (t *thief) takes(choices [][]option, choose func([]option) option) bool {
	for _, ways := range choices {
		t.add(choose(ways))
	}
	return t.any()
}

func (t *thief) untakes(choices [][]option, choose func([]option) option) {
	for _, ways := range slices.Backward(choices) {
		t.drop(choose(ways))
	}
}

// ways returns the ways out of a denial. spared means that it applies to none of the requests, so
// that none is needed.
func (t *thief) ways(by *rule) (ways []option, spared bool) {
	for _, need := range by.needs(t.decided) {
		if !t.possibleWithOption(need) {
			return nil, true
		}
		if way := need.opposite(); t.possibleWithOption(way) {
			ways = append(ways, way)
		}
	}
	return ways, false
}

func (t *thief) possibleWithOption(o option) bool {
	t.add(o)
	defer t.drop(o)
	return t.possible(o.part)
}

// escapes tries all ways out of the denials that are left.
func (t *thief) escapes(choices [][]option, found func() bool) bool {
	if !t.worth() {
		return false
	}
	for len(choices) > 0 && t.spared(choices[0]) {
		choices = choices[1:]
	}
	if len(choices) == 0 {
		return found()
	}
	for _, way := range choices[0] {
		t.add(way)
		done := t.possible(way.part) && t.escapes(choices[1:], found)
		t.drop(way)
		if done {
			return true
		}
	}
	return false
}

// spared reports whether the denial with these ways out applies to none of the requests any more.
func (t *thief) spared(ways []option) bool {
	return slices.ContainsFunc(ways, func(way option) bool { return !t.possibleWithOption(way.opposite()) })
}
