package sendpolicy

import (
	"slices"
	"strings"
)

// guards are what Deny statements keep from happening, whatever is allowed.
type guards struct {
	sending   bool // all of it
	resources bool // all but certain identities
	sender    bool // all but certain senders
	source    bool // all but certain places
}

func (g *guards) add(d Document) {
	for _, s := range d.Statements {
		if s.Effect != deny || !s.sends() {
			continue
		}
		everywhere := slices.Contains(s.Resource, "*")
		switch {
		case len(s.Condition) == 0:
			g.sending = g.sending || everywhere
			g.resources = g.resources || len(s.NotResource) > 0 && !slices.ContainsFunc(s.NotResource, hasWildcard)
		case everywhere:
			g.source = g.source || s.Condition.keepOut(isSource)
			g.sender = g.sender || s.Condition.keepOut(func(key string) bool {
				return strings.EqualFold(key,
					"ses:FromAddress")
			})
		}
	}
}

// keepOut: the conditions hold for all but what certain keys say. A denial in all such cases leaves
// only those.
func (c Conditions) keepOut(certain func(key string) bool) bool {
	ok := len(c) > 0
	c.each(func(operator, key string, values Texts) {
		aside := strings.EqualFold(key, "aws:ViaAWSService") || strings.EqualFold(key, "aws:PrincipalIsAWSService")
		negated := strings.Contains(strings.TrimPrefix(operator, "ForAnyValue:"), "Not") &&
			!strings.HasPrefix(operator, "ForAllValues:")
		ok = ok && (aside || certain(key) && negated && !slices.ContainsFunc(values, anything))
	})
	return ok
}

// limit is the most that a permissions boundary leaves of a user's rights.
type limit struct {
	actions      []string // patterns, in small letters; nil: all
	sends        bool
	wideResource bool
	noSource     bool
	sender       bool
}

func unlimited() limit {
	return limit{sends: true, wideResource: true, noSource: true}
}

func limitOf(d Document) limit {
	l := limit{actions: []string{}, sender: true}
	var denied guards
	denied.add(d)
	for _, s := range d.Statements {
		if s.Effect != allow {
			continue
		}
		if len(s.NotAction) > 0 {
			l.actions = append(l.actions, "*")
		}
		for _, action := range s.Action {
			l.actions = append(l.actions, strings.ToLower(action))
		}
		if !s.sends() {
			continue
		}
		l.sends = true
		l.wideResource = l.wideResource || len(s.wideResources()) > 0
		l.noSource = l.noSource || !s.source().bound
		l.sender = l.sender && s.hasSender()
	}
	l.sends = l.sends && !denied.sending
	l.wideResource = l.wideResource && !denied.resources
	l.noSource = l.noSource && !denied.source
	l.sender = l.sends && (l.sender || denied.sender)
	return l
}

// leaves is what the boundary leaves of actions: each, or those of the boundary's that it has.
func (l limit) leaves(actions []string) (left []string) {
	for _, action := range actions {
		small := strings.ToLower(action)
		if l.actions == nil || slices.ContainsFunc(l.actions, func(most string) bool { return matches(most, small) }) {
			left = append(left, action)
			continue
		}
		for _, most := range l.actions {
			if matches(small, most) {
				left = append(left, most)
			}
		}
	}
	return left
}
