package discover

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// Report is what was found in all accounts.
type Report struct {
	At       time.Time `json:"at"`
	Accounts []Survey  `json:"accounts"`
	// Missed are the accounts that couldn't be looked at.
	Missed []Missed `json:"not_looked_at,omitempty"`
	// LeftOut counts the organization's accounts that aren't ACTIVE, by state.
	LeftOut map[string]int `json:"left_out,omitempty"`
}

// Missed is an account that couldn't be looked at.
type Missed struct {
	Place
	Reason string `json:"reason"`
}

// Users returns the users of all accounts, the worst first.
func (r Report) Users() (all []User) {
	for _, s := range r.Accounts {
		all = append(all, s.Found...)
	}
	Sort(all)
	return all
}

// Worst returns the highest severity among all users.
func (r Report) Worst() (worst sendpolicy.Severity) {
	for _, u := range r.Users() {
		worst = atLeast(worst, u.Severity)
	}
	return worst
}

// Failures returns a line for each reason why accounts were missed, beginning with those accounts.
func (r Report) Failures() (lines []string) {
	about := map[string][]string{}
	var reasons []string
	for _, m := range r.Missed {
		if about[m.Reason] == nil {
			reasons = append(reasons, m.Reason)
		}
		about[m.Reason] = append(about[m.Reason], m.Title())
	}
	for _, reason := range reasons {
		line := reason
		if places := strings.Join(about[reason], ", "); places != "" {
			line = places + ": " + reason
		}
		lines = append(lines, line)
	}
	return lines
}

// Err returns an error if accounts were missed.
func (r Report) Err() error {
	if len(r.Missed) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.Failures(), "\n"))
}

// Summary counts what was found in each account. Of several accounts, those in which nothing was
// found share one line.
func (r Report) Summary() (lines []string) {
	quiet, users := 0, 0
	for _, s := range r.Accounts {
		if len(r.Accounts) > 1 && s.quiet() {
			quiet, users = quiet+1, users+s.Users
			continue
		}
		lines = append(lines, s.Summary()...)
	}
	if quiet > 0 {
		what := "account"
		if len(lines) > 0 {
			what = "more account"
		}
		lines = append(lines, fmt.Sprintf("In %s, with %s, nobody may send mail or has sent any.",
			count(quiet, what), count(users, "IAM user")))
	}
	if left := r.leftOut(); left != "" {
		lines = append(lines, left)
	}
	if len(r.Missed) > 0 {
		var titles []string
		for _, m := range r.Missed {
			titles = append(titles, m.Title())
		}
		lines = append(lines, "Couldn't be looked at: "+strings.Join(titles, ", ")+".")
	}
	return lines
}

// leftOut says how many accounts of the organization aren't ACTIVE, and so weren't looked at.
func (r Report) leftOut() string {
	var by []string
	for _, state := range slices.Sorted(maps.Keys(r.LeftOut)) {
		by = append(by, fmt.Sprintf("%d %s", r.LeftOut[state], state))
	}
	if by == nil {
		return ""
	}
	return "Accounts of the organization that aren't ACTIVE were left out: " + strings.Join(by, ", ") + "."
}

// Facts returns the facts about a user for [TakeOver], from the one account that has this user.
func (r Report) Facts(user string) (Survey, Facts, error) {
	var in Survey
	var facts Facts
	var has, keyless []string
	for _, s := range r.Accounts {
		f, known := s.Facts(user)
		switch {
		case known:
			in, facts, has = s, f, append(has, s.Title())
		case slices.Contains(s.WithoutKeys, user):
			keyless = append(keyless, s.Title())
		}
	}
	switch {
	case len(has) == 1:
		return in, facts, nil
	case len(has) > 1:
		return in, Facts{}, fmt.Errorf("user %s is in %d accounts, but a stack takes over one user: %s. Choose one "+
			"with %s", user, len(has), strings.Join(has, ", "), in.chosenBy())
	case len(keyless) > 0:
		return in, Facts{}, fmt.Errorf("user %s has no access key in %s, so there is nothing to take over: let a "+
			"stack create a user", user, strings.Join(keyless, ", "))
	case len(r.Accounts) == 1:
		return in, Facts{}, fmt.Errorf("%s has no user %s that may send mail or has sent any", r.Accounts[0].Title(),
			user)
	case len(r.Accounts) > 1:
		return in, Facts{}, fmt.Errorf("the %d accounts that were looked at have no user %s that may send mail "+
			"or has sent any", len(r.Accounts), user)
	}
	return in, Facts{}, nil // nothing was looked at: Err says why
}
