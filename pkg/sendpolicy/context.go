package sendpolicy

// Keys that say where a request comes from, in small letters.
const (
	sourceIP    = "aws:sourceip"
	sourceVPC   = "aws:sourcevpc"
	sourceVPCe  = "aws:sourcevpce"
	vpcSourceIP = "aws:vpcsourceip"
	fromAddress = "ses:fromaddress"
)

// presence says which requests have a key.
type presence uint8

const (
	optional presence = iota // as a thief likes
	always
	outside // those with a public address
	inside  // those through a VPC endpoint
)

// form says what values a key has.
type form uint8

const (
	aText form = iota
	someTexts
	anAddress
	aNumber
)

// fact is what is known of a key.
type fact struct {
	presence presence
	form     form
	only     string // its only value
}

// facts are those of the keys that requests of a user are known to have or to lack, by names in
// small letters ("Identity and access management in Amazon SES", Amazon SES Developer Guide, and
// "AWS global condition context keys", IAM User Guide). A condition on any other key may hold or
// not: the audit takes it for what helps a thief.
var facts = map[string]fact{
	fromAddress:                 {presence: always},
	"ses:fromdisplayname":       {},
	"ses:feedbackaddress":       {},
	"ses:apiversion":            {},
	"ses:recipients":            {form: someTexts},
	"aws:useragent":             {presence: always},
	"aws:securetransport":       {presence: always},
	"aws:currenttime":           {presence: always, form: aNumber},
	"aws:epochtime":             {presence: always, form: aNumber},
	sourceIP:                    {presence: outside, form: anAddress},
	vpcSourceIP:                 {presence: inside, form: anAddress},
	sourceVPC:                   {presence: inside},
	sourceVPCe:                  {presence: inside},
	"aws:viaawsservice":         {presence: always, only: "false"}, // a user's own requests
	"aws:principalisawsservice": {presence: always, only: "false"},
}
