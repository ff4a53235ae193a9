package sendpolicy

import (
	"fmt"
	"slices"
	"strings"
)

// warnOfSenders warns of senders that belong to no identity, and of identities for which SES may
// use a more specific one instead.
func (d Description) warnOfSenders(warn func(WarningCode, string, ...any)) {
	for _, from := range d.described() {
		if !slices.ContainsFunc(senders(d.Identities), func(own string) bool { return overlap(own, from) }) {
			warn(ForeignSender, "%s belongs to none of the identities, so SES refuses its mail: name its domain, or "+
				"the address itself, as an identity", from)
		}
	}
	if unnamed := d.unnamed(); len(unnamed) > 0 {
		warn(SpecificIdentity,
			"a domain doesn't cover its addresses and subdomains that are verified identities themselves: SES checks "+
				"permission on the most specific identity, and refuses the mail if that isn't named (554 Access "+
				"denied); if %s is one, name it as an identity as well", listed(unnamed, "or", shown))
	}
}

// described returns the senders that the description lets mail come from.
func (d Description) described() []string {
	from := each(d.From, addresses)
	for _, c := range d.Conditions {
		if c.Key == fromAddress && c.names() {
			from = append(from, each(c.Values, func(v string) []string { return []string{anyForOne(v)} })...)
		}
	}
	return unique(from)
}

// unnamed returns senders for whom SES may use an identity that isn't named. SES uses the address
// if that is verified, and otherwise its nearest verified domain ("Creating and verifying
// identities in Amazon SES"; the refusals that people report name that identity).
func (d Description) unnamed() (what []string) {
	resources := d.arns("identity", d.Identities)
	for _, arn := range resources {
		account, name := cutIdentity(arn)
		if strings.Contains(name, "@") {
			continue
		}
		if len(d.described()) == 0 {
			what = append(what, "an address or a subdomain of "+name)
		}
		for _, from := range d.described() {
			switch {
			case !slices.ContainsFunc(senders([]string{name}), func(own string) bool { return overlap(own, from) }):
			case hasStar(from):
				what = append(what, "an address like "+from)
			case !slices.ContainsFunc(resources, func(r string) bool { return strings.EqualFold(r, account+from) }):
				what = append(what, from)
			}
		}
	}
	return unique(what)
}

// cutIdentity splits an identity's ARN before its name.
func cutIdentity(arn string) (before, name string) {
	parts := ofSES.FindStringSubmatch(arn)
	if parts == nil {
		return arn, ""
	}
	return strings.TrimSuffix(arn, parts[5]), parts[5]
}

// anyForOne returns a condition's value as a pattern that has no wildcard but *. The pattern is
// never narrower than the value.
func anyForOne(value string) string {
	return strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$", "?", "*").Replace(value)
}

// listed lists texts, or the first few and the number of the rest, with a word such as "and" before
// the last.
func listed(texts []string, word string, most int) string {
	last := fmt.Sprintf("%d more", len(texts)-most)
	if len(texts) <= most+1 { // naming a single one more is as short as counting it
		texts, last = texts[:len(texts)-1], texts[len(texts)-1]
	} else {
		texts = texts[:most]
	}
	if len(texts) == 0 {
		return last
	}
	return strings.Join(texts, ", ") + " " + word + " " + last
}
