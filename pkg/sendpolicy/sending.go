package sendpolicy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// What a thief would like to send.
var (
	someIdentity  = wanted{resource: {glob.Identity(glob.AnyName{})}}
	strangers     = wanted{resource: {glob.Identity(glob.AnyName{}), glob.Identity(glob.NewName{})}}
	asStrangers   = wanted{resource: strangers[resource], fromAddress: {glob.NewName{}}}
	inOtherPlaces = wanted{resource: {glob.Identity(glob.AnyName{}), glob.Elsewhere{}}}
	ownEndpoint   = wanted{resource: {glob.Identity(glob.AnyName{})}, sourceVPCe: {glob.NewText{}},
		sourceVPC: {glob.NewText{}}}
)

// sendable reports whether one of the reaches allows sending mail of these kinds.
func sendable(reaches []reach, kinds wanted) bool {
	for _, r := range reaches {
		if slices.ContainsFunc(r.apart(sendings), func(action string) bool { return r.allows(action, kinds) }) {
			return true
		}
	}
	return false
}

// sending reports what mail a grant allows, and from where.
func (r *report) sending(g grant, together bool) {
	r.privateAddresses()
	if !sendable(g.reaches, someIdentity) {
		return
	}
	r.identities(g.reaches)
	r.origins(g.from, sendable(g.reaches, ownEndpoint), together)
	r.statement.Condition.each(func(operator, key string, _ Texts) {
		if _, known := facts[asWritten(key)]; !known {
			r.add(UnknownKey, Medium, "do what the condition should prevent, because SES may ignore it",
				"SES doesn't implement the key %s (%s), so don't rely on the condition", key, operator)
		}
	})
}

// identities reports whom a thief could send as.
func (r *report) identities(reaches []reach) {
	severity, risk := High, "send as any sender that the account has verified, and harm its reputation"
	switch {
	case sendable(reaches, asStrangers):
	case sendable(reaches, strangers):
		severity, risk = Medium,
			"send as the senders that the conditions name, from any identity that covers them, even one verified later"
	case sendable(reaches, inOtherPlaces):
		r.add(WideResource, Low, withKey+"send as these identities from Regions or accounts that you don't use",
			"it allows sending from %s, which doesn't name one Region and account", r.wideResources(inOtherPlaces))
		return
	default:
		return
	}
	r.add(WideResource, severity, risk, "it allows sending from identities that it doesn't name (%s)",
		r.wideResources(strangers))
	if s := r.statement; len(s.NotResource) > 0 {
		r.add(NotResource, severity, "use all other resources, including those created later",
			"it allows all resources except %s", strings.Join(s.NotResource, ", "))
	}
}

// wideResources lists those of the statement's resources that include such identities.
func (r *report) wideResources(of wanted) string {
	var wide []string
	for _, text := range r.statement.Resource {
		if has(text, of) {
			wide = append(wide, text)
		}
	}
	for _, text := range r.statement.NotResource {
		wide = append(wide, "all except "+text)
	}
	return strings.Join(wide, ", ")
}

// origins reports where mail may come from: which addresses, and whether other people's endpoints.
// Networks that are narrow by themselves may be wide together with those of other statements.
func (r *report) origins(from addressSet, foreign, together bool) {
	words, wide := from.isWide()
	bound, why := r.statement.bound()
	if !bound && from.isNearlyAll() {
		r.add(NoSource, Medium, "send from anywhere with just the SMTP username and password",
			"neither this statement nor a Deny limits where mail may come from%s", why)
		return
	}
	switch {
	case foreign && wide:
		r.add(WideSource, Medium, "send from "+r.statement.origin(from)+", or through any VPC endpoint",
			"the source has %s, and mail may also come through any VPC endpoint%s", words, why)
	case foreign:
		r.add(WideSource, Medium, "send through a VPC endpoint of the thief's own",
			"mail may come through any VPC endpoint%s", cmp.Or(r.statement.endpoints(), why))
	case wide:
		r.add(WideSource, Medium, "send from "+r.statement.origin(from), "the source has %s", words)
	case together && !from.isEmpty():
		r.add(WideSource, Medium, "send from "+from.String(),
			"the source %s is narrow, but too wide together with those of other statements", from)
	}
}

// endpoints says what the statement has in place of complete IDs, if it has anything.
func (s Statement) endpoints() string {
	if values := s.values(sourceVPCe, sourceVPC); len(values) > 0 {
		return ": " + strings.Join(values, ", ") + " doesn't limit it to your own"
	}
	return ""
}

// sourcesOf returns the public addresses from which the reaches allow sending mail.
func sourcesOf(reaches []reach) (all addressSet) {
	for _, r := range reaches {
		for _, action := range r.apart(sendings) {
			if all = all.union(r.sources(action)); all.isAll() {
				return all
			}
		}
	}
	return all
}

// origin returns the source as the statement writes it, or else the networks.
func (s Statement) origin(from addressSet) string {
	values := slices.DeleteFunc(s.values(sourceIP), func(text string) bool {
		network, err := parseNetwork(text)
		return err == nil && isPrivate(network)
	})
	if len(values) > 0 {
		return strings.Join(values, ", ")
	}
	return from.String()
}

// bound reports whether the statement says where mail must come from, however wide that is. If it
// only seems to, why says so.
func (s Statement) bound() (is bool, why string) {
	s.Condition.each(func(operator, key string, values Texts) {
		if !isSource(key) {
			return
		}
		c := readCondition(operator, key, values, nil)
		switch {
		case c.ifExists:
			why = ": " + operator + " also holds if " + key + " is missing"
		case c.base == "", c.negated(), c.base == null, c.set == forAll:
			why = ": " + operator + " on " + key + " excludes some sources and allows all others"
		case c.key == vpcSourceIP:
			why = ": other VPCs use the same addresses, so name the endpoint or the VPC as well"
		default:
			is = true
		}
	})
	return is, why
}

// values returns the values of the conditions on the keys.
func (s Statement) values(keys ...string) (all []string) {
	s.Condition.each(func(_, key string, values Texts) {
		if slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, key) }) {
			all = append(all, values...)
		}
	})
	return all
}

// privateAddresses reports source addresses that SES never sees.
func (r *report) privateAddresses() {
	for _, c := range r.statement.conditions(nil) {
		if c.key != sourceIP || c.base != "IpAddress" {
			continue
		}
		for _, text := range c.values {
			if network, err := parseNetwork(text); err == nil && isPrivate(network) {
				r.add(PrivateIP, Low, "nothing, but your own mail from there is refused",
					"aws:SourceIp %s isn't public, so SES never sees it: name the NAT gateway's public address, or "+
						"use aws:VpcSourceIp with a VPC endpoint", text)
			}
		}
	}
}
