package localaws

import (
	"slices"
	"strings"
)

// A secretsFilter is one of ListSecrets's: any of the values will do.
type secretsFilter struct {
	Key    string
	Values []string
}

type secretListed struct {
	ARN             string
	Name            string
	Description     string `json:",omitempty"`
	CreatedDate     epoch  `json:",omitzero"`
	LastChangedDate epoch  `json:",omitzero"`
}

// listSecrets leaves out what is marked for deletion, as Secrets Manager does unless it is asked
// for that.
func (v *vault) listSecrets(in *secretsInput) (any, error) {
	var all []secretListed
	for _, s := range inOrder(v.secrets) {
		if !s.deleted.IsZero() || !s.passes(in.Filters) {
			continue
		}
		all = append(all, secretListed{s.arn, s.name, s.description, epochOf(s.created), epochOf(s.changed)})
	}
	part, next, err := page(all, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, refuse("InvalidNextTokenException", "The NextToken value is invalid.")
	}
	return &secretsListOutput{SecretList: append([]secretListed{}, part...), NextToken: next}, nil
}

// passes tells whether the secret is like all filters. A value is like what begins with it; for a
// description, case doesn't matter, and each of its words can be the beginning ("Find secrets in
// AWS Secrets Manager", Secrets Manager User Guide).
func (s *secret) passes(filters []secretsFilter) bool {
	for _, f := range filters {
		like := func(value string) bool { return f.Key == "name" && strings.HasPrefix(s.name, value) }
		if f.Key == "description" {
			like = func(value string) bool {
				text := " " + strings.ToLower(s.description)
				return strings.Contains(text, " "+strings.ToLower(value))
			}
		}
		if !slices.ContainsFunc(f.Values, like) {
			return false
		}
	}
	return true
}

type secretsListOutput struct {
	SecretList []secretListed
	NextToken  string `json:",omitempty"`
}
