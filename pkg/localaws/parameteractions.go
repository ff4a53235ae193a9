package localaws

import (
	"slices"
	"strings"
)

// plainText is the data type of all parameters here.
const plainText = "text"

func (s *shelf) putParameter(in *parametersInput) (any, error) {
	put, err := s.put(Parameter{Name: strings.Trim(in.Name, " "), Value: in.Value, Type: in.Type, KeyID: in.KeyID},
		in.Overwrite, in.Tier)
	if err != nil {
		return nil, err
	}
	return putParameterOutput{put.tier, put.Version}, nil
}

// describe returns an answer's members for the version that a name or an ARN asks for.
func (s *shelf) describe(asked string, decrypted bool) (parameterOutput, error) {
	v, err := s.find(asked)
	if err != nil {
		return parameterOutput{}, err
	}
	out := parameterOutput{ARN: s.arn(v.Name), DataType: plainText, LastModifiedDate: epochOf(v.Modified), Name: v.Name,
		Type: v.Type, Value: v.told(decrypted), Version: v.Version}
	if _, selector, selects := strings.Cut(strings.TrimPrefix(asked, s.arn("")), ":"); selects {
		out.Selector = ":" + selector
	}
	return out, nil
}

func (s *shelf) getParameter(in *parametersInput) (any, error) {
	found, err := s.describe(in.Name, in.WithDecryption)
	if err != nil {
		return nil, err
	}
	return getParameterOutput{found}, nil
}

// getParameters answers in alphabetical order, and lists the names that it found nothing for. A
// single impossible name refuses the whole call ("GetParameters", Systems Manager API Reference). A
// name asked for twice is answered once, as by moto; AWS doesn't document that.
func (s *shelf) getParameters(in *parametersInput) (any, error) {
	out := getParametersOutput{[]string{}, []parameterOutput{}}
	for _, asked := range slices.Compact(slices.Sorted(slices.Values(in.Names))) {
		found, err := s.describe(asked, in.WithDecryption)
		switch {
		case err == nil:
			out.Parameters = append(out.Parameters, found)
		case strings.HasSuffix(asAPIError(err).Code, "NotFound"):
			out.InvalidParameters = append(out.InvalidParameters, asked)
		default:
			return nil, err
		}
	}
	return out, nil
}

func (s *shelf) getParameterHistory(in *parametersInput) (any, error) {
	found, err := s.find(in.Name)
	if err != nil {
		return nil, err
	}
	out := parameterHistoryOutput{Parameters: []pastParameterOutput{}}
	size := in.MaxResults
	if size < 1 || size > 50 {
		size = 50
	}
	versions, next, err := page(s.versions(found.Name, s.staleness), in.NextToken, size)
	if err != nil {
		return nil, refuse("InvalidNextToken", "")
	}
	for _, v := range versions {
		out.Parameters = append(out.Parameters, pastParameterOutput{plainText, v.KeyID, []string{}, epochOf(v.Modified),
			found.Name, []string{}, v.tier, v.Type, v.told(in.WithDecryption), v.Version})
	}
	out.NextToken = next
	return out, nil
}

func (s *shelf) deleteParameter(in *parametersInput) (any, error) {
	if !s.delete(strings.Trim(in.Name, " ")) {
		return nil, refuse("ParameterNotFound", "")
	}
	return struct{}{}, nil
}

func (s *shelf) deleteParameters(in *parametersInput) (any, error) {
	out := deleteParametersOutput{[]string{}, []string{}}
	for _, name := range in.Names {
		if s.delete(strings.Trim(name, " ")) {
			out.DeletedParameters = append(out.DeletedParameters, name)
		} else {
			out.InvalidParameters = append(out.InvalidParameters, name)
		}
	}
	return out, nil
}
