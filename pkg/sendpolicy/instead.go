package sendpolicy

import (
	"slices"
	"strings"
)

// placeholder is what a person has to put the own identity in for, where none is known.
const placeholder = "example.com"

// instead is the smallest policy that could take a sending statement's place: for what the
// credential is meant for, or else for what the statement itself names. There is none where that is
// the statement itself.
func instead(s Statement, a Access) *Document {
	d := a.Intended
	if len(d.Identities) == 0 {
		d.Identities, d.ConfigurationSets = s.named("identity"), s.named("configuration-set")
	}
	if len(d.Identities) == 0 {
		d.Identities = s.senderDomains()
	}
	if len(d.Identities) == 0 {
		d.Identities = []string{placeholder}
	}
	if d.Account == "" {
		d.Account = "111122223333"
	}
	if len(d.Regions) == 0 {
		d.Regions = []string{"us-east-1"}
	}
	policy, _, err := Write(d)
	if err != nil {
		return nil
	}
	for _, written := range policy.Statements {
		s.Condition.each(func(operator, key string, values Texts) { // what narrows already goes on narrowing
			if honours(key) && !written.Condition.has("", key) {
				written.Condition.add(operator, key, values...)
			}
		})
	}
	if len(policy.Statements) == 1 {
		same := policy.Statements[0]
		same.Sid = s.Sid
		if alone(same) == alone(s) {
			return nil
		}
	}
	return &policy
}

// named are the statement's resources of a kind that are one thing.
func (s Statement) named(kind string) (names []string) {
	for _, resource := range s.Resource {
		if parts := ofSES.FindStringSubmatch(resource); parts != nil && parts[4] == kind {
			names = append(names, resource)
		}
	}
	return names
}

// senderDomains are the domains of those that the statement lets send.
func (s Statement) senderDomains() (domains []string) {
	s.Condition.each(func(_, key string, values Texts) {
		if !strings.EqualFold(key, "ses:FromAddress") {
			return
		}
		for _, text := range values {
			if _, name, ok := strings.Cut(text, "@"); ok && domain.MatchString(name) &&
				!slices.Contains(domains, name) {
				domains = append(domains, name)
			}
		}
	})
	return domains
}

// alone is the statement as a policy of its own, so that two can be compared as they are written.
func alone(s Statement) string { return Document{Statements: []Statement{s}}.String() }
