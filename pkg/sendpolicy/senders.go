package sendpolicy

import (
	"fmt"
	"slices"
	"strings"
)

// warnOfSenders tells of senders who aren't of an identity, and of identities that more specific
// ones may stand beside.
func (d Description) warnOfSenders(warn func(WarningCode, string, ...any)) {
	for _, from := range d.described() {
		if !slices.ContainsFunc(senders(d.Identities), func(own string) bool { return overlap(own, from) }) {
			warn(ForeignSender, "%s is of none of the identities, so its mail is refused: name its domain, or itself, "+
				"as an identity", from)
		}
	}
	if unnamed := d.unnamed(); len(unnamed) > 0 {
		warn(SpecificIdentity,
			"a domain doesn't stand for its addresses and subdomains that are verified identities themselves: SES "+
				"asks for permission on the most specific one, and refuses its mail otherwise (554 Access denied); if "+
				"%s is one, name it as an identity beside the domain", listed(unnamed, "or", shown))
	}
}

// described are the senders that the description lets mail come from.
func (d Description) described() []string {
	from := each(d.From, addresses)
	for _, c := range d.Conditions {
		if c.Key == fromAddress && c.names() {
			from = append(from, each(c.Values, func(v string) []string { return []string{anyForOne(v)} })...)
		}
	}
	return unique(from)
}

// unnamed are those of whom SES may go by another identity than one that is named: it goes by the
// address, else by the nearest of its domains, that is verified ("Creating and verifying identities
// in Amazon SES"; the refusals that people report name that one).
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

// cutIdentity cuts an identity's ARN before its name.
func cutIdentity(arn string) (before, name string) {
	parts := ofSES.FindStringSubmatch(arn)
	if parts == nil {
		return arn, ""
	}
	return strings.TrimSuffix(arn, parts[5]), parts[5]
}

// anyForOne is a value of a condition as a pattern that has * alone, which is no narrower.
func anyForOne(value string) string {
	return strings.NewReplacer("${*}", "*", "${?}", "?", "${$}", "$", "?", "*").Replace(value)
}

// listed names texts, or the first of many, with a word before the last.
func listed(texts []string, word string, most int) string {
	last := fmt.Sprintf("%d more", len(texts)-most)
	if len(texts) <= most+1 { // a single one more is as short as the words for it
		texts, last = texts[:len(texts)-1], texts[len(texts)-1]
	} else {
		texts = texts[:most]
	}
	if len(texts) == 0 {
		return last
	}
	return strings.Join(texts, ", ") + " " + word + " " + last
}
