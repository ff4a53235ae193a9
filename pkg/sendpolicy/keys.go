package sendpolicy

import (
	"slices"
	"strings"
)

// kind is what the values of a condition key are, and what an operator compares.
type kind string

const (
	ofText    kind = "text"
	ofNumber  kind = "numbers"
	ofDate    kind = "dates"
	ofTruth   kind = "true and false"
	ofNetwork kind = "networks"
	ofBytes   kind = "bytes"
	ofARN     kind = "ARNs"
	ofAny     kind = "whether a key is there" // Null's
)

// Keys that this package has something to say about.
const (
	fromAddress   = "ses:FromAddress"
	recipientsKey = "ses:Recipients" // the only key of SES that has several values
	sourceIP      = "aws:SourceIp"
	sourceVPC     = "aws:SourceVpc"
	sourceVPCe    = "aws:SourceVpce"
	vpcSourceIP   = "aws:VpcSourceIp"
)

// presence says which requests have a key.
type presence uint8

const (
	optional presence = iota // as a thief likes
	always
	outside // those with a public address
	inside  // those through a VPC endpoint
)

// keysOf are the keys of SES that requests for an action have ("Actions, resources, and condition
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

// fact is what is known of a condition key.
type fact struct {
	kinds    []kind
	presence presence
	only     string // its only value, for a user's own requests
	like     string // the pattern that all its values are like, if they have one
}

// values are all that the key has, if they are few.
func (f fact) values() Texts {
	switch {
	case f.only != "":
		return Texts{f.only}
	case slices.Contains(f.kinds, ofTruth):
		return Texts{"true", "false"}
	}
	return nil
}

// facts are those of the condition keys that requests are known to have or to lack: SES's own, the
// only global ones that it implements ("Identity and access management in Amazon SES"), and those
// that IAM fills in itself. A condition on any other key may hold or not. What the keys are is in
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

// HonouredKeys are the condition keys that SES knows for sending over SMTP. A condition on another
// one may never hold, or always.
func HonouredKeys() (keys []string) {
	for key := range facts {
		if honours(key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// honours tells whether SES knows the key; names of keys are the same in capitals and small
// letters.
func honours(key string) bool {
	fact, known := facts[asWritten(key)]
	return known && fact.only == ""
}

// kindsOf are what the values of a key are that SES knows.
func kindsOf(key string) []kind {
	if !honours(key) {
		return nil
	}
	return facts[asWritten(key)].kinds
}

// asWritten is a key as AWS writes it, if it is known.
func asWritten(key string) string {
	for known := range facts {
		if strings.EqualFold(known, key) {
			return known
		}
	}
	return key
}

// isSource tells whether a key says where a request comes from.
func isSource(key string) bool {
	return slices.Contains([]string{sourceIP, sourceVPC, sourceVPCe, vpcSourceIP}, asWritten(key))
}
