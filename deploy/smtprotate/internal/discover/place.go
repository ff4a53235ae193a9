package discover

import "strconv"

// Place is an account, and how to reach it.
type Place struct {
	Account string `json:"account"`
	// AccountName is the account's name in its organization; empty if it isn't known.
	AccountName string `json:"account_name,omitempty"`
	// Profile is the AWS CLI profile to use; empty for the default credentials.
	Profile string `json:"profile,omitempty"`
	// Role is the role in the account that these credentials assume; empty for none.
	Role string `json:"organization_role,omitempty"`
}

// Title names the place in a sentence. It is empty if neither the account nor the profile is known.
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

// short returns the place without the account's name, safe to print on a terminal: it quotes
// everything that isn't plain.
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

// discover returns the command line that looks at the place again.
func (p Place) discover() string {
	line := "smtprotate discover" + profileFlag(p.Profile)
	if p.Role != "" {
		line += " --organization-role " + quoted(p.Role) + " --account " + quoted(p.Account)
	}
	return line
}

// chosenBy returns the flag that limits a report to one of several such places.
func (p Place) chosenBy() string {
	if p.Role != "" {
		return "--account"
	}
	return "--profile"
}

// audit returns the command line that says more about a user. smtprotate audit can't assume a role,
// so the reader needs credentials of the account.
func (p Place) audit(user string) string {
	if p.Role != "" {
		return "smtprotate audit --user " + quoted(user) + ", with credentials of account " + p.Account + ","
	}
	return "smtprotate audit" + profileFlag(p.Profile) + " --user " + quoted(user)
}

// cli returns the AWS CLI's flag for the profile. It is empty if the place is reached through a
// role, because then the profile belongs to another account.
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
