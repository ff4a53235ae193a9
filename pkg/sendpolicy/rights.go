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
	case !slices.ContainsFunc([]string{"get", "list", "describe", "batchget"}, begins):
		return changing
	case slices.ContainsFunc([]string{"archive", "contact", "insight", "suppressed", "addresslist", "exportjob", "importjob"}, private):
		return eavesdrop
	}
	return reading
}

// powers are services whose rights give other rights.
var powers = []string{"iam", "sts", "organizations", "sso", "sso-directory", "identitystore", "account"}

// rights looks at what a statement allows beside sending over SMTP. Only the secret access key
// gives it to a thief: an SMTP password can't sign API requests.
func (r *report) rights(reaches []reach) {
	for _, reach := range reaches {
		for _, a := range reach.allow.texts() {
			if reach.within == nil {
				r.right(a, reach.only(a, ""))
				continue
			}
			for _, b := range reach.within.texts() {
				r.right(narrower(a, b), reach.only(a, b))
			}
		}
	}
}

// texts are the patterns of the actions that the rule is about, of which some may be excepted.
func (r *rule) texts() Texts {
	if len(r.NotAction) > 0 {
		return Texts{"*"}
	}
	return r.Action
}

// narrower is the one that the other covers, or else both.
func narrower(a, b string) string {
	switch {
	case matches(b, a):
		return a
	case matches(a, b):
		return b
	}
	return a
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

// right looks at what is allowed of the actions that a text has.
func (r *report) right(text string, of reach) {
	service, _, _ := strings.Cut(strings.ToLower(text), ":")
	excepted := len(of.allow.NotAction) > 0 && text == "*"
	switch {
	case !of.allowsOther(beyondSES()...):
		r.rightInSES(text, of, excepted)
	case excepted:
		r.add(HasNotAction, High,
			"everything that isn't named: with the secret access key, nearly all of the account",
			"it allows all actions but %s", strings.Join(of.allow.NotAction, ", "))
	case hasWildcard(service):
		r.add(WideAction, High, "with the secret access key, everything in the account that isn't denied",
			"it allows actions of all services (%s), and SMTP needs ses:SendRawEmail alone", text)
	case slices.Contains(powers, service):
		r.add(IAMRights, High, "with the secret access key, giving oneself or others more rights", "it allows %s", text)
	default:
		r.add(OtherRights, High, "with the secret access key, what "+text+" does in another service",
			"it allows %s, which isn't for sending", text)
	}
}

// rightInSES looks at those of SES.
func (r *report) rightInSES(text string, of reach, excepted bool) {
	found := of.purposes(text)
	wild := hasWildcard(text)
	switch {
	case found[changing] && excepted:
		r.add(HasNotAction, High, "with the secret access key, verifying, changing and deleting identities",
			"it allows all of SES but %s, and SMTP needs ses:SendRawEmail alone",
			strings.Join(of.allow.NotAction, ", "))
	case found[changing] && wild:
		r.add(WideAction, High, "with the secret access key, changing how SES is set up, and for whom it sends",
			"it allows what changes SES (%s), and SMTP needs ses:SendRawEmail alone", text)
	case found[changing]:
		r.add(OtherRights, High, "with the secret access key, changing how SES is set up, and for whom it sends",
			"it allows %s, which isn't for sending", text)
	case found[eavesdrop]:
		r.add(OtherRights, Medium, "with the secret access key, reading whom the account writes to, and archived mail",
			"it allows %s, which isn't for sending", text)
	case found[sending] && wild:
		r.add(WideAction, Medium, "with the secret access key, sending in ways that nobody watches",
			"it allows %s, and SMTP needs ses:SendRawEmail alone", text)
	case found[sending]:
		r.add(UnusedRights, Low, "with the secret access key, sending in ways that nobody watches",
			"it allows %s, and SMTP needs ses:SendRawEmail alone", text)
	case found[reading]:
		r.add(OtherRights, Low, "with the secret access key, reading how SES is set up and used",
			"it allows %s, which isn't for sending", text)
	}
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
	if verb := strings.TrimPrefix(text[:strings.IndexAny(text+"*", "*?")], "ses:"); !known && verb != "" {
		found[purposeOf(text)] = r.allowsOther(demandOf(Texts{"ses:?*"}, nil, anyCase))
	}
	return found
}
