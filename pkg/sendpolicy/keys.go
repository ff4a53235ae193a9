package sendpolicy

import (
	"maps"
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

// honoured are the condition keys that SES knows for sending over SMTP: its own, and the only
// global ones that it implements ("Identity and access management in Amazon SES"). A condition on
// another one may never hold, or always. What they are is in "Condition keys for Amazon SES"
// (Service Authorization Reference) and "AWS global condition context keys" (IAM User Guide).
var honoured = map[string][]kind{
	"ses:ApiVersion": {ofText}, "ses:FeedbackAddress": {ofText}, "ses:FromAddress": {ofText},
	"ses:FromDisplayName": {ofText}, recipientsKey: {ofText},
	"aws:CurrentTime": {ofDate}, "aws:EpochTime": {ofDate, ofNumber}, "aws:SecureTransport": {ofTruth},
	"aws:SourceIp": {ofNetwork}, "aws:VpcSourceIp": {ofNetwork},
	"aws:SourceVpc": {ofText}, "aws:SourceVpce": {ofText}, "aws:UserAgent": {ofText},
}

// recipientsKey is the only key of SES that has several values.
const recipientsKey = "ses:Recipients"

// HonouredKeys are the condition keys that SES knows for sending over SMTP.
func HonouredKeys() []string { return slices.Sorted(maps.Keys(honoured)) }

// honours tells whether SES knows the key; names of keys are the same in capitals and small
// letters.
func honours(key string) bool { return honoured[asWritten(key)] != nil }

// asWritten is a key as AWS writes it, if SES knows it.
func asWritten(key string) string {
	for known := range honoured {
		if strings.EqualFold(known, key) {
			return known
		}
	}
	return key
}

// sources are the keys that say where a request comes from.
var sources = []string{"aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"}

func isSource(key string) bool {
	return slices.ContainsFunc(sources, func(s string) bool { return strings.EqualFold(s, key) })
}
