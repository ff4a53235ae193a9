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

	RecoveryWindowInDays       int64
	ForceDeleteWithoutRecovery bool
}

// token is the version ID that the request asks for, or a new one.
func (in *secretsInput) token() (string, error) {
	switch n := len(in.ClientRequestToken); {
	case n == 0:
		return newUUID(), nil
	case n < 32 || n > 64:
		return "", refuse("InvalidParameterException", "ClientRequestToken must be 32-64 characters long.")
	}
	return in.ClientRequestToken, nil
}

// content is the value that the request brings, and whether it brings one.
func (in *secretsInput) content() (c content, ok bool, err error) {
	switch {
	case in.SecretString != nil && in.SecretBinary != nil:
		return c, false, refuse("InvalidParameterException", "You can't specify both a binary secret value and a "+
			"string secret value in the same secret.")
	case in.SecretString != nil:
		return content{value: *in.SecretString}, true, nil
	case in.SecretBinary != nil:
		return content{string(in.SecretBinary), true}, true, nil
	}
	return c, false, nil
}

// secretsOutput has the members of every answer; those that an action doesn't set are left out.
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
