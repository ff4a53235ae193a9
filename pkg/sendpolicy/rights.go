package sendpolicy

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy/internal/glob"
)

// sesActions are the names of all actions of SES ("Actions, resources, and condition keys for
// Amazon SES", Service Authorization Reference).
//
//go:embed actions.txt
var sesActions string

// sendings are the actions by which SES sends mail that the caller writes, each on an identity.
var sendings = []string{sendRaw, "ses:SendEmail", "ses:SendBulkEmail", "ses:SendTemplatedEmail",
	"ses:SendBulkTemplatedEmail", "ses:SendBounce"}

// verifying sends an address a mail of the caller's own, by which it becomes an identity
// ("SendCustomVerificationEmail", Amazon SES API v2 Reference). It needs a template.
const verifying = "ses:SendCustomVerificationEmail"

var verificationMail = wanted{resource: {glob.VerificationTemplate(glob.AnyName{})}}

// purpose is what an action of SES is for.
type purpose uint8

const (
	sending   purpose = iota
	reading           // how SES is set up and used
	eavesdrop         // reading other people's mail, or their addresses
	changing
)

// purposeOf goes by the action's name.
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

// aboutPeople is in the names of actions that read other people's mail or addresses.
var aboutPeople = []string{"archive", "contact", "insight", "suppressed", "addresslist", "exportjob", "importjob"}

// powers are services whose rights give other rights.
var powers = []string{"iam", "sts", "organizations", "sso", "sso-directory", "identitystore", "account"}

// right is a kind of right that SMTP has no use for.
type right struct {
	code     Code
	severity Severity
	risk     string
	message  string // with a %s for the patterns of actions
}

// withKey: an SMTP password can't sign API requests, so only the secret access key gives a thief
// these rights.
const withKey = "with the secret access key, "

// Kinds of rights, the worst first.
var (
	allServices = right{WideAction, High, withKey + "everything in the account that isn't denied",
		"it allows actions of all services (%s); SMTP needs only ses:SendRawEmail"}
	allBut = right{HasNotAction, High, withKey + "everything that isn't named, nearly all of the account",
		"it allows all actions but %s"}
	givesRights = right{IAMRights, High, withKey + "giving oneself or others more rights", "it allows %s"}
	elsewhere   = right{OtherRights, High, withKey + "using other services as this user",
		"it allows %s, which SMTP has no use for"}
	allOfSESBut = right{HasNotAction, High, withKey + "changing how SES is set up, and for whom it sends",
		"it allows all of SES but %s; SMTP needs only ses:SendRawEmail"}
	changesSES = right{OtherRights, High, withKey + "changing how SES is set up, and for whom it sends",
		"it allows %s, which SMTP has no use for"}
	changesMuch = right{WideAction, High, changesSES.risk,
		"it allows what changes SES (%s); SMTP needs only ses:SendRawEmail"}
	readsPeople = right{OtherRights, Medium, withKey + "reading whom the account writes to, or archived mail",
		"it allows %s, which SMTP has no use for"}
	sendsAnyhow = right{WideAction, Medium, withKey + "sending through SES's API, past what your mail servers log",
		"it allows %s; SMTP needs only ses:SendRawEmail"}
	sendsOtherwise = right{UnusedRights, Low, sendsAnyhow.risk, "it allows %s; SMTP needs only ses:SendRawEmail"}
	readsSES       = right{OtherRights, Low, withKey + "reading how SES is set up and used",
		"it allows %s, which SMTP has no use for"}
)

// rights looks at what a statement allows beside sending over SMTP.
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

// texts are the patterns of the actions that the rule is about, of which some may be excepted. No
// rule is about all.
func (r *rule) texts() Texts {
	if r == nil || len(r.NotAction) > 0 {
		return Texts{"*"}
	}
	return r.Action
}

// disjoint tells, at a glance, that no action is like both: most pairs are of different services.
func disjoint(a, b string) bool {
	if !hasWildcard(a + b) {
		return !strings.EqualFold(a, b)
	}
	ofA, _, _ := strings.Cut(a, ":")
	ofB, _, _ := strings.Cut(b, ":")
	return !hasWildcard(ofA+ofB) && !strings.EqualFold(ofA, ofB)
}

// narrower is the one that the other covers, or else the first.
func narrower(a, b string) string {
	if matches(a, b) {
		return b
	}
	return a
}

// both are the actions that both have, in words.
func both(a, b string) string {
	if matches(a, b) || matches(b, a) {
		return narrower(a, b)
	}
	return a + " as far as the boundary has " + b
}

// only is the reach with one pattern of actions of each statement.
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

// beyondSES are the actions of other services.
func beyondSES() []glob.Demand {
	return []glob.Demand{demandOf(Texts{"*?:?*"}, nil, glob.Wildcards{}), demandOf(nil, Texts{"ses:*"}, anyCase)}
}

// right is what the reach allows of the actions that a text has. Not ok: nothing that SMTP has no
// use for.
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

// rightInSES is that of SES's own actions.
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

// purposes are those of the actions of SES that are allowed, but for sending over SMTP. If SES has
// no such action, it may have one tomorrow, and the text says what for.
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
