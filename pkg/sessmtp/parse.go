package sessmtp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// DefaultEndpoint is SES's public SMTP endpoint with STARTTLS: "Amazon Simple Email Service
// endpoints and quotas" in the AWS General Reference. ParseEndpoints replaces {region}, and also
// the DNS suffix if the Region's partition has another one.
const DefaultEndpoint = "email-smtp.{region}.amazonaws.com:587"

// ParseRegions reads a comma-separated list of Regions, such as "eu-west-1, us-east-1", and keeps
// its order. It ignores spaces around items. It returns an error for each item that is empty, isn't
// shaped like a Region's name or comes twice; the errors name the items and are joined.
func ParseRegions(s string) ([]string, error) {
	var regions []string
	var faults []error
	for i, item := range strings.Split(s, ",") {
		region := strings.TrimSpace(item)
		switch {
		case region == "":
			faults = append(faults, fmt.Errorf("item %d of the Regions %q is empty", i+1, s))
		case !isRegion(region):
			faults = append(faults, fmt.Errorf("%q isn't the name of a Region, such as eu-west-1", region))
		case slices.Contains(regions, region):
			faults = append(faults, fmt.Errorf("%q is listed twice among the Regions", region))
		default:
			regions = append(regions, region)
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return regions, nil
}

// ParseEndpoints reads the spec of the Regions' SMTP endpoints, and returns them in the order of
// regions. The spec has one of three forms:
//
//	(empty)                                         DefaultEndpoint
//	email-smtp-fips.{region}.amazonaws.com:465      one pattern for all; {region} is optional
//	eu-west-1=host:port,us-east-1=[2001:db8::1]:25  one entry for each
//
// A port is always required, and IPv6 addresses need brackets. All faults are reported at once: a
// missing or malformed host or port, a Region without an entry, a Region with two entries, and an
// entry for a Region that isn't in regions. In some Regions SES has no SMTP endpoint. For those,
// the default is a fault, and so is a pattern that would produce SES's name there; an entry of
// their own is accepted.
func ParseEndpoints(spec string, regions []string) ([]Endpoint, error) {
	spec = strings.TrimSpace(spec)
	if strings.ContainsAny(spec, "=,") {
		return parseEntries(spec, regions)
	}
	if spec == "" || spec == DefaultEndpoint {
		return fill(regions, defaultEndpoint)
	}
	if len(regions) > 0 {
		if _, err := parseEndpoint(spec, regions[0]); err != nil {
			return nil, err // the same in every Region
		}
	}
	return fill(regions, func(region string) (Endpoint, error) {
		endpoint, err := parseEndpoint(spec, region)
		if err == nil {
			err = endpoint.checkName()
		}
		return endpoint, err
	})
}

// fill returns the endpoints of all Regions, or all the faults.
func fill(regions []string, endpointOf func(region string) (Endpoint, error)) ([]Endpoint, error) {
	var endpoints []Endpoint
	var faults []error
	for _, region := range regions {
		endpoint, err := endpointOf(region)
		if err != nil {
			faults = append(faults, err)
		}
		endpoints = append(endpoints, endpoint)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return endpoints, nil
}

// parseEntries reads "region=host:port,region=host:port".
func parseEntries(spec string, regions []string) ([]Endpoint, error) {
	var faults []error
	found := make(map[string]Endpoint)
	for item := range strings.SplitSeq(spec, ",") {
		item = strings.TrimSpace(item)
		region, addr, ok := strings.Cut(item, "=")
		region = strings.TrimSpace(region)
		if !ok {
			faults = append(faults, fmt.Errorf("endpoint %q has no Region: write region=host:port", item))
			continue
		}
		if !slices.Contains(regions, region) {
			faults = append(faults, fmt.Errorf("endpoint %q is for Region %q, which isn't configured", item, region))
			continue
		}
		if _, twice := found[region]; twice {
			faults = append(faults, fmt.Errorf("endpoint %q is the second one for Region %s", item, region))
			continue
		}
		endpoint, err := parseEndpoint(strings.TrimSpace(addr), region)
		if err != nil {
			faults = append(faults, err)
		}
		found[region] = endpoint
	}
	var endpoints []Endpoint
	for _, region := range regions {
		endpoint, ok := found[region]
		if !ok {
			faults = append(faults, fmt.Errorf("no endpoint for Region %s", region))
		}
		endpoints = append(endpoints, endpoint)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return endpoints, nil
}

// parseEndpoint reads one "host:port" and fills in {region}.
func parseEndpoint(addr, region string) (Endpoint, error) {
	host, port, err := net.SplitHostPort(strings.ReplaceAll(addr, "{region}", region))
	if err != nil {
		return Endpoint{}, fmt.Errorf("endpoint isn't host:port: %w", err)
	}
	if !validHost(host) {
		return Endpoint{}, fmt.Errorf("endpoint %q: %q isn't a host name or IP address", addr, host)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 {
		return Endpoint{}, fmt.Errorf("endpoint %q: port %q isn't a number from 1 to 65535", addr, port)
	}
	return Endpoint{Region: region, Host: host, Port: int(n)}, nil
}

// validHost accepts names and IP addresses. It rejects IPv6 zones, because a certificate can't have
// one.
func validHost(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == ""
	}
	return isHostName(host) && len(host) <= 253
}

// isHostName accepts names made of labels (RFC 1123, section 2.1), also with underscores, which DNS
// allows. It and isRegion don't use regular expressions: compiling those would take a good part of
// the function's start.
func isHostName(host string) bool {
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if label == "" || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
			strings.ContainsFunc(label, notInLabel) {
			return false
		}
	}
	return true
}

func notInLabel(r rune) bool {
	return !(r == '-' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
}

// isRegion accepts names like eu-west-1 and us-gov-west-1: words, then a number of one or two
// digits.
func isRegion(region string) bool {
	words := strings.Split(region, "-")
	number := words[len(words)-1]
	if len(words) < 3 || len(words[0]) < 2 || len(number) < 1 || len(number) > 2 ||
		strings.Trim(number, "0123456789") != "" {
		return false
	}
	return !slices.ContainsFunc(words[:len(words)-1], func(word string) bool {
		return word == "" || strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") != ""
	})
}
