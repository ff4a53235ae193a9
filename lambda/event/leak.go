package event

import (
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// Leak says that somebody else has access keys. They may belong to any user, because AWS sends the
// event to every function in the account. It has an Exposed or an Unread, or both.
type Leak struct {
	Exposed []Exposed
	// Unread says which parts of the event can't be read, and why. What the event names in its
	// other parts is revoked all the same.
	Unread []string
}

func (Leak) isEvent() {}

// Exposed is one entity that leaked: an access key, or a user and with it all the user's keys.
type Exposed struct {
	AccessKeyID string
	UserName    string // if there is no AccessKeyID
	Account     string // of the user; empty if the event doesn't say
	// Noticed is when AWS first noticed the leak, zero if the event doesn't say. Keys that the user
	// got later aren't meant.
	Noticed   time.Time
	Suspected bool   // AWS isn't sure
	Reason    string // what was noticed; it is logged
	Where     string // the place in the event
}

// add classifies one entity. about holds what the event says about all of them.
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
		l.unread(about.Where + " has temporary credentials and doesn't say which user's")
	default:
		l.unread(about.Where + " is neither an access key ID nor a user")
	}
}

// addKeys leaves out temporary keys. They stand for the user, because nothing says from which of
// the user's keys they came.
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

// keyIDsIn finds the access key IDs in a text. It finds those of the usual length in upper and
// lower case.
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

// withoutKeyIDs returns the rest of a text that has access key IDs in it.
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

// userNamed reads the name of a user, or its ARN. It returns an ARN of anything else as a name that
// no user has, so that the leak counts as somebody else's. It doesn't do so for a federated user:
// those credentials were made with a user's, and the ARN doesn't say which user's.
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
		resource = lastOf(resource) // the path is part of the ARN only
	}
	return resource, account, credential.IsUserName(resource) && !isNobody(resource)
}

func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// isNobody reports whether a name isn't a user's. AWS may also write a word for the whole account
// or for "unknown", the account's ID, or the unique ID of a user or another thing there ("IAM
// identifiers", IAM User Guide). A text that merely looks like an access key ID isn't a name
// either.
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

// noticed returns when AWS first noticed a leak. With that time, an event that AWS repeats never
// means the replacement key. EventBridge's own time is only that of the notification.
func (f fields) noticed(first string) time.Time {
	var sent lenient
	_ = f.read(map[string]any{"time": &sent})
	told, at := timeOf(string(sent)), timeOf(first)
	if at.IsZero() || !told.IsZero() && at.After(told) {
		return told
	}
	return at
}

// timeOf reads a time in the forms that AWS's events have. It returns zero if there is none.
func timeOf(text string) time.Time {
	for _, form := range []string{"Mon, 2 Jan 2006 15:04:05 GMT", "Mon, 2 Jan 2006 15:04:05 -0700", time.RFC3339} {
		if at, err := time.Parse(form, strings.TrimSpace(text)); err == nil && at.Year() > 2000 {
			return at.UTC()
		}
	}
	return time.Time{}
}

// account returns the account that the event is about: the affected one, or else the one in which
// EventBridge got the event.
func (f fields) account(affected lenient) string {
	if affected == "" {
		_ = f.read(map[string]any{"account": &affected})
	}
	const length = 12
	if missing := length - len(affected); affected != "" && missing > 0 { // a number loses leading zeros
		return strings.Repeat("0", missing) + string(affected)
	}
	return string(affected)
}
