package localaws

import (
	"slices"
	"strings"
)

// A secretsFilter is a filter of ListSecrets; a secret passes if any of the values fits.
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
	DeletedDate     epoch  `json:",omitzero"`
	Tags            []tag  `json:",omitempty"`
}

// listSecrets leaves out secrets marked for deletion, as Secrets Manager does unless it is asked
// for them.
func (v *vault) listSecrets(in *secretsInput) (any, error) {
	var all []secretListed
	for _, s := range inOrder(v.secrets) {
		if !s.deleted.IsZero() && !in.IncludePlannedDeletion || !s.passes(in.Filters) {
			continue
		}
		all = append(all, secretListed{s.arn, s.name, s.description, epochOf(s.created), epochOf(s.changed),
			epochOf(s.deleted), s.tags})
	}
	part, next, err := page(all, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, refuse("InvalidNextTokenException", "The NextToken value is invalid.")
	}
	return &secretsListOutput{SecretList: append([]secretListed{}, part...), NextToken: next}, nil
}

// passes reports whether the secret fits all filters.
func (s *secret) passes(filters []secretsFilter) bool {
	return !slices.ContainsFunc(filters, func(f secretsFilter) bool {
		return !slices.ContainsFunc(f.Values, func(value string) bool { return s.like(f.Key, value) })
	})
}

// like reports whether what the key names begins with the value. For a description, case doesn't
// matter, and the value may begin any of its words ("Find secrets in AWS Secrets Manager", Secrets
// Manager User Guide).
func (s *secret) like(key, value string) bool {
	switch key {
	case "name":
		return strings.HasPrefix(s.name, value)
	case "description":
		return strings.Contains(" "+strings.ToLower(s.description), " "+strings.ToLower(value))
	case "tag-key":
		return slices.ContainsFunc(s.tags, func(t tag) bool { return strings.HasPrefix(t.Key, value) })
	case "tag-value":
		return slices.ContainsFunc(s.tags, func(t tag) bool { return strings.HasPrefix(t.Value, value) })
	}
	return false
}

type secretsListOutput struct {
	SecretList []secretListed
	NextToken  string `json:",omitempty"`
}
