package discover

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Adoption describes how a stack takes over a user that already sends.
type Adoption struct {
	facts       Facts
	regions     []string // SES Regions, the primary first
	description sendpolicy.Description
	left        []string // parts of the policies that a stack has no parameter for
	notes       []string
}

// TakeOver works out a stack's parameters from the facts. It uses region, the reader's own, if the
// facts name none.
func TakeOver(f Facts, region string, now time.Time) Adoption {
	a := Adoption{facts: f}
	f.Access.Intended = sendpolicy.Description{Account: f.Account, Regions: sentFrom(f.Keys)}
	if len(f.Access.Intended.Regions) == 0 {
		f.Access.Intended.Regions = []string{region}
	}
	a.description, a.left = sendpolicy.Describe(f.Access)
	a.takeWhatFits()
	a.findRegions(region)
	a.note(now)
	return a
}

// sentFrom returns the Regions in which keys were used for mail, the latest first.
func sentFrom(keys []Key) (regions []string) {
	keys = slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return !k.mail() || k.Used.Region == "" })
	slices.SortFunc(keys, func(a, b Key) int { return b.Used.At.Compare(a.Used.At) })
	for _, k := range keys {
		if !slices.Contains(regions, k.Used.Region) {
			regions = append(regions, k.Used.Region)
		}
	}
	return regions
}

// The patterns of the stack's parameters, as in template.yaml.
var (
	identityARN = regexp.MustCompile(`^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/[^*?$\s]+$`)
	setARN      = regexp.MustCompile(`^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:configuration-set/[A-Za-z0-9_-]+$`)
	addressLike = regexp.MustCompile(`^[^@?$,\s]+@([^@?$,\s]*\.)?[^@?$*.,\s]+\.[^@?$*.,\s]+$`)
	nameLike    = regexp.MustCompile(`^([^|?$\s][^|?$]*)?[^|*?$\s]{2}([^|?$]*[^|?$\s])?$`)
)

// takeWhatFits keeps what the stack's parameters accept. If one value of a list doesn't fit, it
// drops the whole list: a part of it would cut off the rest of the mail.
func (a *Adoption) takeWhatFits() {
	d := &a.description
	for _, list := range []struct {
		values *[]string
		fits   *regexp.Regexp
	}{{&d.From, addressLike}, {&d.FromNames, nameLike}, {&d.Recipients, addressLike}} {
		if slices.ContainsFunc(*list.values, func(v string) bool { return !list.fits.MatchString(v) }) {
			a.left = append(a.left, strings.Join(*list.values, ","))
			*list.values = nil
		}
	}
	wide := func(n netip.Prefix) bool { return n.Addr().Is4() && n.Bits() < 16 || n.Addr().Is6() && n.Bits() < 32 }
	if slices.ContainsFunc(d.Networks, wide) {
		a.left = append(a.left, joined(d.Networks))
		d.Networks = nil
	}
	d.Identities = slices.DeleteFunc(d.Identities, func(v string) bool { return !identityARN.MatchString(v) })
	d.ConfigurationSets = slices.DeleteFunc(d.ConfigurationSets, func(v string) bool { return !setARN.MatchString(v) })
}

func joined(networks []netip.Prefix) string {
	var texts []string
	for _, n := range networks {
		texts = append(texts, n.String())
	}
	return strings.Join(texts, ",")
}

// findRegions collects the Regions in which the keys were used, then those of the identities.
func (a *Adoption) findRegions(region string) {
	a.regions = sentFrom(a.facts.Keys)
	for _, identity := range a.description.Identities {
		if parsed, err := arn.Parse(identity); err == nil && !slices.Contains(a.regions, parsed.Region) {
			a.regions = append(a.regions, parsed.Region)
		}
	}
	if len(a.regions) == 0 {
		a.regions = []string{region}
	}
}

// placeholder stands in for the identity when none is known; the reader must replace it.
const placeholder = "YOUR-DOMAIN"

// identities returns the known identities, or a placeholder for the reader to fill in for each
// Region.
func (a *Adoption) identities() []string {
	if len(a.description.Identities) > 0 {
		return a.description.Identities
	}
	partition := "aws"
	if parsed, err := arn.Parse(a.facts.ARN); err == nil {
		partition = parsed.Partition
	}
	var all []string
	for _, region := range a.regions {
		all = append(all, fmt.Sprintf("arn:%s:ses:%s:%s:identity/%s", partition, region, a.facts.Account, placeholder))
	}
	return all
}
