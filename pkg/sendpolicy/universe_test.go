package sendpolicy_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go4.org/netipx"
)

// A universe is all requests, as far as the generator's policies can distinguish them. They aren't
// tried one by one. A request is a choice in each of a few dimensions (the action, the resource,
// where it comes from, the From address and so on), and each element of a statement is about one
// dimension. So a statement matches a box: a set of choices in each dimension. What is allowed is
// the intersection of an allowing box and a box of the boundary's, without each denying box. The
// part of a box that is outside another one is again a few boxes, one for each dimension.
//
// Each choice is an example, such as an ARN, and the evaluator decides for the example. The
// examples suffice because they are derived from the pool: see texts and stretches.

// dimension is a respect in which requests differ.
type dimension int

const (
	byAction dimension = iota
	byResource
	bySource
	bySender
	byRecipients
	byName
	byBounces
	byVersion
	byTime
	byTLS
	byAgent
	byService   // aws:ViaAWSService
	byPrincipal // aws:PrincipalIsAWSService
	dimensions
)

// choices is a set of choices, by number.
type choices []uint64

func none(of int) choices { return make(choices, (of+63)/64) }

func (c choices) add(i int)      { c[i/64] |= 1 << (i % 64) }
func (c choices) has(i int) bool { return c[i/64]>>(i%64)&1 != 0 }

func (c choices) empty() bool {
	for _, w := range c {
		if w != 0 {
			return false
		}
	}
	return true
}

func (c choices) meets(d choices) bool {
	for i := range c {
		if c[i]&d[i] != 0 {
			return true
		}
	}
	return false
}

// with returns the choices that both have. nil means all.
func (c choices) with(d choices) choices {
	if c == nil || d == nil {
		return slices.Concat(c, d)
	}
	both := slices.Clone(c)
	for i := range both {
		both[i] &= d[i]
	}
	return both
}

func (c choices) but(d choices) choices {
	rest := slices.Clone(c)
	for i := range rest {
		rest[i] &^= d[i]
	}
	return rest
}

func (c choices) each(f func(i int)) {
	for i := range len(c) * 64 {
		if c.has(i) {
			f(i)
		}
	}
}

// box is the requests whose choice in each dimension is in the box's set. nil means all.
type box [dimensions]choices

func (b box) with(c box) (both box, some bool) {
	for d := range b {
		if both[d] = b[d].with(c[d]); both[d] != nil && both[d].empty() {
			return box{}, false
		}
	}
	return both, true
}

// universe is all requests, with what is known about their elements.
type universe struct {
	actions   []string
	resources []string
	identity  []string                          // by resource: the name, if it is an identity
	contexts  [dimensions][]map[string][]string // by choice; actions and resources have none
	sources   []source
	keys      map[string]dimension // by condition key
	odd       [dimensions][]int    // choices that may not exist
	every     box                  // all choices
	proper    box                  // all without odd ones

	matched sync.Map // element of a policy: choices
}

// source is where a request comes from.
type source struct {
	stretch              // of public addresses
	endpoint, vpc string // or through an endpoint
}

var theUniverse = sync.OnceValue(newUniverse)

func newUniverse() *universe {
	u := &universe{keys: map[string]dimension{}}
	u.addActions()
	u.addResources()
	u.addSources()
	u.addTexts(bySender, "ses:FromAddress", ofAddresses, in(heldSenders, wideSenders),
		slices.Concat(folded("app@example.com"), patterns("mailer@example.com"), held()))
	u.addTexts(byName, "ses:FromDisplayName", anything, names, nil)
	u.addTexts(byBounces, "ses:FeedbackAddress", ofAddresses, bounces, nil)
	u.addTexts(byAgent, "aws:UserAgent", anything, agents, nil)
	u.addKey(byVersion, "ses:ApiVersion", "1", "2")
	u.addKey(byTime, "aws:CurrentTime", around(dates)...)
	u.addKey(byTLS, "aws:SecureTransport", "true", "false")
	u.addKey(byService, "aws:ViaAWSService", "false")
	u.addKey(byPrincipal, "aws:PrincipalIsAWSService", "false")
	u.addRecipients()
	for d := range dimensions {
		u.every[d] = u.all(d, func(int) bool { return true })
		u.proper[d] = u.all(d, func(i int) bool { return !slices.Contains(u.odd[d], i) })
	}
	return u
}

// held are patterns of names and addresses in the domains that policies name in full.
func held() (all []telling) {
	for _, d := range heldDomains {
		all = append(all, folded(d, "*."+d, "*@"+d)...)
	}
	return all
}

func (u *universe) addKey(d dimension, key string, values ...string) {
	key = strings.ToLower(key)
	u.keys[key] = d
	if strings.HasPrefix(key, "ses:") { // other keys are in every request
		u.contexts[d] = append(u.contexts[d], map[string][]string{})
	}
	for _, v := range values {
		u.contexts[d] = append(u.contexts[d], map[string][]string{key: {v}})
	}
}

// addTexts adds a key with examples of all the texts that the generator's patterns distinguish.
func (u *universe) addTexts(d dimension, key string, g grammar, of []string, others []telling) {
	u.addKey(d, key, texts(g, slices.Concat(patterns(of...), literals(of...), others))...)
	for _, v := range oddities(g, of) {
		u.odd[d] = append(u.odd[d], len(u.contexts[d]))
		u.contexts[d] = append(u.contexts[d], map[string][]string{strings.ToLower(key): {v}})
	}
}

// oddities are texts with wildcards that no request can have. StringEquals treats them like any
// other text, and an audit may not know that no such VPC or domain exists.
func oddities(g grammar, of []string) []string {
	return slices.DeleteFunc(slices.Clone(of), func(t string) bool {
		return !strings.ContainsAny(t, "*?") || strings.Contains(t, "${") || g.has(t)
	})
}

func (u *universe) addRecipients() {
	u.keys["ses:recipients"] = byRecipients
	u.contexts[byRecipients] = []map[string][]string{{}}
	odd := oddities(ofAddresses, recipients)
	for _, some := range subsets(slices.Concat(texts(ofAddresses, slices.Concat(patterns(recipients...),
		literals(recipients...))), odd)) {
		if slices.ContainsFunc(some, func(t string) bool { return slices.Contains(odd, t) }) {
			u.odd[byRecipients] = append(u.odd[byRecipients], len(u.contexts[byRecipients]))
		}
		u.contexts[byRecipients] = append(u.contexts[byRecipients], map[string][]string{"ses:recipients": some})
	}
}

// theDay is the time of the audit. A thief can wait, but not go back.
const theDay = "2026-01-01T00:00:00Z"

// around returns instants before, at and after each date, but none before theDay.
func around(dates []string) (all []string) {
	for _, d := range append(dates, theDay) {
		for _, s := range []time.Duration{-1, 0, 1} {
			if at := instant(d).Add(s * time.Second); !at.Before(instant(theDay)) {
				all = append(all, at.Format(time.RFC3339))
			}
		}
	}
	return all
}

// subsets returns all non-empty subsets of the texts.
func subsets(texts []string) (all [][]string) {
	for i := 1; i < 1<<len(texts); i++ {
		var some []string
		for j, t := range texts {
			if i>>j&1 != 0 {
				some = append(some, t)
			}
		}
		all = append(all, some)
	}
	return all
}

func (u *universe) addActions() {
	all := slices.Concat(narrowActions, readingActions, wideActions)
	for _, actions := range realActions {
		u.actions = append(u.actions, actions...)
	}
	slices.Sort(u.actions)
	classes := folded(in(all, realActions[mailing], realActions[bouncing], realActions[bulk],
		[]string{"ses:*", "ses:Get*", "ses:List*", "ses:Describe*"})...)
	for _, a := range texts(ofActions, classes) {
		if !slices.ContainsFunc(u.actions, func(real string) bool { return strings.EqualFold(a, real) }) {
			u.actions = append(u.actions, a)
		}
	}
}

// oddName is what ${*}example.com means.
const oddName = "*example.com"

func (u *universe) addResources() {
	tellings := patterns("mailer.example.com")
	for _, n := range in(heldNames, wideNames) {
		if !strings.Contains(n, "${") {
			tellings = append(tellings, patterns(n)...)
		}
	}
	names := append(texts(ofNames, append(tellings, held()...)), oddName)
	for _, region := range []string{"eu-west-1", "us-east-1", "eu-north-1", "ap-south-1"} {
		for _, account := range []string{"111122223333", "999988887777"} {
			for _, name := range names {
				u.resources = append(u.resources, fmt.Sprintf("arn:aws:ses:%s:%s:identity/%s", region, account, name))
				if u.identity = append(u.identity, name); name == oddName {
					u.odd[byResource] = append(u.odd[byResource], len(u.identity)-1)
				}
			}
		}
	}
	for _, r := range []string{ses1 + "configuration-set/mail", ses1 + "configuration-set/other",
		"arn:aws:ses:us-east-1:111122223333:configuration-set/mail", ses1 + "template/welcome", ses1 + "template/other",
		"arn:aws:s3:::backup/dump", "arn:aws:s3:::other", "arn:aws:iam::111122223333:user/mailer",
		"arn:aws:iam::111122223333:user/root", "arn:aws:iam::111122223333:role/admin",
		"arn:aws:lambda:eu-west-1:111122223333:function:pay",
		"arn:aws:secretsmanager:eu-west-1:111122223333:secret:db", "*"} {
		u.resources = append(u.resources, r)
		u.identity = append(u.identity, "")
	}
}

func (u *universe) addSources() {
	var sets []*netipx.IPSet
	for _, n := range in(ownNetworks, wideNetworks) {
		sets = append(sets, setOf(n))
	}
	for _, networks := range addressTexts {
		sets = append(sets, setOf(networks...))
	}
	put := func(s source, odd bool, context map[string][]string) {
		if odd {
			u.odd[bySource] = append(u.odd[bySource], len(u.sources))
		}
		u.sources = append(u.sources, s)
		u.contexts[bySource] = append(u.contexts[bySource], context)
	}
	for _, s := range stretches(sets) {
		put(source{stretch: s}, s.is != public, map[string][]string{"aws:sourceip": {s.one.String()}})
	}
	sets = nil
	for _, n := range innerNetworks {
		sets = append(sets, setOf(n))
	}
	inner := stretches(sets)
	endpoints, odd := ids("vpce-", in(ownEndpoints, wideEndpoints))
	vpcs, oddVPCs := ids("vpc-", in(ownVPCs, wideVPCs))
	odd = append(odd, oddVPCs...)
	for _, e := range endpoints {
		for _, v := range vpcs {
			for _, s := range inner {
				isOdd := slices.Contains(odd, e) || slices.Contains(odd, v)
				put(source{endpoint: e, vpc: v}, isOdd, map[string][]string{"aws:sourcevpce": {e}, "aws:sourcevpc": {v},
					"aws:vpcsourceip": {s.one.String()}})
			}
		}
	}
	for _, key := range []string{"aws:sourceip", "aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"} {
		u.keys[key] = bySource
	}
}

// ids returns examples of IDs, and which of them are odd.
func ids(prefix string, of []string) (all, odd []string) {
	of = slices.DeleteFunc(of, func(t string) bool { return strings.Contains(t, "${") })
	odd = oddities(ofIDs(prefix), of)
	return append(texts(ofIDs(prefix), patterns(of...)), odd...), odd
}

func (u *universe) size(d dimension) int {
	switch d {
	case byAction:
		return len(u.actions)
	case byResource:
		return len(u.resources)
	}
	return len(u.contexts[d])
}

// all returns the choices for which f holds.
func (u *universe) all(d dimension, f func(i int) bool) choices {
	c := none(u.size(d))
	for i := range u.size(d) {
		if f(i) {
			c.add(i)
		}
	}
	return c
}

// remembered returns the choices for which f holds. They must depend only on the element, because
// they are cached.
func (u *universe) remembered(d dimension, element string, f func(i int) bool) choices {
	type key struct {
		d       dimension
		element string
	}
	if c, found := u.matched.Load(key{d, element}); found {
		return c.(choices)
	}
	c := u.all(d, f)
	u.matched.Store(key{d, element}, c)
	return c
}

const ownName = "mailer"

// own is the part of the context that is the same in all requests. A variable may only be
// aws:username or a condition's own key: any other would make an element depend on two dimensions.
func own() map[string][]string { return map[string][]string{"aws:username": {ownName}} }

// box returns what the statement matches.
func (u *universe) box(r rule) (b box, some bool) {
	b[byAction] = u.element(byAction, r.actions, r.notActions, func(pattern string, i int) bool {
		return isAction(pattern, u.actions[i])
	})
	b[byResource] = u.element(byResource, r.resources, r.notResources, func(pattern string, i int) bool {
		return isResource(pattern, call{resource: u.resources[i], context: own()})
	})
	for _, w := range r.when {
		d, known := u.keys[strings.ToLower(w.key)]
		if !known {
			panic("no key " + w.key)
		}
		b[d] = b[d].with(u.remembered(d, fmt.Sprint(w), func(i int) bool {
			context := own()
			maps.Copy(context, u.contexts[d][i])
			return w.holds(context)
		}))
	}
	return b.with(box{})
}

func (u *universe) element(d dimension, patterns []string, not bool, matches func(pattern string, i int) bool) choices {
	c := none(u.size(d))
	for _, p := range patterns {
		for i, w := range u.remembered(d, p, func(i int) bool { return matches(p, i) }) {
			c[i] |= w
		}
	}
	if not {
		return u.every[d].but(c)
	}
	return c
}

// allowed calls f with boxes that together are everything in a box that is allowed, until f returns
// false.
func (u *universe) allowed(g grant, of box, f func(box) bool) {
	var allowing, limiting, denying []box
	put := func(p paper, to *[]box) {
		for _, r := range p.rules {
			b, some := u.box(r)
			switch {
			case some && r.deny:
				denying = append(denying, b)
			case some:
				*to = append(*to, b)
			}
		}
	}
	for _, p := range g.papers {
		put(p, &allowing)
	}
	if g.boundary != nil {
		put(*g.boundary, &limiting)
	} else {
		limiting = []box{{}}
	}
	for _, a := range allowing {
		for _, l := range limiting {
			b, some := a.with(l)
			if some {
				b, some = b.with(of)
			}
			if some && !u.outside(b, denying, f) {
				return
			}
		}
	}
}

// outside calls f with the parts of b that are in none of the others, until f returns false.
func (u *universe) outside(b box, others []box, f func(box) bool) bool {
	for n, o := range others {
		if _, some := b.with(o); !some {
			continue
		}
		for d := range b {
			if o[d] == nil {
				continue
			}
			rest := b
			if rest[d] = u.choicesOf(b, dimension(d)).but(o[d]); !rest[d].empty() && !u.outside(rest, others[n+1:], f) {
				return false
			}
		}
		return true
	}
	return f(b)
}

func (u *universe) choicesOf(b box, d dimension) choices {
	if b[d] == nil {
		return u.every[d]
	}
	return b[d]
}

// example returns a request of the box: the first of each choice.
func (u *universe) example(b box) call {
	c := call{context: own()}
	for d := range dimensions {
		i := 0
		for b[d] != nil && !b[d].has(i) {
			i++
		}
		switch d {
		case byAction:
			c.action = u.actions[i]
		case byResource:
			c.resource = u.resources[i]
		default:
			maps.Copy(c.context, u.contexts[d][i])
		}
	}
	return c
}
