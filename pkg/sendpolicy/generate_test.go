package sendpolicy_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// generator makes grants like those that people have: it starts with one that is narrow, by itself
// or because something narrows it, and changes it a few times. So many let nothing through and
// others a little, and the difference is often a detail.
type generator struct{ *rand.Rand }

// generated returns the same grant for the same seed.
func generated(seed uint64) grant {
	g := generator{rand.New(rand.NewPCG(seed, 16))}
	made := g.start()
	for range g.IntN(5) {
		g.change(&made)
	}
	made.distinct()
	return made
}

func pick[T any](g generator, from []T) T { return from[g.IntN(len(from))] }

// some returns one to n of them.
func some[T any](g generator, n int, from []T) (all []T) {
	for range 1 + g.IntN(n) {
		all = append(all, pick(g, from))
	}
	return all
}

func (g generator) chance(percent int) bool { return g.IntN(100) < percent }

func (g generator) start() grant {
	one := grant{papers: []paper{{from: "inline", rules: []rule{g.narrow()}, lists: g.chance(30)}}}
	switch g.IntN(8) {
	case 0: // everything, narrowed by denials
		one.papers[0].rules = append([]rule{allowing(pick(g, []string{"*", "ses:*"}),
			pick(g, []string{"*", "arn:aws:ses:*:*:*"}))}, g.guards()...)
	case 1: // everything, narrowed by the boundary
		one.boundary = &paper{from: "boundary", rules: []rule{g.narrow()}, lists: g.chance(30)}
		one.papers[0].rules[0] = allowing(pick(g, []string{"*", "ses:*", "ses:Send*"}), "*")
	case 2: // through a group, as SES's console does it
		one.papers[0].from = "group AWSSESSendingGroupDoNotRename"
		one.papers[0].rules = append([]rule{allowing("ses:SendRawEmail", "*")}, g.guards()...)
	case 3:
		one.papers = append(one.papers, paper{from: "group senders", rules: []rule{g.narrow()}})
	}
	return one
}

// narrow returns a statement that allows what a credential is for.
func (g generator) narrow() rule {
	r := rule{actions: some(g, 2, narrowActions)}
	for range 1 + g.IntN(2) {
		r.resources = append(r.resources, "arn:aws:ses:"+pick(g, places[:4])+":identity/"+pick(g, heldNames))
	}
	if g.chance(25) {
		r.resources = append(r.resources, pick(g, otherResources[:4]))
	}
	if g.chance(85) {
		r.when = append(r.when, g.ownSource(false))
	}
	if g.chance(25) {
		r.when = append(r.when, when{"StringLike", "ses:FromAddress", some(g, 2, heldSenders)})
	}
	return r
}

// identity returns the ARN of one of the names, in some Region and account.
func (g generator) identity(names []string) string {
	return "arn:aws:ses:" + pick(g, places) + ":identity/" + pick(g, names)
}

// guards deny everything except what a credential is for.
func (g generator) guards() []rule {
	all := []rule{
		denying(pick(g, narrowActions[:4]), "*").butActions(),
		denying(pick(g, []string{"*", "ses:*"}), g.identity(heldNames)).butResources(),
		denying(pick(g, []string{"*", "ses:*", "ses:Send*"}),
			pick(g, []string{"*", "arn:aws:ses:*:*:*", ses1 + "identity/*"}), g.ownSource(true)),
		denying("*", "*", on("StringNotLike", "ses:FromAddress", some(g, 2, heldSenders)...)),
	}
	if g.chance(30) {
		all = slices.Delete(all, 3, 4)
	}
	if g.chance(20) {
		i := g.IntN(len(all))
		all = slices.Delete(all, i, i+1)
	}
	return all
}

// ownSource returns a condition that the request does, or doesn't, come from the owner.
func (g generator) ownSource(negated bool) when {
	not := func(positive, negative string) string {
		if negated {
			return negative
		}
		return positive
	}
	switch g.IntN(10) {
	case 0, 1:
		return when{not("StringEquals", "StringNotEquals"), "aws:SourceVpce", some(g, 2, ownEndpoints)}
	case 2:
		return when{not("StringEquals", "StringNotEquals"), "aws:SourceVpc", some(g, 2, ownVPCs)}
	case 3:
		return when{not("StringLike", "StringNotLike"), "aws:SourceIp", []string{"192.0.2.*"}}
	}
	return when{not("IpAddress", "NotIpAddress"), "aws:SourceIp", some(g, 3, ownNetworks)}
}

// change changes a grant in one of the ways that people do.
func (g generator) change(to *grant) {
	papers := to.papers
	p := &papers[g.IntN(len(papers))]
	if to.boundary != nil && g.chance(35) {
		p = to.boundary
	}
	r := &p.rules[g.IntN(len(p.rules))]
	switch g.IntN(13) {
	case 0, 1:
		g.changeActions(r)
	case 2, 3:
		g.changeResources(r)
	case 4, 5, 6:
		r.when = append(r.when, g.condition())
	case 7:
		g.loosen(r)
	case 8:
		p.rules = append(p.rules, g.denial())
	case 9:
		p.rules = append(p.rules, rule{actions: some(g, 2, g.actions()), resources: some(g, 2, g.resources())})
	case 10:
		to.papers = append(to.papers, paper{from: pick(g, []string{"attached", "group senders", "group all"}),
			rules: []rule{g.narrow()}, lists: g.chance(30)})
	case 11:
		to.boundary = &paper{from: "boundary", rules: g.limits(), lists: g.chance(30)}
	case 12:
		p.rules = append(p.rules, g.guards()...)
	}
}

func (g generator) actions() []string {
	switch g.IntN(5) {
	case 0:
		return readingActions
	case 1, 2:
		return wideActions
	}
	return narrowActions
}

func (g generator) resources() []string {
	if g.chance(30) {
		return otherResources
	}
	if g.chance(40) {
		return []string{g.identity(wideNames)}
	}
	return []string{g.identity(heldNames)}
}

func (g generator) changeActions(r *rule) {
	switch g.IntN(4) {
	case 0:
		r.notActions, r.actions = !r.notActions, pick(g, [][]string{{"ses:*"}, {"iam:*"}, {"ses:SendRawEmail"},
			{"ses:SendRawEmail", "ses:SendEmail"}, {"ses:Send*"}, {"iam:*", "s3:*"}})
	case 1:
		r.actions = some(g, 2, g.actions())
	default:
		r.actions = append(r.actions, pick(g, g.actions()))
	}
}

func (g generator) changeResources(r *rule) {
	switch g.IntN(5) {
	case 0:
		r.notResources = !r.notResources
	case 1:
		r.resources = g.resources()
	default:
		r.resources = append(r.resources, pick(g, g.resources()))
	}
}

// loosen removes a condition or widens it.
func (g generator) loosen(r *rule) {
	if len(r.when) == 0 {
		return
	}
	i := g.IntN(len(r.when))
	if g.chance(30) {
		r.when = slices.Delete(slices.Clone(r.when), i, i+1)
		return
	}
	w := r.when[i]
	if strings.EqualFold(w.operator, "Null") { // it has only true and false
		return
	}
	switch strings.ToLower(w.key) {
	case "aws:sourceip":
		if strings.Contains(strings.ToLower(w.operator), "ipaddress") {
			w.values = append(slices.Clone(w.values), some(g, 3, wideNetworks)...)
		} else {
			w.values = append(slices.Clone(w.values), pick(g, in(g.addressTexts())))
		}
	case "aws:sourcevpce":
		w.values = append(slices.Clone(w.values), pick(g, wideEndpoints))
	case "aws:sourcevpc":
		w.values = append(slices.Clone(w.values), pick(g, wideVPCs))
	case "ses:fromaddress":
		w.values = append(slices.Clone(w.values), pick(g, wideSenders))
	}
	r.when = slices.Clone(r.when)
	r.when[i] = g.dressed(w)
}

func (g generator) addressTexts() (all []string) {
	for t := range addressTexts {
		all = append(all, t)
	}
	slices.Sort(all)
	return all
}

// condition returns any condition, plausible or not.
func (g generator) condition() when {
	not, like := g.chance(30), "String"+pick(g, []string{"Like", "Like", "Equals"})
	ip := "IpAddress"
	if not {
		like, ip = strings.Replace(like, "String", "StringNot", 1), "NotIpAddress"
	}
	either := func(own, wide []string) []string {
		if g.chance(35) {
			return some(g, 2, wide)
		}
		return some(g, 2, own)
	}
	switch g.IntN(16) {
	case 0, 1, 2:
		if g.chance(10) {
			return on(ip, "aws:SourceIp", some(g, 8, wideNetworks)...)
		}
		return g.dressed(when{ip, "aws:SourceIp", either(ownNetworks, wideNetworks)})
	case 3:
		return g.dressed(when{like, "aws:SourceIp", some(g, 2, g.addressTexts())})
	case 4, 5:
		return g.dressed(when{like, "aws:SourceVpce", either(ownEndpoints, wideEndpoints)})
	case 6:
		return g.dressed(when{like, "aws:SourceVpc", either(ownVPCs, wideVPCs)})
	case 7:
		return g.dressed(when{ip, "aws:VpcSourceIp", some(g, 2, innerNetworks)})
	case 8, 9:
		return g.dressed(when{like, "ses:FromAddress", either(heldSenders, wideSenders)})
	case 10:
		return when{pick(g, []string{"ForAllValues:", "ForAnyValue:"}) + like, "ses:Recipients", some(g, 2, recipients)}
	case 11:
		return pick(g, []when{{"StringEqualsIgnoreCase", "ses:FromAddress", []string{"app@example.com"}},
			{"StringNotEqualsIgnoreCase", "ses:FromAddress", []string{"app@example.com"}},
			{like, "ses:FromDisplayName", some(g, 2, names)}, {like, "ses:FeedbackAddress", some(g, 2, bounces)},
			{like, "ses:ApiVersion", []string{"2"}}, {like, "aws:UserAgent", some(g, 2, agents)}})
	case 12:
		return g.dressed(when{"Bool", "aws:SecureTransport", []string{pick(g, []string{"true", "false"})}})
	case 13:
		return g.dressed(when{pick(g, []string{"DateLessThan", "DateGreaterThan", "DateLessThanEquals",
			"DateGreaterThanEquals", "DateEquals", "DateNotEquals"}), "aws:CurrentTime", []string{pick(g, dates)}})
	case 14:
		return on("Null", pick(g, []string{"aws:SourceIp", "aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp",
			"ses:FromDisplayName", "ses:FeedbackAddress", "ses:Recipients"}), pick(g, []string{"true", "false"}))
	}
	return g.dressed(when{"StringEquals", "aws:SourceIp", []string{"${aws:SourceIp}"}})
}

// dressed adds what an operator may have besides its base, and changes the case of names.
func (g generator) dressed(w when) when {
	operator := strings.ToLower(w.operator)
	switch {
	case strings.Contains(operator, ":") || strings.HasSuffix(operator, "ifexists") || operator == "null":
	case g.chance(8):
		w.operator += "IfExists"
	case g.chance(6):
		w.operator = "ForAnyValue:" + w.operator
	case g.chance(6):
		w.operator = "ForAllValues:" + w.operator
	}
	switch g.IntN(20) {
	case 0:
		w.operator = strings.ToLower(w.operator)
	case 1:
		w.operator = strings.ToUpper(w.operator)
	case 2:
		w.key = strings.ToLower(w.key)
	case 3:
		w.key = strings.ToUpper(w.key)
	}
	return w
}

// denial returns a statement that denies something, useful or not.
func (g generator) denial() rule {
	r := denying(pick(g, []string{"*", "ses:*", "ses:Send*", "ses:SendRawEmail", "iam:*"}),
		pick(g, []string{"*", "*", "arn:aws:ses:*:*:*", ses1 + "identity/*", ses1 + "identity/example.com"}))
	switch g.IntN(8) {
	case 0:
		r.when = []when{{"Bool", pick(g, []string{"aws:ViaAWSService", "aws:PrincipalIsAWSService"}),
			[]string{pick(g, []string{"true", "true", "false"})}}}
	case 1:
		r.when = []when{{"ForAnyValue:StringNotEquals", "aws:SourceVpce", some(g, 2, ownEndpoints)}}
	case 2:
		r.when = []when{{"NotIpAddress", "aws:VpcSourceIp", some(g, 2, innerNetworks)}}
	case 3:
		r.when = []when{{"StringNotLike", "aws:SourceVpce", []string{pick(g, wideEndpoints)}}}
	case 4:
		r.when = []when{{"NotIpAddress", "aws:SourceIp", some(g, 2, wideNetworks)}}
	case 5: // either condition lets the thief out
		r.when = []when{g.ownSource(true), g.condition()}
	case 6:
		r.when = []when{{"StringNotEquals", "aws:SourceVpce", some(g, 2, ownEndpoints)}, g.ownSource(true)}
	default:
		r.when = []when{g.condition()}
	}
	return r
}

// limits returns a boundary's rules.
func (g generator) limits() []rule {
	r := allowing(pick(g, []string{"ses:*", "*", "ses:SendRawEmail", "ses:Send*", "ses:* iam:*AccessKey",
		"ses:* s3:*"}),
		pick(g, []string{"*", "*", "arn:aws:ses:*:*:*", ses1 + "identity/example.com"}))
	switch g.IntN(5) {
	case 0:
		r.when = []when{{"IpAddress", "aws:SourceIp", some(g, 2, wideNetworks)}}
	case 1:
		r.when = []when{{"StringLike", "aws:SourceVpce", []string{pick(g, wideEndpoints)}}}
	case 2:
		r.when = []when{g.ownSource(false)}
	case 3:
		r.when = []when{g.condition()}
	}
	return []rule{r}
}

// distinct keeps one condition per operator and key, because a document can't have more, and each
// value once.
func (g *grant) distinct() {
	tidy := func(rules []rule) {
		for i := range rules {
			r := &rules[i]
			r.actions, r.resources = in(r.actions), in(r.resources)
			last := map[string]when{}
			for _, w := range r.when {
				w.values = in(w.values)
				last[w.operator+" "+w.key] = w
			}
			r.when = nil
			for _, name := range in(keysOf(last)) {
				r.when = append(r.when, last[name])
			}
		}
	}
	for _, p := range g.papers {
		tidy(p.rules)
	}
	if g.boundary != nil {
		tidy(g.boundary.rules)
	}
}

func keysOf[V any](m map[string]V) (all []string) {
	for k := range m {
		all = append(all, k)
	}
	return all
}

// access returns the grant in the audit's form.
func (g grant) access() sendpolicy.Access {
	a := sendpolicy.Access{User: ownName, Now: instant(theDay)}
	for i, p := range g.papers {
		a.Policies = append(a.Policies, sendpolicy.Policy{Name: fmt.Sprint("policy", i+1), From: p.from,
			Text: p.String()})
	}
	if g.boundary != nil {
		a.Boundary = &sendpolicy.Policy{Name: "boundary", From: "boundary", Text: g.boundary.String()}
	}
	return a
}

// document returns the policy as JSON.
func (p paper) document() map[string]any {
	list := func(texts []string) any {
		if len(texts) == 1 && !p.lists {
			return texts[0]
		}
		return texts
	}
	var statements []any
	for _, r := range p.rules {
		s := map[string]any{"Effect": "Allow"}
		if r.deny {
			s["Effect"] = "Deny"
		}
		s[map[bool]string{false: "Action", true: "NotAction"}[r.notActions]] = list(r.actions)
		s[map[bool]string{false: "Resource", true: "NotResource"}[r.notResources]] = list(r.resources)
		conditions := map[string]map[string]any{}
		for _, w := range r.when {
			if conditions[w.operator] == nil {
				conditions[w.operator] = map[string]any{}
			}
			conditions[w.operator][w.key] = list(w.values)
		}
		if len(conditions) > 0 {
			s["Condition"] = conditions
		}
		statements = append(statements, s)
	}
	d := map[string]any{"Version": "2012-10-17", "Statement": statements}
	if len(statements) == 1 && !p.lists {
		d["Statement"] = statements[0]
	}
	return d
}

func (p paper) String() string {
	text, err := json.Marshal(p.document())
	if err != nil {
		panic(err)
	}
	return string(text)
}
