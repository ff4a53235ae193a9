package discover

import (
	"context"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
)

// API is the part of *iam.Client that this package uses: the calls that read a whole account and a
// user's ways into AWS. None of them changes anything.
type API interface {
	iamaccess.API
	iamaccess.AccountAPI
}

// Account is an account to look at.
type Account struct {
	IAM API
	// Secrets returns the client of Secrets Manager for a Region.
	Secrets func(region string) SecretsAPI
	// Place is what is known in advance. If it lacks the account's ID, that is read from the users.
	Place
	// Regions are searched for stacks' secrets, in addition to those in which keys sent mail.
	Regions []string
	// Named are other secrets to read, by name or ARN.
	Named []string
	// Only is the one user to look at; empty for all.
	Only string
	Now  time.Time
	// Progress is called now and then with the number of users read so far, and how many of them
	// were found and looked at.
	Progress func(read, found int)
	// Wait waits before IAM is asked again for a report. If nil, it takes a second.
	Wait func(context.Context) error
}

// Survey is what was found in an account.
type Survey struct {
	Place
	// Region is the first of the Regions asked for.
	Region string `json:"-"`
	// Users is the number of users. Found are those that may send or have sent, the worst first.
	Users int    `json:"users"`
	Found []User `json:"found"`
	// WithoutKeys are users that may send but have no access key, so nothing of theirs can leak.
	WithoutKeys []string `json:"without_keys"`
	// Unknown lists what couldn't be found out, and why.
	Unknown []string `json:"unknown"`

	facts []Facts
}

// Look reads the account. It fails as a whole, except for what Unknown lists.
func (a *Account) Look(ctx context.Context) (Survey, error) {
	w := work{Account: a, iam: &iamaccess.Account{API: a.IAM}}
	w.survey = Survey{Place: a.Place, Found: []User{}, WithoutKeys: []string{}, Unknown: []string{}}
	if len(a.Regions) > 0 {
		w.survey.Region = a.Regions[0]
	}
	if err := w.users(ctx); err != nil {
		return Survey{}, err
	}
	if err := w.secrets(ctx); err != nil {
		return Survey{}, err
	}
	s := &w.survey
	for _, f := range s.facts {
		s.Found = append(s.Found, Judge(f, a.Now))
	}
	Sort(s.Found)
	slices.Sort(s.WithoutKeys)
	slices.Sort(s.Unknown)
	s.Unknown = slices.Compact(s.Unknown)
	return *s, nil
}

// Facts returns the facts about a user, and whether there are any.
func (s Survey) Facts(user string) (Facts, bool) {
	i := slices.IndexFunc(s.facts, func(f Facts) bool { return f.Access.User == user })
	if i < 0 {
		return Facts{}, false
	}
	return s.facts[i], true
}
