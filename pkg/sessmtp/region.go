package sessmtp

import (
	"fmt"
	"slices"
	"strings"
)

// CheckRegion returns an error if SES has no SMTP endpoint in a Region, and nil if it has. For a
// Region that it doesn't know it returns nil, because AWS opens new ones.
func CheckRegion(region string) error {
	if withoutSMTP(region) {
		return fmt.Errorf("SES has no SMTP endpoint in Region %s, only its API; "+
			"choose another Region to send from, or name an endpoint of your own: %s=host:port", region, region)
	}
	if p := partitionOf(region); !p.ses {
		return fmt.Errorf("SES isn't offered in Region %s, nor anywhere else in partition %s; "+
			"choose another Region to send from, or name an endpoint of your own: %s=host:port", region, p.name, region)
	}
	return nil
}

// withoutSMTP lists the Regions that have SES but not its SMTP interface. The source is the note
// above the SMTP endpoints in "Amazon Simple Email Service endpoints and quotas", AWS General
// Reference, of 2026.
func withoutSMTP(region string) bool {
	switch region {
	case "af-south-1", // Cape Town
		"ap-south-2",     // Hyderabad
		"ap-southeast-3", // Jakarta
		"ap-southeast-5", // Malaysia
		"ca-west-1",      // Calgary
		"eu-central-2",   // Zurich
		"eu-south-1",     // Milan
		"il-central-1",   // Tel Aviv
		"me-central-1",   // UAE
		"me-south-1":     // Bahrain
		return true
	}
	return false
}

// Partition returns the AWS partition that a Region is in, such as aws-cn. For a Region that it
// doesn't know it returns aws.
func Partition(region string) string { return partitionOf(region).name }

// DNSSuffix returns the suffix of AWS's DNS names in a Region, such as amazonaws.com.
func DNSSuffix(region string) string { return partitionOf(region).suffix }

// partition is a group of Regions that share a DNS suffix.
type partition struct {
	name, suffix string
	ses          bool // whether SES is offered there
}

// partitionOf returns a Region's partition. The sources are partitions.json and, for SES,
// endpoints.json in AWS's SDKs of 2026. Two partitions share the usual suffix: aws and aws-us-gov.
func partitionOf(region string) partition {
	area, rest, _ := strings.Cut(region, "-")
	part, _, _ := strings.Cut(rest, "-")
	switch {
	case area == "cn":
		return partition{"aws-cn", "amazonaws.com.cn", false}
	case area == "eusc":
		return partition{"aws-eusc", "amazonaws.eu", true}
	case part == "iso":
		return partition{"aws-iso", "c2s.ic.gov", false}
	case part == "isob":
		return partition{"aws-iso-b", "sc2s.sgov.gov", false}
	case part == "isoe":
		return partition{"aws-iso-e", "cloud.adc-e.uk", false}
	case part == "isof":
		return partition{"aws-iso-f", "csp.hci.ic.gov", false}
	case part == "gov":
		return partition{"aws-us-gov", usualSuffix, true}
	}
	return partition{"aws", usualSuffix, true}
}

const usualSuffix = "amazonaws.com"

// dualStackSuffix is the suffix of names that also have IPv6 addresses ("Amazon Simple Email
// Service endpoints and quotas", AWS General Reference).
const dualStackSuffix = "api.aws"

// defaultEndpoint returns SES's own endpoint in a Region, with the DNS suffix of the Region's
// partition.
func defaultEndpoint(region string) (Endpoint, error) {
	if err := CheckRegion(region); err != nil {
		return Endpoint{}, err
	}
	return parseEndpoint(strings.ReplaceAll(DefaultEndpoint, usualSuffix, partitionOf(region).suffix), region)
}

// checkName refuses an endpoint made from a pattern if it is a name of SES's that doesn't exist.
func (e Endpoint) checkName() error {
	host := strings.ToLower(strings.TrimSuffix(e.Host, "."))
	for _, service := range []string{"email-smtp.", "email-smtp-fips."} {
		suffix, ok := strings.CutPrefix(host, service+e.Region+".")
		if !ok {
			continue
		}
		if err := CheckRegion(e.Region); err != nil {
			return err
		}
		if p := partitionOf(e.Region); suffix == usualSuffix && p.suffix != usualSuffix {
			return fmt.Errorf("endpoint %q doesn't exist: in Region %s, names end in %s", e.Addr(), e.Region, p.suffix)
		}
	}
	return nil
}

// RegionOf returns the Region in the name of one of SES's own SMTP endpoints: a public one, a FIPS
// one, one for IPv6 or one in a VPC. For any other host it returns "".
func RegionOf(host string) string {
	labels := strings.Split(strings.ToLower(strings.TrimSuffix(host, ".")), ".")
	service := func(label string) bool { return strings.HasPrefix(label, "email-smtp") }
	i := slices.IndexFunc(labels, isRegion)
	if i < 0 || !slices.ContainsFunc(labels[:i], service) {
		return ""
	}
	suffix := strings.TrimPrefix(strings.Join(labels[i+1:], "."), "vpce.")
	usual := partitionOf(labels[i]).suffix
	if suffix != usual && !(suffix == dualStackSuffix && usual == usualSuffix) {
		return ""
	}
	return labels[i]
}
