package sendpolicy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// What stands in a policy for what isn't known, for a person to replace.
const (
	placeholderIdentity = "example.com"
	placeholderAccount  = "111122223333"
	placeholderRegion   = "us-east-1"
)

// instead is the smallest policy that could take a sending statement's place: for what the
// credential is meant for, or else for what the statement itself names. It keeps the configuration
// sets that the statement has, and its conditions. There is none if that is the statement itself.
func instead(s Statement, a Access) *Document {
	d := a.Intended
	d.Account = cmp.Or(d.Account, placeholderAccount)
	if len(d.Regions) == 0 {
		d.Regions = []string{placeholderRegion}
	}
	identities, sets := s.heldIdentities(d), s.configurationSets(d)
	if len(d.Identities) > 0 {
		identities = nil
	} else if d.Identities = s.senderDomains(); len(d.Identities) == 0 {
		d.Identities = []string{placeholderIdentity}
	}
	if len(d.ConfigurationSets) > 0 {
		sets = nil
	}
	policy, _, err := Write(d)
	if err != nil {
		return nil
	}
	for i := range policy.Statements {
		written := &policy.Statements[i]
		if strings.HasPrefix(written.Sid, "Send") { // the others are for recipients
			if len(identities) > 0 {
				written.Resource = identities
			}
			written.Resource = slices.Concat(written.Resource, sets)
		}
		written.narrowAs(s)
	}
	if len(policy.Statements) == 1 && policy.Statements[0].does(s) {
		return nil
	}
	return &policy
}

// heldIdentities are those of the statement's resources that aren't wide.
func (s Statement) heldIdentities(d Description) (held Texts) {
	for _, text := range s.Resource {
		if has(text, someIdentity) && !has(text, strangers) {
			held = append(held, placed(text, d)...)
		}
	}
	return held
}

// configurationSets are those of the statement. Which of them mail names isn't known, so any set is
// kept if the statement allows any.
func (s Statement) configurationSets(d Description) (sets Texts) {
	for _, text := range s.Resource {
		switch {
		case !has(text, someSet):
		case has(text, someIdentity): // and any other resource
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

// has tells whether there are resources of a kind among those of a statement's text.
func has(text string, kind wanted) bool {
	return glob.Possible([]glob.Demand{demandOf(Texts{text}, nil, inARNs(glob.Variables{}))}, kind[resource]...)
}

// placed is an ARN in the places that are described, if it has wildcards for them.
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

// narrowAs adds the conditions of another statement: what narrows already goes on narrowing.
func (s *Statement) narrowAs(other Statement) {
	own := map[string]bool{}
	s.Condition.each(func(_, key string, _ Texts) { own[strings.ToLower(key)] = true })
	other.Condition.each(func(operator, key string, values Texts) {
		if honours(key) && !own[strings.ToLower(key)] {
			if s.Condition == nil {
				s.Condition = Conditions{}
			}
			s.Condition.add(operator, key, values...)
		}
	})
}

// does tells whether two statements say the same.
func (s Statement) does(other Statement) bool {
	s.Sid = other.Sid
	return Document{Statements: []Statement{s}}.String() == Document{Statements: []Statement{other}}.String()
}

// senderDomains are the domains of those that the statement lets send.
func (s Statement) senderDomains() (domains []string) {
	for _, text := range s.values(fromAddress) {
		if _, name, ok := strings.Cut(text, "@"); ok && domain.MatchString(name) && !slices.Contains(domains, name) {
			domains = append(domains, name)
		}
	}
	return domains
}
