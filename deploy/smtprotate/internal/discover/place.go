package discover

import "strconv"

// Place is an account, and how it is reached.
type Place struct {
	Account string `json:"account"`
	// AccountName is what the account's organization calls it; empty: not known.
	AccountName string `json:"account_name,omitempty"`
	// Profile is the AWS CLI's; empty: whatever is at hand.
	Profile string `json:"profile,omitempty"`
	// Role is the one in the account that the profile's credentials assume; empty: none.
	Role string `json:"organization_role,omitempty"`
}

// Title names the place in a sentence. It is empty if there is nothing to tell it by.
func (p Place) Title() string {
	switch {
	case p.Account != "" && p.AccountName != "":
		return "account " + p.Account + " (" + p.AccountName + ")"
	case p.Account != "":
		return "account " + p.Account
	case p.Profile != "":
		return "profile " + p.Profile
	}
	return ""
}

// short is the place without the account's name, for a terminal as it is: whatever a shell would
// take for more than a word is quoted.
func (p Place) short() string {
	what, name := "profile ", p.Profile
	if p.Account != "" {
		what, name = "account ", p.Account
	}
	if !plain.MatchString(name) {
		name = strconv.Quote(name)
	}
	return what + name
}

// discover is the command line that looks at the place again.
func (p Place) discover() string {
	line := "smtprotate discover" + profileFlag(p.Profile)
	if p.Role != "" {
		line += " --organization-role " + quoted(p.Role) + " --account " + quoted(p.Account)
	}
	return line
}

// chosenBy is the flag that limits a report to one of several places like this.
func (p Place) chosenBy() string {
	if p.Role != "" {
		return "--account"
	}
	return "--profile"
}

// audit is the command line that says more of a user. It can't assume a role itself.
func (p Place) audit(user string) string {
	if p.Role != "" {
		return "smtprotate audit --user " + quoted(user) + ", with credentials of account " + p.Account + ","
	}
	return "smtprotate audit" + profileFlag(p.Profile) + " --user " + quoted(user)
}

// cli is the profile's flag for the AWS CLI. A profile that assumes a role is of another account.
func (p Place) cli() string {
	if p.Role != "" {
		return ""
	}
	return profileFlag(p.Profile)
}

func profileFlag(profile string) string {
	if profile == "" {
		return ""
	}
	return " --profile " + quoted(profile)
}
