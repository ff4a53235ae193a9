package sendpolicy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// readPolicy is a policy's document, with its name and source and with how the user gets rid of it.
type readPolicy struct {
	Document
	name, remedy string
}

// grant is a statement that allows something, and what remains of it after the boundary and all
// denials.
type grant struct {
	rule    *rule
	policy  readPolicy
	reaches []reach    // one for each Allow statement of the boundary, or one if there is no boundary
	from    addressSet // where mail may come from
	// uncounted names the denials that were ignored, because it isn't known whether they would stop
	// a thief from sending, and says why.
	uncounted string
}

func (a Access) grants(policies []readPolicy, boundary *Document) (grants []grant) {
	var denies []*rule
	uncounted := ""
	documents, within, variables := []Document{}, []*rule{nil}, a.variables()
	if boundary != nil {
		documents = append(documents, *boundary)
		within, denies = boundary.ruled(allow, variables), boundary.ruled(deny, variables)
		uncounted = notCounted(denies, "the boundary")
	}
	for _, p := range policies {
		documents = append(documents, p.Document)
		rules := p.ruled(deny, variables)
		denies, uncounted = append(denies, rules...), uncounted+notCounted(rules, p.name)
	}
	partitions, memory := a.partitions(documents), glob.Memory{Left: enough}
	for _, p := range policies {
		for _, r := range p.ruled(allow, variables) {
			g := grant{rule: r, policy: p, uncounted: uncounted}
			for _, w := range within {
				g.reaches = append(g.reaches, reach{r, w, denies, partitions, float64(a.Now.Unix()), &memory})
			}
			g.from = sourcesOf(g.reaches)
			grants = append(grants, g)
		}
	}
	return grants
}

// enough is an effort that suffices for all policies that people can read. Spending it takes a
// second or two.
const enough = 1 << 25

// notCounted says which of a policy's denials of sending are ignored, and why.
func notCounted(denies []*rule, policy string) (words string) {
	for _, d := range denies {
		for _, c := range d.conditions {
			if !d.covers(sendRaw) || c.knowable() {
				continue
			}
			reason := "SES doesn't implement " + c.key
			if _, known := facts[c.key]; known {
				reason = "IAM doesn't have the operator of its condition on " + c.key
			}
			words += fmt.Sprintf("; a Deny in %s is ignored here, because %s", policy, reason)
		}
	}
	return words
}

// wideTogether reports whether the grants together let mail come from too many addresses, although
// no single grant does.
func wideTogether(grants []grant) bool {
	var all addressSet
	for _, g := range grants {
		if _, wide := g.from.isWide(); wide {
			return false
		}
		all = all.union(g.from)
	}
	_, wide := all.isWide()
	return wide
}

// findings returns what is wrong with the grant. together says that its networks are too wide
// together with those of other grants.
func (g grant) findings(a Access, together bool) []Finding {
	r := report{policy: g.policy.name, statement: &g.rule.Statement}
	r.rights(g.reaches)
	r.sending(g, together)
	limits := []Code{WideResource, NotResource, NoSource, WideSource}
	for i := range r.findings {
		if slices.Contains(limits, r.findings[i].Code) {
			r.findings[i].Message += g.uncounted
		}
		r.findings[i].Remedy = g.policy.remedy
		if g.rule.sends() {
			r.findings[i].Instead = instead(g.rule.Statement, a)
		}
	}
	return r.findings
}

// variables returns the policy variables whose values are known.
func (a Access) variables() glob.Variables {
	known := glob.Variables{}
	if a.User != "" {
		known["aws:username"] = a.User
	}
	return known
}

// partitions returns what ARNs look like in the user's AWS partition: the partition of the intended
// Regions or, without those, the partitions that the policies name.
func (a Access) partitions(of []Document) glob.Demand {
	var names []string
	for _, region := range a.Intended.Regions {
		names = append(names, partition(region))
	}
	for _, d := range of {
		for _, s := range d.Statements {
			for _, text := range slices.Concat(s.Resource, s.NotResource) {
				parts := strings.SplitN(text, ":", 3)
				if len(a.Intended.Regions) == 0 && len(parts) == 3 && !hasWildcard(parts[1]) {
					names = append(names, parts[1])
				}
			}
		}
	}
	if len(names) == 0 {
		names = []string{partition(placeholderRegion)}
	}
	slices.Sort(names)
	var like Texts
	for _, name := range slices.Compact(names) {
		like = append(like, "arn:"+name+":*")
	}
	return demandOf(like, nil, inARNs(nil))
}
