package sendpolicy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// Placeholders stand in a policy for what isn't known; the reader must replace them.
const (
	placeholderIdentity = "example.com"
	placeholderAccount  = "111122223333"
	placeholderRegion   = "us-east-1"
)

// instead returns the smallest policy that could replace a sending statement: made for what the
// credential is meant for or, if that isn't known, for what the statement names. It keeps the
// statement's conditions and configuration sets. It returns nil if the result is the statement
// itself, or if the statement has no identity.
func instead(s Statement, a Access) *Document {
	isIdentity := func(text string) bool { return has(text, someIdentity) }
	if len(s.NotResource) == 0 && !slices.ContainsFunc(s.Resource, isIdentity) {
		return nil
	}
	d, identities := s.described(a.Intended)
	sets := s.configurationSets(d)
	if len(d.ConfigurationSets) > 0 {
		sets = nil
	}
	policy, _, err := Write(d)
	if err != nil {
		return nil
	}
	for i := range policy.Statements {
		written := &policy.Statements[i]
		if strings.HasPrefix(written.Sid, "Send") { // the others are for sandbox recipients
			if len(identities) > 0 {
				written.Resource = identities
			}
			written.Resource = slices.Concat(written.Resource, sets)
		}
		written.narrowAs(s, a.Intended)
	}
	if len(policy.Statements) == 1 && policy.Statements[0].does(s) {
		return nil
	}
	return &policy
}

// described fills in what the description lacks, from the statement or with placeholders. If the
// statement's own identities are to be kept, it returns them as well.
func (s Statement) described(d Description) (_ Description, identities Texts) {
	d.Account = cmp.Or(d.Account, s.field(4), placeholderAccount)
	if len(d.Regions) == 0 {
		d.Regions = []string{cmp.Or(s.field(3), regionIn[s.field(1)], placeholderRegion)}
	}
	if len(d.Identities) > 0 {
		return d, nil
	}
	if identities = s.heldIdentities(d); len(identities) == 0 {
		if d.Identities = s.ofSenders(); len(d.Identities) == 0 {
			d.Identities = s.ofNames()
		}
	}
	if len(d.Identities) == 0 {
		d.Identities = []string{placeholderIdentity} // Write needs one
	}
	return d, identities
}

// regionIn is the placeholder for the Region in partitions other than aws.
var regionIn = map[string]string{"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1", "aws-eusc": "eusc-de-east-1"}

// field returns the nth part of the statement's SES ARNs if all have the same one, and otherwise
// "".
func (s Statement) field(n int) (same string) {
	for _, text := range s.Resource {
		parts := strings.SplitN(text, ":", 6)
		if len(parts) < 6 || parts[2] != "ses" || hasWildcard(parts[n]) {
			continue
		}
		if same != "" && same != parts[n] {
			return ""
		}
		same = parts[n]
	}
	return same
}

// heldIdentities returns those of the statement's identities that aren't wide.
func (s Statement) heldIdentities(d Description) (held Texts) {
	for _, text := range s.Resource {
		if has(text, someIdentity) && !has(text, strangers) {
			held = append(held, placed(text, d)...)
		}
	}
	return held
}

// configurationSets returns the statement's configuration sets. It isn't known which sets the mail
// names, so if the statement allows any set, the result does too.
func (s Statement) configurationSets(d Description) (sets Texts) {
	for _, text := range s.Resource {
		switch {
		case !has(text, someSet):
		case has(text, someIdentity): // such as *, which is any resource
			sets = append(sets, placed(anySet, d)...)
		default:
			sets = append(sets, placed(text, d)...)
		}
	}
	if len(s.NotResource) > 0 {
		sets = placed(anySet, d)
	}
	return slices.Compact(sets)
}

const anySet = "arn:*:ses:*:*:configuration-set/*"

var someSet = wanted{resource: {glob.ConfigurationSet(glob.AnyName{})}}

// has reports whether a resource in a statement can be of a kind.
func has(text string, kind wanted) bool {
	if !hasWildcard(text) && !strings.Contains(text, "${") {
		return glob.Is(text, kind[resource]...)
	}
	return glob.Possible([]glob.Demand{demandOf(Texts{text}, nil, inARNs(glob.Variables{}))}, kind[resource]...)
}

// placed fills in an ARN's Region and account from the description if they have wildcards.
func placed(text string, d Description) (arns Texts) {
	parts := strings.SplitN(text, ":", 6)
	if len(parts) < 6 {
		return nil
	}
	regions := d.Regions
	if !hasWildcard(parts[3]) {
		regions = []string{parts[3]}
	}
	if hasWildcard(parts[4]) {
		parts[4] = d.Account
	}
	for _, region := range regions {
		arns = append(arns, fmt.Sprintf("arn:%s:ses:%s:%s:%s", partition(region), region, parts[4], parts[5]))
	}
	return arns
}

// narrowAs adds the other statement's conditions, so that what narrows already keeps narrowing. It
// skips conditions on keys that the description already uses. Conditions on the source are skipped
// together, because mail has either a public address or an endpoint. It also skips senders that
// belong to none of the described identities.
func (s *Statement) narrowAs(other Statement, intended Description) {
	own, sourced := map[string]bool{}, false
	s.Condition.each(func(_, key string, _ Texts) {
		own[asWritten(key)] = true
		sourced = sourced || isSource(key)
	})
	other.Condition.each(func(operator, key string, values Texts) {
		foreign := asWritten(key) == fromAddress && len(intended.Identities) > 0 &&
			!slices.ContainsFunc(values, intended.mayHave)
		if !honours(key) || own[asWritten(key)] || sourced && isSource(key) || foreign {
			return
		}
		if s.Condition == nil {
			s.Condition = Conditions{}
		}
		s.Condition.add(operator, key, values...)
	})
}

// mayHave reports whether senders that match the pattern can belong to a described identity.
func (d Description) mayHave(sender string) bool {
	return slices.ContainsFunc(senders(d.Identities), func(own string) bool { return overlap(anyForOne(sender), own) })
}

// does reports whether two statements say the same.
func (s Statement) does(other Statement) bool {
	s.Sid = other.Sid
	return Document{Statements: []Statement{s}}.String() == Document{Statements: []Statement{other}}.String()
}

// ofSenders returns the identities that may belong to the statement's senders: their addresses,
// their domains and the domains above those.
func (s Statement) ofSenders() (identities []string) {
	s.Condition.each(func(operator, key string, values Texts) {
		if c, known := parseComparison(operator); !known || c.negated() || asWritten(key) != fromAddress {
			return
		}
		for _, text := range values {
			if address.MatchString(text) {
				identities = append(identities, text)
			}
			_, host, _ := cutLast(text, "@")
			identities = append(identities, domainsAbove(host)...)
		}
	})
	return unique(identities)
}

// ofNames returns the domains at the end of the statement's wide identity names.
func (s Statement) ofNames() (identities []string) {
	for _, text := range s.Resource {
		if _, name, ok := strings.Cut(text, ":identity/"); ok {
			_, host, _ := cutLast(name, "@")
			identities = append(identities, domainsAbove(host)...)
		}
	}
	return unique(identities)
}

// domainsAbove returns a domain, which may begin with a wildcard, and the domains above it, as long
// as one organisation can own them.
func domainsAbove(host string) (domains []string) {
	host = strings.ToLower(strings.TrimLeft(host, "*."))
	for ; domain.MatchString(host); _, host, _ = strings.Cut(host, ".") {
		if !has("arn:*:ses:*:*:identity/*."+host, strangers) {
			domains = append(domains, host)
		}
	}
	return domains
}
