package event

import (
	"encoding/json"
	"strings"
	"time"
)

// Leak says that access keys are in the wrong hands. They may be any user's: AWS sends it to every
// function of the account.
type Leak struct {
	Exposed []Exposed // at least one
	// Unread are the places in the event that name nothing known. They spare nobody who is named
	// beside them.
	Unread []string
	// Fault is of the records beside those that were understood.
	Fault error
}

func (Leak) isEvent() {}

// Exposed is one entity that leaked: an access key, or a user and with it each of its keys.
type Exposed struct {
	AccessKeyID string
	UserName    string // if there is no AccessKeyID
	Account     string // the user's, empty if the event doesn't say
	// Told is when AWS told of it, zero if the event doesn't say. A key of the user that was made
	// later isn't meant.
	Told      time.Time
	Suspected bool   // AWS isn't sure
	Reason    string // for the log: what was noticed
	Where     string // the place in the event
}

// add judges one entity by itself. The Exposed has all that the event says of each of them.
func (l *Leak) add(entity string, e Exposed) {
	switch name, account, ok := userNamed(entity); {
	case isAccessKeyID(lastOf(entity)):
		e.AccessKeyID, e.Account = lastOf(entity), ""
	case ok:
		e.UserName = name
		if account != "" {
			e.Account = account
		}
	default:
		l.Unread = append(l.Unread, e.Where+" is neither an access key ID nor a user")
		return
	}
	l.Exposed = append(l.Exposed, e)
}

// userNamed takes the name of a user, or its ARN. An ARN of something else is a name that no user
// has: it tells that somebody else is meant.
func userNamed(entity string) (name, account string, ok bool) {
	resource := entity
	if arn := strings.SplitN(entity, ":", 6); len(arn) == 6 && arn[0] == "arn" {
		account, resource = arn[4], arn[5]
		if arn[2] != "iam" || !strings.HasPrefix(resource, "user/") {
			return resource, account, resource != ""
		}
	}
	if strings.HasPrefix(resource, "user/") {
		resource = lastOf(resource) // after the user's path
	}
	return resource, account, isUserName(resource)
}

func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// told is when EventBridge got the event.
func (f fields) told() (at time.Time) {
	_ = json.Unmarshal(f["time"], &at)
	return at
}
