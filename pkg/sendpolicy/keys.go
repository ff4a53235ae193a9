package sendpolicy

import (
	"maps"
	"slices"
	"strings"
)

// honoured are the condition keys that SES knows for sending over SMTP: its own, and the only
// global ones that it implements ("Identity and access management in Amazon SES"). A condition on
// another one may never hold, or always.
var honoured = map[string]bool{
	"ses:ApiVersion": true, "ses:FeedbackAddress": true, "ses:FromAddress": true, "ses:FromDisplayName": true,
	"ses:Recipients":  true,
	"aws:CurrentTime": true, "aws:EpochTime": true, "aws:SecureTransport": true, "aws:SourceIp": true,
	"aws:SourceVpc":  true,
	"aws:SourceVpce": true, "aws:UserAgent": true, "aws:VpcSourceIp": true,
}

// HonouredKeys are the condition keys that SES knows for sending over SMTP.
func HonouredKeys() []string { return slices.Sorted(maps.Keys(honoured)) }

// honours tells whether SES knows the key; names of keys are the same in capitals and small
// letters.
func honours(key string) bool {
	return slices.ContainsFunc(HonouredKeys(), func(known string) bool { return strings.EqualFold(known, key) })
}

// sources are the keys that say where a request comes from.
var sources = []string{"aws:SourceIp", "aws:SourceVpc", "aws:SourceVpce", "aws:VpcSourceIp"}

func isSource(key string) bool {
	return slices.ContainsFunc(sources, func(s string) bool { return strings.EqualFold(s, key) })
}
