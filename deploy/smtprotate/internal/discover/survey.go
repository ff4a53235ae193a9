package discover

import (
	"context"
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
)

// API is the part of *iam.Client that this package uses: what reads a whole account, and what reads
// the ways in of a user. There is nothing in it that could change anything.
type API interface {
	iamaccess.API
	iamaccess.AccountAPI
}

// Account is one to be looked at.
type Account struct {
	IAM API
	// Secrets is Secrets Manager in a Region.
	Secrets func(region string) SecretsAPI
	// Place is what is known before. The account's ID may be missing; the users tell it.
	Place
	// Regions are those to look for stacks' secrets in, besides those that keys sent mail in.
	Regions []string
	// Named are further secrets to be read, by name or ARN.
	Named []string
	// Only is the one user to look at; empty: all.
	Only string
	Now  time.Time
	// Progress is called now and then with how many users were read, and how many of them looked
	// at.
	Progress func(read, found int)
	// Wait is what passes until IAM is asked again for a report; nil: a second.
	Wait func(context.Context) error
}

// Survey is what an account turned out to have.
type Survey struct {
	Place
	// Region is the first of those that were asked for.
	Region string `json:"-"`
	// Users is how many there are, and Found those that may send, or have sent, the worst first.
	Users int    `json:"users"`
	Found []User `json:"found"`
	// WithoutKeys may send, and have no access key: there is nothing that could leak.
	WithoutKeys []string `json:"without_keys"`
	// Unknown says what couldn't be looked at, and what that means.
	Unknown []string `json:"unknown"`

	facts []Facts
}

// Look reads the account. It is all or nothing but for what Unknown says.
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

// Facts are one user's, and whether they are known.
func (s Survey) Facts(user string) (Facts, bool) {
	i := slices.IndexFunc(s.facts, func(f Facts) bool { return f.Access.User == user })
	if i < 0 {
		return Facts{}, false
	}
	return s.facts[i], true
}
