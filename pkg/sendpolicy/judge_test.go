package sendpolicy_test

import (
	"fmt"
	"slices"
	"strings"
)

// verdict says whether something is allowed. If that is debatable, may is true and sure is false.
type verdict struct {
	sure, may bool
	example   call
}

// judgement is what someone who has stolen the credential can do.
type judgement struct {
	identity verdict // send as a stranger's identity
	sender   verdict // … and from a stranger's address
	source   verdict // send from places that aren't the policies' owner's
	service  verdict // something in another service
	manage   verdict // something in SES that isn't sending or reading
}

// aspect is a verdict and what it is about.
type aspect struct {
	of string
	verdict
}

func (j judgement) verdicts() []aspect {
	return []aspect{{"identity", j.identity}, {"manage", j.manage}, {"sender", j.sender}, {"service", j.service},
		{"source", j.source}}
}

// harmless reports whether nothing of this is allowed.
func (j judgement) harmless() bool { return j.mild() && !j.identity.may && !j.source.may }

// mild reports whether nothing is allowed beyond this credential's own mail.
func (j judgement) mild() bool { return !j.sender.may && !j.service.may && !j.manage.may }

// narrower reports whether something isn't allowed that the other allows.
func (j judgement) narrower(other judgement) bool {
	theirs := other.verdicts()
	for i, v := range j.verdicts() {
		if theirs[i].may && !v.may {
			return true
		}
	}
	return false
}

// unsure reports whether some verdict is debatable.
func (j judgement) unsure() bool {
	return slices.ContainsFunc(j.verdicts(), func(v aspect) bool { return v.sure != v.may })
}

// judge decides each aspect.
func (u *universe) judge(g grant) (j judgement) {
	strange := u.strangers(g)
	mail := u.mail()
	for i := range mail {
		mail[i][byResource] = strange[byResource]
	}
	if j.identity = u.ask(g, mail...); j.identity.may {
		for i := range mail {
			if mail[i][bySender].meets(strange[bySender]) {
				mail[i][bySender] = strange[bySender]
			}
		}
		j.sender = u.ask(g, mail...)
	}
	j.source = u.judgeSources(g)
	other := u.without(bySender, byName, byRecipients, byBounces)
	if j.manage = u.ask(g, other.on(u.ofKind(managing))); !j.manage.sure {
		j.manage = u.ask(g, other.on(u.thatMay("manage", mayManage)), box{}.on(u.ofKind(formal)))
		j.manage.sure = false
	}
	other[byVersion] = u.without(byVersion)[byVersion]
	if j.service = u.ask(g, other.on(u.ofKind(foreign))); !j.service.sure {
		j.service = u.ask(g, other.on(u.thatMay("be elsewhere", func(a string) bool { return !isOfSES(a) })))
		j.service.sure = false
	}
	return j
}

// ask reports whether any request in the boxes is allowed.
func (u *universe) ask(g grant, of ...box) (v verdict) {
	look := func(b box) bool {
		u.allowed(g, b, func(found box) bool { v.may, v.example = true, u.example(found); return false })
		return v.may
	}
	v.sure = slices.ContainsFunc(of, func(b box) bool { b, _ = b.with(u.proper); return look(b) })
	v.may = v.sure || slices.ContainsFunc(of, look)
	return v
}

// mail returns all requests to send. IAM doesn't get the From address of bulk mail, so if bulk mail
// is allowed, it is allowed from every address.
func (u *universe) mail() []box {
	mails := []box{box{}.on(u.ofKind(mailing)), u.without(byName, byRecipients, byBounces).on(u.ofKind(bouncing)),
		u.without(bySender, byName, byRecipients, byBounces).on(u.ofKind(bulk))}
	for i := range mails {
		mails[i][byResource] = u.identities()
		if mails[i][bySender] == nil {
			mails[i][bySender] = u.someone()
		}
	}
	return mails
}

// without returns the requests that lack the keys of the dimensions.
func (u *universe) without(keys ...dimension) (b box) {
	for _, d := range keys {
		b[d] = u.remembered(d, "missing", func(i int) bool { return len(u.contexts[d][i]) == 0 })
	}
	return b
}

// on returns the box with other actions.
func (b box) on(actions choices) box {
	b[byAction] = actions
	return b
}

func (u *universe) ofKind(k kind) choices {
	return u.remembered(byAction, fmt.Sprint(k), func(i int) bool { return kindOf(u.actions[i]) == k })
}

func (u *universe) thatMay(what string, may func(action string) bool) choices {
	return u.remembered(byAction, "may "+what, func(i int) bool { return may(u.actions[i]) })
}

// identities and someone are the identities and the senders of mail.
func (u *universe) identities() choices {
	return u.remembered(byResource, "identities", func(i int) bool { return u.identity[i] != "" })
}

func (u *universe) someone() choices {
	return u.remembered(bySender, "someone", func(i int) bool { return len(u.contexts[bySender][i]) > 0 })
}

// strangers are the identities and senders whose registrable domain the policies don't name in
// full.
func (u *universe) strangers(g grant) (b box) {
	var written []string
	g.each(func(r rule) {
		for _, t := range r.resources {
			if _, name, found := strings.Cut(t, ":identity/"); found {
				written = append(written, fixedDomain(name))
			}
		}
		for _, w := range r.when {
			if strings.EqualFold(w.key, "ses:FromAddress") {
				for _, v := range w.values {
					written = append(written, fixedDomain(v))
				}
			}
		}
	})
	written = in(written)
	b[byResource] = u.remembered(byResource, fmt.Sprint("strangers to ", written), func(i int) bool {
		name := u.identity[i]
		return name != "" && name != oddName && !slices.Contains(written, registrable(name))
	})
	b[bySender] = u.remembered(bySender, fmt.Sprint("strangers to ", written), func(i int) bool {
		sender := u.contexts[bySender][i]["ses:fromaddress"]
		return sender != nil && !slices.Contains(written, registrable(sender[0]))
	})
	return b
}

// each calls f with every rule.
func (g grant) each(f func(rule)) {
	for _, p := range g.papers {
		for _, r := range p.rules {
			f(r)
		}
	}
	if g.boundary != nil {
		for _, r := range g.boundary.rules {
			f(r)
		}
	}
}

// The most addresses that one organisation has.
var most4, most6 = addresses(network("198.51.0.0/16")), addresses(network("2001:db8::/32"))

// judgeSources says whether mail may come from a stranger's place.
func (u *universe) judgeSources(g grant) (v verdict) {
	if v.example, v.sure = u.foreign(g, u.proper); v.sure {
		v.may = true
		return v
	}
	v.example, v.may = u.foreign(g, box{})
	return v
}

// foreign adds up where mail may come from, and reports whether that includes an endpoint and VPC
// that the policies don't name in full, or more addresses than one organisation has. Private
// addresses don't count.
func (u *universe) foreign(g grant, of box) (example call, is bool) {
	from, found := none(u.size(bySource)), map[int]box{}
	for _, mail := range u.mail() {
		mail, _ = mail.with(of)
		u.allowed(g, mail, func(b box) bool {
			u.choicesOf(b, bySource).but(from).each(func(i int) { from.add(i); found[i] = b })
			return true
		})
	}
	written := g.values()
	var v4, v6 count
	last := -1
	from.each(func(i int) {
		switch s := u.sources[i]; {
		case s.endpoint != "" && (written[s.endpoint] || written[s.vpc]):
		case s.endpoint != "":
			is, last = true, i
		case s.is != private:
			v4, v6 = v4.plus(s.v4), v6.plus(s.v6)
			if !is {
				last = i
			}
		}
	})
	if is = is || v4.over(most4) || v6.over(most6); is {
		b := found[last]
		b[bySource] = none(u.size(bySource))
		b[bySource].add(last)
		example = u.example(b)
	}
	return example, is
}

// values returns the values of all conditions.
func (g grant) values() map[string]bool {
	all := map[string]bool{}
	g.each(func(r rule) {
		for _, w := range r.when {
			for _, v := range w.values {
				all[v] = true
			}
		}
	})
	return all
}
