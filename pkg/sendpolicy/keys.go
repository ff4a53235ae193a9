package sendpolicy

import (
	"slices"
	"strings"
)

// kind is the kind of value that a condition key has, or that an operator compares.
type kind string

const (
	ofText    kind = "text"
	ofNumber  kind = "numbers"
	ofDate    kind = "dates"
	ofTruth   kind = "true and false"
	ofNetwork kind = "networks"
	ofBytes   kind = "bytes"
	ofARN     kind = "ARNs"
	ofAny     kind = "whether a key is there" // Null
)

// Keys that get special treatment.
const (
	fromAddress   = "ses:FromAddress"
	recipientsKey = "ses:Recipients" // the only SES key with several values
	sourceIP      = "aws:SourceIp"
	sourceVPC     = "aws:SourceVpc"
	sourceVPCe    = "aws:SourceVpce"
	vpcSourceIP   = "aws:VpcSourceIp"
)

// presence says which requests have a key.
type presence uint8

const (
	optional presence = iota // a thief may choose
	always
	outside // only requests from a public address
	inside  // only requests through a VPC endpoint
)

// keysOf returns the SES keys that requests for an action have ("Actions, resources, and condition
// keys for Amazon SES", Service Authorization Reference).
func keysOf(action string) []string {
	service, name, _ := strings.Cut(strings.ToLower(action), ":")
	switch name {
	case "sendrawemail", "sendemail", "sendtemplatedemail", "sendbulktemplatedemail", "sendcustomverificationemail":
		return []string{"ses:ApiVersion", fromAddress, recipientsKey, "ses:FeedbackAddress", "ses:FromDisplayName"}
	case "sendbounce":
		return []string{"ses:ApiVersion", fromAddress}
	}
	if service == "ses" {
		return []string{"ses:ApiVersion"}
	}
	return nil
}

// fact is what is known about a condition key.
type fact struct {
	kinds    []kind
	presence presence
	only     string // the only value in a user's own requests
	like     string // the pattern that all values match, if there is one
}

// values returns all values that the key can have, if they are few.
func (f fact) values() Texts {
	switch {
	case f.only != "":
		return Texts{f.only}
	case slices.Contains(f.kinds, ofTruth):
		return Texts{"true", "false"}
	}
	return nil
}

// facts are the condition keys about which it is known whether requests have them: SES's own, the
// global ones that SES implements ("Identity and access management in Amazon SES"), and those that
// IAM itself fills in. A condition on any other key may or may not hold. The keys are described in
// "Condition keys for Amazon SES" (Service Authorization Reference) and "AWS global condition
// context keys" (IAM User Guide).
var facts = map[string]fact{
	fromAddress:                 {kinds: []kind{ofText}, presence: always},
	recipientsKey:               {kinds: []kind{ofText}},
	"ses:ApiVersion":            {kinds: []kind{ofText}},
	"ses:FeedbackAddress":       {kinds: []kind{ofText}},
	"ses:FromDisplayName":       {kinds: []kind{ofText}},
	"aws:CurrentTime":           {kinds: []kind{ofDate}, presence: always},
	"aws:EpochTime":             {kinds: []kind{ofDate, ofNumber}, presence: always},
	"aws:SecureTransport":       {kinds: []kind{ofTruth}, presence: always},
	"aws:UserAgent":             {kinds: []kind{ofText}, presence: always},
	sourceIP:                    {kinds: []kind{ofNetwork}, presence: outside},
	vpcSourceIP:                 {kinds: []kind{ofNetwork}, presence: inside},
	sourceVPC:                   {kinds: []kind{ofText}, presence: inside, like: "vpc-*"},
	sourceVPCe:                  {kinds: []kind{ofText}, presence: inside, like: "vpce-*"},
	"aws:ViaAWSService":         {kinds: []kind{ofTruth}, presence: always, only: "false"},
	"aws:PrincipalIsAWSService": {kinds: []kind{ofTruth}, presence: always, only: "false"},
}

// HonouredKeys returns the condition keys that SES implements for sending over SMTP. A condition on
// any other key may hold never, or always.
func HonouredKeys() (keys []string) {
	for key := range facts {
		if honours(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// honours reports whether SES implements the key. The case of key names doesn't matter.
func honours(key string) bool {
	fact, known := facts[asWritten(key)]
	return known && fact.only == ""
}

// kindsOf returns the kinds of value that a key has, or nil if SES doesn't implement it.
func kindsOf(key string) []kind {
	if !honours(key) {
		return nil
	}
	return facts[asWritten(key)].kinds
}

// asWritten returns a key in AWS's spelling, if this package knows it.
func asWritten(key string) string {
	for known := range facts {
		if strings.EqualFold(known, key) {
			return known
		}
	}
	return key
}

// isSource reports whether a key says where a request comes from.
func isSource(key string) bool {
	return slices.Contains([]string{sourceIP, sourceVPC, sourceVPCe, vpcSourceIP}, asWritten(key))
}
