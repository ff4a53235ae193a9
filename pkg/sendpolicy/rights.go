package sendpolicy

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// sesActions are the names of all SES actions ("Actions, resources, and condition keys for Amazon
// SES", Service Authorization Reference).
//
//go:embed actions.txt
var sesActions string

// sendings are the actions that send mail written by the caller, each on an identity.
var sendings = []string{sendRaw, "ses:SendEmail", "ses:SendBulkEmail", "ses:SendTemplatedEmail",
	"ses:SendBulkTemplatedEmail", "ses:SendBounce"}

// verifying sends a mail of the caller's own to an address, which makes the address an identity
// ("SendCustomVerificationEmail", Amazon SES API v2 Reference). It needs a template.
const verifying = "ses:SendCustomVerificationEmail"

var verificationMail = wanted{resource: {glob.VerificationTemplate(glob.AnyName{})}}

// purpose is what an SES action is for.
type purpose uint8

const (
	sending   purpose = iota
	reading           // SES's settings and usage
	eavesdrop         // other people's mail or addresses
	changing
)

// purposeOf guesses an action's purpose from its name.
func purposeOf(action string) purpose {
	_, name, _ := strings.Cut(strings.ToLower(action), ":")
	begins := func(with string) bool { return strings.HasPrefix(name, with) }
	private := func(what string) bool { return strings.Contains(name, what) }
	switch {
	case begins("send"):
		return sending
	case !slices.ContainsFunc([]string{"get", "list", "describe", "batchget", "testrender"}, begins):
		return changing
	case slices.ContainsFunc(aboutPeople, private):
		return eavesdrop
	}
	return reading
}

// aboutPeople are parts of the names of actions that read other people's mail or addresses.
var aboutPeople = []string{"archive", "contact", "insight", "suppressed", "addresslist", "exportjob", "importjob"}

// powers are services whose rights can give other rights.
var powers = []string{"iam", "sts", "organizations", "sso", "sso-directory", "identitystore", "account"}

// right is a kind of right that SMTP doesn't need.
type right struct {
	code     Code
	severity Severity
	risk     string
	message  string // with a %s for the patterns of actions
}

// withKey begins the risks that need the secret access key: an SMTP password can't sign API
// requests.
const withKey = "with the secret access key, "

// The kinds of rights, the worst first.
var (
	allServices = right{WideAction, High, withKey + "do everything in the account that isn't denied",
		"it allows actions of all services (%s); SMTP needs only ses:SendRawEmail"}
	allBut = right{HasNotAction, High, withKey + "do nearly everything in the account",
		"it allows all actions except %s"}
	givesRights = right{IAMRights, High, withKey + "give this user or others more rights",
		"it allows %s, which SMTP doesn't need"}
	elsewhere = right{OtherRights, High, withKey + "use other services as this user",
		"it allows %s, which SMTP doesn't need"}
	allOfSESBut = right{HasNotAction, High, withKey + "change SES's settings and identities",
		"it allows all SES actions except %s; SMTP needs only ses:SendRawEmail"}
	changesSES = right{OtherRights, High, withKey + "change SES's settings and identities",
		"it allows %s, which SMTP doesn't need"}
	changesMuch = right{WideAction, High, changesSES.risk,
		"it allows changes to SES (%s); SMTP needs only ses:SendRawEmail"}
	readsPeople = right{OtherRights, Medium, withKey + "read whom the account writes to, or archived mail",
		"it allows %s, which SMTP doesn't need"}
	sendsAnyhow = right{WideAction, Medium, withKey + "send through SES's API, which your mail servers don't log",
		"it allows %s; SMTP needs only ses:SendRawEmail"}
	sendsOtherwise = right{UnusedRights, Low, sendsAnyhow.risk, "it allows %s; SMTP needs only ses:SendRawEmail"}
	readsSES       = right{OtherRights, Low, withKey + "read SES's settings and usage",
		"it allows %s, which SMTP doesn't need"}
)

// rights reports what a statement allows besides sending over SMTP.
func (r *report) rights(reaches []reach) {
	var kinds []right
	patterns := map[right][]string{}
	for _, reach := range reaches {
		for _, a := range reach.allow.texts() {
			for _, b := range reach.within.texts() {
				if disjoint(a, b) {
					continue
				}
				if is, ok := reach.only(a, b).right(narrower(a, b)); ok {
					if patterns[is] == nil {
						kinds = append(kinds, is)
					}
					patterns[is] = append(patterns[is], both(a, b))
				}
			}
		}
	}
	for _, is := range kinds {
		named := patterns[is]
		if is == allBut || is == allOfSESBut {
			named = r.statement.NotAction
		}
		r.add(is.code, is.severity, is.risk, is.message, listed(unique(named), "and", 10))
	}
}

// texts returns the patterns of the rule's actions, some of which may be excepted. Without a rule,
// that is all actions.
func (r *rule) texts() Texts {
	if r == nil || len(r.NotAction) > 0 {
		return Texts{"*"}
	}
	return r.Action
}

// disjoint is a quick check that no action matches both patterns. Most pairs are of different
// services.
func disjoint(a, b string) bool {
	if !hasWildcard(a + b) {
		return !strings.EqualFold(a, b)
	}
	ofA, _, _ := strings.Cut(a, ":")
	ofB, _, _ := strings.Cut(b, ":")
	return !hasWildcard(ofA+ofB) && !strings.EqualFold(ofA, ofB)
}

// narrower returns the pattern that the other one covers, or else the first.
func narrower(a, b string) string {
	if matches(a, b) {
		return b
	}
	return a
}

// both describes the actions that match both patterns.
func both(a, b string) string {
	if matches(a, b) || matches(b, a) {
		return narrower(a, b)
	}
	return a + " within the boundary's " + b
}

// only returns the reach with just one pattern of actions of each statement.
func (r reach) only(a, b string) reach {
	r.allow = r.allow.only(a)
	if r.within != nil {
		r.within = r.within.only(b)
	}
	return r
}

func (r *rule) only(action string) *rule {
	if len(r.NotAction) > 0 {
		return r
	}
	one := *r
	one.actions = demandOf(Texts{action}, nil, anyCase)
	return &one
}

// beyondSES demands an action of another service.
func beyondSES() []glob.Demand {
	return []glob.Demand{demandOf(Texts{"*?:?*"}, nil, glob.Wildcards{}), demandOf(nil, Texts{"ses:*"}, anyCase)}
}

// right classifies what the reach allows of the actions that match a text. ok is false if that is
// nothing, or only what SMTP needs.
func (r reach) right(text string) (is right, ok bool) {
	service, _, _ := strings.Cut(strings.ToLower(text), ":")
	excepted := len(r.allow.NotAction) > 0 && text == "*"
	switch {
	case service == "ses" || !r.allowsOther("", beyondSES()...):
		return r.rightInSES(text, excepted)
	case excepted:
		return allBut, true
	case hasWildcard(service):
		return allServices, true
	case slices.Contains(powers, service) && purposeOf(text) != reading:
		return givesRights, true
	}
	return elsewhere, true
}

// rightInSES does the same for SES's own actions.
func (r reach) rightInSES(text string, excepted bool) (is right, ok bool) {
	found := r.purposes(text)
	wild := hasWildcard(text)
	switch {
	case found[changing] && excepted:
		return allOfSESBut, true
	case found[changing] && wild:
		return changesMuch, true
	case found[changing]:
		return changesSES, true
	case found[eavesdrop]:
		return readsPeople, true
	case found[sending] && wild:
		return sendsAnyhow, true
	case found[sending]:
		return sendsOtherwise, true
	}
	return readsSES, found[reading]
}

// purposes returns the purposes of the SES actions that are allowed, except sending over SMTP. If
// SES has no such action now, it may have one later, and the text suggests what for.
func (r reach) purposes(text string) map[purpose]bool {
	actions, known := map[purpose][]string{}, false
	for name := range strings.Lines(sesActions) {
		a := "ses:" + strings.TrimSpace(name)
		known = known || r.covers(a)
		if a != sendRaw {
			actions[purposeOf(a)] = append(actions[purposeOf(a)], a)
		}
	}
	found := map[purpose]bool{}
	for p, of := range actions {
		found[p] = slices.ContainsFunc(r.apart(of), func(a string) bool { return r.allows(a, nil) })
	}
	if r.covers(verifying) && r.allows(verifying, verificationMail) {
		found[changing] = true
	}
	if verb := strings.TrimPrefix(text[:strings.IndexAny(text+"*", "*?")], "ses:"); !known && verb != "" {
		found[purposeOf(text)] = r.allowsOther("ses", demandOf(Texts{"ses:?*"}, nil, anyCase))
	}
	return found
}
