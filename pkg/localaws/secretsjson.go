package localaws

import "time"

// secretsInput has the members that the actions read; each reads its own.
type secretsInput struct {
	SecretID            string `json:"SecretId"`
	Name                string
	Description         string
	ClientRequestToken  string
	SecretString        *string
	SecretBinary        []byte
	VersionID           string `json:"VersionId"`
	VersionStage        string
	VersionStages       []string
	MoveToVersionID     string `json:"MoveToVersionId"`
	RemoveFromVersionID string `json:"RemoveFromVersionId"`
	IncludeDeprecated   bool
	MaxResults          int
	NextToken           string
	Filters             []secretsFilter
	Tags                []tag

	RecoveryWindowInDays       int64
	IncludePlannedDeletion     bool
	ForceDeleteWithoutRecovery bool
}

// token returns the version ID that the request asks for, or a new one.
func (in *secretsInput) token() (string, error) {
	switch n := len(in.ClientRequestToken); {
	case n == 0:
		return newUUID(), nil
	case n < 32 || n > 64:
		return "", refuse("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
	}
	return in.ClientRequestToken, nil
}

// content returns the value in the request, and whether there is one.
func (in *secretsInput) content() (c content, ok bool, err error) {
	switch {
	case in.SecretString != nil && in.SecretBinary != nil:
		return c, false, refuse("InvalidParameterException", "You can't specify both a binary secret value and a "+
			"string secret value in the same secret.")
	case in.SecretString != nil:
		c = content{value: *in.SecretString}
		return c, true, c.check("secretString")
	case in.SecretBinary != nil:
		c = content{string(in.SecretBinary), true}
		return c, true, c.check("secretBinary")
	}
	return c, false, nil
}

// check refuses impossible values: a value has 1 to 65536 bytes.
func (c content) check(member string) error {
	if n := len(c.value); n >= 1 && n <= 65536 {
		return nil
	}
	return refuse("ValidationException",
		"1 validation error detected: Value at '%s' failed to satisfy constraint: Member "+
			"must satisfy constraint: [Member must have length less than or equal to 65536, Member must have length "+
			"greater "+
			"than or equal to 1]", member)
}

// secretsOutput has the members of all answers; an action leaves out those that it doesn't set.
type secretsOutput struct {
	ARN                string
	Name               string
	Description        string              `json:",omitempty"`
	VersionID          string              `json:"VersionId,omitempty"`
	SecretString       *string             `json:",omitempty"`
	SecretBinary       []byte              `json:",omitempty"`
	VersionStages      []string            `json:",omitempty"`
	VersionIDsToStages map[string][]string `json:"VersionIdsToStages,omitempty"`
	Versions           []versionOutput     `json:",omitempty"`
	NextToken          string              `json:",omitempty"`
	CreatedDate        epoch               `json:",omitzero"`
	LastChangedDate    epoch               `json:",omitzero"`
	DeletedDate        epoch               `json:",omitzero"`
	DeletionDate       epoch               `json:",omitzero"`
	Tags               []tag               `json:",omitempty"`
}

type versionOutput struct {
	VersionID     string   `json:"VersionId"`
	VersionStages []string `json:",omitempty"`
	CreatedDate   epoch
}

// An epoch is a time in seconds since 1970, with milliseconds as a fraction.
type epoch float64

func epochOf(t time.Time) epoch {
	if t.IsZero() {
		return 0
	}
	return epoch(float64(t.UnixMilli()) / 1000)
}
