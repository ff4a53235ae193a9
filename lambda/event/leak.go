package event

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// Leak says that access keys are in the wrong hands. They may be any user's: AWS sends it to every
// function of the account. It has an Exposed or an Unread, or both.
type Leak struct {
	Exposed []Exposed
	// Unread says which places in the event can't be read, and why. They spare nobody who is named
	// beside them.
	Unread []string
}

func (Leak) isEvent() {}

// Exposed is one entity that leaked: an access key, or a user and with it each of its keys.
type Exposed struct {
	AccessKeyID string
	UserName    string // if there is no AccessKeyID
	Account     string // the user's, empty if the event doesn't say
	// Noticed is when AWS noticed it first, zero if the event doesn't say. A key that the user got
	// later isn't meant.
	Noticed   time.Time
	Suspected bool   // AWS isn't sure
	Reason    string // for the log: what was noticed
	Where     string // the place in the event
}

// add judges one entity by itself. about is what the event says of each of them.
func (l *Leak) add(entity string, about Exposed) {
	entity = strings.TrimSpace(entity)
	ids := keyIDsIn(entity)
	l.addKeys(ids, about)
	temporary := slices.ContainsFunc(ids, isTemporary)
	if len(ids) > 0 && !temporary {
		return
	}
	name, account, ok := userNamed(withoutKeyIDs(entity))
	switch {
	case ok:
		about.UserName = name
		if account != "" {
			about.Account = account
		}
		l.Exposed = append(l.Exposed, about)
	case temporary:
		l.unread(about.Where + " has temporary credentials, and doesn't say of which user")
	default:
		l.unread(about.Where + " is neither an access key ID nor a user")
	}
}

// addKeys leaves temporary ones out: they stand for the user, because nothing says from which of
// the user's keys they were had.
func (l *Leak) addKeys(ids []string, about Exposed) {
	for _, id := range ids {
		if !isTemporary(id) {
			about.AccessKeyID, about.Account = id, ""
			l.Exposed = append(l.Exposed, about)
		}
	}
}

func (l *Leak) unread(text string) {
	if text = withoutSecrets(text); !slices.Contains(l.Unread, text) {
		l.Unread = append(l.Unread, text)
	}
}

// usualLength is the length of the access key IDs that IAM makes.
const usualLength = 20

// keyIDsIn finds the access key IDs in a text. Those of the usual length are found in any case.
func keyIDsIn(text string) (ids []string) {
	for _, word := range strings.FieldsFunc(text, isSeparator) {
		if id, ok := keyIDOf(word); ok && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

func keyIDOf(word string) (id string, ok bool) {
	if len(word) == usualLength {
		word = strings.ToUpper(word)
	}
	return word, isAccessKeyID(word)
}

func isSeparator(r rune) bool { return !isAlphanumeric(r) }

// withoutKeyIDs is what stands beside the access key IDs in a text.
func withoutKeyIDs(text string) string {
	whole := text
	for _, word := range strings.FieldsFunc(whole, isSeparator) {
		if _, ok := keyIDOf(word); ok {
			text = strings.ReplaceAll(text, word, "")
		}
	}
	if text == whole {
		return text
	}
	return strings.Trim(text, " \t\r\n,;:=/|")
}

// userNamed takes the name of a user, or its ARN. An ARN of something else is a name that no user
// has: it tells that somebody else is meant. A federated user's isn't: its credentials are made
// with those of a user that it doesn't name.
func userNamed(entity string) (name, account string, ok bool) {
	resource := entity
	if arn := strings.SplitN(entity, ":", 6); len(arn) == 6 && arn[0] == "arn" {
		account, resource = arn[4], arn[5]
		if arn[2] != "iam" || !strings.HasPrefix(resource, "user/") {
			named := strings.Contains(resource, "/") && !strings.HasPrefix(resource, "federated-user/")
			return resource, account, named || resource == "root"
		}
	}
	if strings.HasPrefix(resource, "user/") {
		resource = lastOf(resource) // after the user's path
	}
	return resource, account, credential.IsUserName(resource) && !isNobody(resource)
}

func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// isNobody tells what AWS has in a user's place from a user's name: a word for the whole account or
// for nothing known, the account's ID, and the unique IDs of users and other things ("IAM
// identifiers", IAM User Guide). What only looks like an access key's ID is no name either.
func isNobody(name string) bool {
	const digits = "0123456789"
	upper := strings.ToUpper(name)
	switch {
	case upper == "AWS_ACCOUNT", upper == "UNKNOWN", len(name) == 12 && strings.Trim(name, digits) == "":
		return true
	case len(name) < 16 || strings.ContainsFunc(name, isSeparator):
		return false
	case strings.HasPrefix(upper, "AKIA"):
		return true
	}
	uniqueIDs := []string{
		"ABIA", "ACCA", "AGPA", "AIDA", "AIPA", "ANPA", "ANVA", "APKA", "AROA", "ASCA", "ASIA",
	}
	asMade := name == upper || len(name) == usualLength+1
	return asMade && slices.Contains(uniqueIDs, upper[:4])
}

// noticed is when AWS noticed a leak first. That is what keeps an event from meaning the
// replacement, however often AWS repeats it: EventBridge's own time is that of the notification.
func (f fields) noticed(first string) time.Time {
	var sent lenient
	_ = f.read(map[string]any{"time": &sent})
	told, at := timeOf(string(sent)), timeOf(first)
	if at.IsZero() || !told.IsZero() && at.After(told) {
		return told
	}
	return at
}

// timeOf reads a time in the forms of AWS's events, and is zero if there is none.
func timeOf(text string) time.Time {
	for _, form := range []string{"Mon, 2 Jan 2006 15:04:05 GMT", "Mon, 2 Jan 2006 15:04:05 -0700", time.RFC3339} {
		if at, err := time.Parse(form, strings.TrimSpace(text)); err == nil && at.Year() > 2000 {
			return at.UTC()
		}
	}
	return time.Time{}
}

// account is the one that EventBridge got the event in. What an event says of the affected one
// comes first.
func (f fields) account(affected lenient) string {
	if affected == "" {
		_ = f.read(map[string]any{"account": &affected})
	}
	const length = 12
	if missing := length - len(affected); affected != "" && missing > 0 { // of a number's
		return strings.Repeat("0", missing) + string(affected)
	}
	return string(affected)
}
