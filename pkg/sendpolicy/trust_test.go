package sendpolicy_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// These tests are of the judge: with cases whose answer people know, with the evaluator, and with
// random texts.

func allowing(actions, resources string, conditions ...when) rule {
	return rule{actions: strings.Fields(actions), resources: strings.Fields(resources), when: conditions}
}

func denying(actions, resources string, conditions ...when) rule {
	r := allowing(actions, resources, conditions...)
	r.deny = true
	return r
}

func (r rule) butActions() rule   { r.notActions = true; return r }
func (r rule) butResources() rule { r.notResources = true; return r }

func granting(rules ...rule) grant { return grant{papers: []paper{{from: "inline", rules: rules}}} }

func (g grant) under(rules ...rule) grant {
	g.boundary = &paper{from: "boundary", rules: rules}
	return g
}

func on(operator, key string, values ...string) when { return when{operator, key, values} }

func TestTheJudgeIsRightWherePeopleKnow(t *testing.T) {
	const identity, any = ses1 + "identity/example.com", ses1 + "identity/*"
	const raw, all = "ses:SendRawEmail", "*"
	const endpoint = "vpce-0123456789abcdef0"
	office := on("IpAddress", "aws:SourceIp", "192.0.2.0/24")
	elsewhere := on("NotIpAddress", "aws:SourceIp", "192.0.2.0/24")
	narrow := allowing(raw, identity, office)
	from := func(networks ...string) grant {
		return granting(allowing(raw, identity, on("IpAddress", "aws:SourceIp", networks...)))
	}
	guarded := func(conditions ...when) grant {
		return granting(allowing(raw, identity), denying(all, all, conditions...))
	}
	for _, c := range []struct {
		what  string
		grant grant
		want  string // what is allowed
	}{
		{"one identity, one network", granting(narrow), ""},
		{"no source", granting(allowing(raw, identity)), "source"},
		{"any identity", granting(allowing(raw, any, office)), "identity sender"},
		{"any identity, with one domain's addresses", granting(allowing(raw, any, office,
			on("StringLike", "ses:FromAddress", "*@example.com"))), "identity"},
		{"any identity, with addresses that have an e", granting(allowing(raw, any, office,
			on("StringLike", "ses:FromAddress", "*e*"))), "identity sender"},
		{"identities that end alike", granting(allowing(raw, ses1+"identity/*example.com", office)), "identity sender"},
		{"a domain's subdomains and addresses", granting(allowing(raw, ses1+"identity/*.example.com "+ses1+
			"identity/*@example.com", office)), ""},
		{"a registry's domains", granting(allowing(raw, ses1+"identity/*.co.uk", office)), "identity sender"},
		{"all but one identity", granting(allowing(raw, identity, office).butResources()), "identity sender"},
		{"all of SES", granting(allowing("ses:*", identity, office)), "manage"},
		{"all but SES", granting(allowing("ses:*", all, office).butActions()), "service"},
		{"statistics", granting(narrow, allowing("ses:Get* ses:ListIdentities", all)), ""},
		{"a bucket", granting(narrow, allowing("s3:PutObject", "arn:aws:s3:::backup/*")), "service"},

		{"rights with a mail's address, which only mail has", granting(allowing("ses:Verify* s3:*", identity,
			office, on("StringLike", "ses:FromAddress", "*@example.com"))), ""},
		{"rights without another address", granting(allowing("ses:Verify* s3:*", identity, office,
			on("StringNotLike", "ses:FromAddress", "*@example.org"))), "manage service"},
		{"bulk mail of one sender, which IAM isn't told", granting(allowing("ses:SendBulkEmail", any, office,
			on("StringLike", "ses:FromAddress", "*@example.com"))), ""},
		{"bulk mail of one sender, if IAM is told", granting(allowing("ses:SendBulkEmail", any, office,
			on("StringLikeIfExists", "ses:FromAddress", "*@example.com"))), "identity sender"},
		{"bounces to somebody", granting(allowing("ses:SendBounce", any, office,
			on("Null", "ses:Recipients", "false"))), ""},
		{"what has expired", granting(allowing(all, all,
			on("DateLessThan", "aws:CurrentTime", "2018-10-01T12:00:00Z"))), ""},
		{"what only begins", granting(allowing(raw, identity,
			on("DateGreaterThan", "aws:CurrentTime", "2030-01-01T00:00:00Z"))), "source"},

		{"a Deny for AWS's services", guarded(on("Bool", "aws:ViaAWSService", "true")), "source"},
		{"a Deny for users", guarded(on("Bool", "aws:ViaAWSService", "false")), ""},
		{"a Deny through other endpoints, for any value", guarded(on("ForAnyValue:StringNotEquals", "aws:SourceVpce",
			endpoint)), "source"},
		{"a Deny through other endpoints", guarded(on("StringNotEquals", "aws:SourceVpce", endpoint)), ""},
		{"a Deny from other private addresses", guarded(on("NotIpAddress", "aws:VpcSourceIp", "10.0.0.0/8")), "source"},
		{"a Deny but through many endpoints", guarded(on("StringNotLike", "aws:SourceVpce", "vpce-0*")), "source"},
		{"a Deny but from a cloud", guarded(on("NotIpAddress", "aws:SourceIp", "52.0.0.0/8")), "source"},
		{"a Deny with two conditions", guarded(elsewhere,
			on("StringNotEquals", "ses:FromDisplayName", "Example Billing")), "source"},
		{"a Deny from elsewhere, if an endpoint isn't ours either", guarded(elsewhere,
			on("StringNotEquals", "aws:SourceVpce", endpoint)), ""},
		{"a Deny from elsewhere on what is SES's", granting(allowing(raw, identity),
			denying(all, "arn:aws:ses:*:*:*", elsewhere)), ""},
		{"a Deny from elsewhere on another identity", granting(allowing(raw, identity),
			denying(all, ses1+"identity/example.org", elsewhere)), "source"},
		{"all, wholly narrowed", granting(allowing(all, all), denying(raw, all).butActions(),
			denying(all, identity).butResources(), denying(all, all, elsewhere)), ""},
		{"all, narrowed but in its actions", granting(allowing(all, all),
			denying(all, identity).butResources(), denying(all, all, elsewhere)), "manage service"},
		{"everything denied", granting(allowing(all, all), denying(all, all)), ""},

		{"a boundary from half the Internet", granting(allowing(raw, identity)).under(allowing(all, all,
			on("IpAddress", "aws:SourceIp", "0.0.0.0/1"))), "source"},
		{"a boundary through any endpoint", granting(allowing(raw, identity)).under(allowing(all, all,
			on("StringLike", "aws:SourceVpce", "vpce-*"))), "source"},
		{"a boundary from one network", granting(allowing(all, all)).under(narrow), ""},
		{"a boundary that denies from elsewhere", granting(allowing(raw, identity)).under(allowing(all, all),
			denying(all, all, elsewhere)), ""},
		{"a boundary whose actions overlap", granting(allowing("iam:Create*", all)).under(
			allowing("iam:*AccessKey", all)), "service"},
		{"a boundary whose actions don't", granting(allowing("iam:Create*", all)).under(allowing("s3:*", all)), ""},

		{"the Internet", from("0.0.0.0/0"), "source"},
		{"its halves", from("0.0.0.0/1", "128.0.0.0/1"), "source"},
		{"a cloud", from("3.0.0.0/8"), "source"},
		{"a /16", from("198.51.0.0/16"), ""},
		{"a /16 and a /24", from("198.51.0.0/16", "192.0.2.0/24"), "source"},
		{"a /16 twice", from("198.51.0.0/16", "198.51.100.0/24"), ""},
		{"a /32 of IPv6", from("2001:db8::/32"), ""},
		{"a /31 of IPv6", from("2001:db8::/31"), "source"},
		{"private addresses", from("10.0.0.0/8"), ""},
		{"addresses that begin with 2", granting(allowing(raw, identity,
			on("StringLike", "aws:SourceIp", "2*"))), "source"},
		{"the address that it is", granting(allowing(raw, identity,
			on("StringEquals", "aws:SourceIp", "${aws:SourceIp}"))), "source"},
		{"endpoints that begin alike", granting(allowing(raw, identity, on("StringLike", "aws:SourceVpce", "vpce-0*"))),
			"source"},
		{"VPCs that begin alike", granting(allowing(raw, identity,
			on("StringLike", "aws:SourceVpc", "vpc-0*"))), "source"},
		{"a wildcard where there are none", granting(allowing(raw, identity,
			on("StringEquals", "aws:SourceVpce", "vpce-*"))), ""},
		{"one network, if the address is known", granting(allowing(raw, identity,
			on("IpAddressIfExists", "aws:SourceIp", "192.0.2.0/24"))), "source"},
		{"one network, in odd capitals", granting(allowing(raw, identity,
			on("IPADDRESS", "AWS:sourceip", "192.0.2.0/24"))), ""},
		{"one network, for any value", granting(allowing(raw, identity,
			on("ForAnyValue:IpAddress", "aws:SourceIp", "192.0.2.0/24"))), ""},
		{"one network, for all values", granting(allowing(raw, identity,
			on("ForAllValues:IpAddress", "aws:SourceIp", "192.0.2.0/24"))), "source"},

		{"any configuration set and template", granting(allowing(raw, identity+" "+ses1+"configuration-set/* "+ses1+
			"template/*", office)), ""},
		{"any Region", granting(allowing(raw, "arn:aws:ses:*:111122223333:identity/example.com", office)), ""},
		{"an action in a roundabout way", granting(allowing("ses:?endRawEmail", identity, office)), ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			j := theUniverse().judge(c.grant)
			var got []string
			for _, v := range j.verdicts() {
				if v.sure != v.may {
					t.Errorf("%s isn't sure: %s", v.of, v.example)
				}
				if v.may {
					got = append(got, v.of)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%s, not %q", got, c.want)
			}
		})
	}
}

// The evaluator allows what the judge finds, and nothing else.
func TestTheJudgeSeesAllThatTheEvaluatorAllows(t *testing.T) {
	u := theUniverse()
	allowed, denied := 0, 0
	for seed := range uint64(whole.Size(t, "grants", 400, 4_000)) {
		g, random := generated(seed), rand.New(rand.NewPCG(seed, 1))
		j := u.judge(g)
		for _, v := range j.verdicts() {
			if v.may && !g.allows(v.example) {
				t.Fatalf("%s: %s isn't allowed:\n%s", v.of, v.example, g)
			}
		}
		for range 20 {
			c := u.near(g, random)
			seen := false
			u.allowed(g, u.only(c), func(box) bool { seen = true; return false })
			if want := g.allows(c); seen != want {
				t.Fatalf("seen %v, allowed %v: %s\n%s", seen, want, c, g)
			} else if want {
				allowed++
			} else {
				denied++
			}
		}
	}
	t.Logf("%d requests are allowed, %d aren't", allowed, denied)
}

// only returns the box of one request.
func (u *universe) only(c call) (b box) {
	for d := range dimensions {
		b[d] = u.all(d, func(i int) bool {
			switch d {
			case byAction:
				return strings.EqualFold(u.actions[i], c.action)
			case byResource:
				return u.resources[i] == c.resource
			}
			for key, of := range u.keys {
				if of == d && !slices.Equal(u.contexts[d][i][key], c.context[key]) {
					return false
				}
			}
			return true
		})
	}
	return b
}

// For any text, one of the examples matches the same patterns.
func TestTheExamplesLeaveNoTextOut(t *testing.T) {
	for _, c := range []struct {
		what     string
		grammar  grammar
		tellings []telling
		pieces   []string
	}{
		{"names", ofNames, slices.Concat(patterns(heldNames...), patterns(wideNames...), held()),
			strings.Fields("example exam ex mple . @ com org co.uk alerts mail x - e a q")},
		{"senders", ofAddresses, slices.Concat(patterns(heldSenders...), literals(heldSenders...),
			patterns(wideSenders...), literals(wideSenders...), held()),
			strings.Fields("example exam EXAMPLE ex mple . @ com org co.uk app pp x e B * ? app*@ ?pp@ *@")},
		{"endpoints", ofIDs("vpce-"), patterns(slices.Concat(ownEndpoints, wideEndpoints)...),
			strings.Fields("vpce- 0 123456789 abcdef 0123456789abcdef0 f a")},
	} {
		examples := map[string]bool{}
		for _, text := range texts(c.grammar, c.tellings) {
			examples[answers(c.tellings, text)] = true
		}
		random, tried := rand.New(rand.NewPCG(1, 1)), 0
		for range 100_000 {
			text := ""
			for range 1 + random.IntN(7) {
				text += c.pieces[random.IntN(len(c.pieces))]
			}
			if !c.grammar.has(text) {
				continue
			}
			if tried++; !examples[answers(c.tellings, text)] {
				t.Fatalf("%s: no example is like %q", c.what, text)
			}
		}
		t.Logf("%s: %d examples, %d texts tried", c.what, len(examples), tried)
	}
}

// answers are the results of the evaluator's own matching.
func answers(tellings []telling, text string) string {
	b := make([]byte, len(tellings))
	for i, t := range tellings {
		of := text
		if t.fold {
			of = strings.ToLower(text)
		}
		if like(t.pattern, of) {
			b[i] = 1
		}
	}
	return string(b)
}
