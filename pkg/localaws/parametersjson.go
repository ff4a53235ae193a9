package localaws

import "strings"

// parametersInput has the members that the actions read; each reads its own. Other members of
// PutParameter (a description, a pattern, policies, a data type) are ignored.
type parametersInput struct {
	Name           string
	Names          []string
	Value          string
	Type           string
	KeyID          string `json:"KeyId"`
	Overwrite      bool
	Tier           string
	Tags           []struct{ Key, Value string }
	WithDecryption bool
	MaxResults     int
	NextToken      string
}

// check refuses members that violate their constraints. Its texts repeat no value of a parameter.
func (in *parametersInput) check(action string) error {
	const shortest = "Member must have length greater than or equal to 1"
	switch several := strings.HasSuffix(action, "Parameters"); {
	case several && len(in.Names) == 0:
		return constraint("Value '[]' at 'names'", shortest)
	case several && len(in.Names) > namesPerQuery:
		return constraint("Value '["+strings.Join(in.Names, ", ")+"]' at 'names'",
			"Member must have length less than or equal to 10")
	case !several && in.Name == "":
		return constraint("Value '' at 'name'", shortest)
	case action != "PutParameter":
		return nil
	case in.Value == "":
		return constraint("Value at 'value'", shortest)
	case len(in.Value) > valueLength:
		return constraint("Value at 'value'", "Member must have length less than or equal to 32768")
	case !oneOf(in.Type, "", secureString, "StringList", "String"):
		return constraint("Value '"+in.Type+"' at 'type'", "Member must satisfy enum value set: [SecureString, "+
			"StringList, String]")
	case !oneOf(in.Tier, "", standard, advanced, intelligentTiering):
		return constraint("Value '"+in.Tier+"' at 'tier'", "Member must satisfy enum value set: [Standard, Advanced, "+
			"Intelligent-Tiering]")
	case in.Overwrite && len(in.Tags) > 0:
		return refuse("ValidationException", "Invalid request: tags and overwrite can't be used together. To create a "+
			"parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use "+
			"AddTagsToResource or RemoveTagsFromResource.")
	}
	return nil
}

func constraint(violation, rule string) error {
	return refuse("ValidationException", "1 validation error detected: %s failed to satisfy constraint: %s", violation,
		rule)
}

// parameterOutput is a version as GetParameter and GetParameters return it, without the KMS key.
type parameterOutput struct {
	ARN              string
	DataType         string
	LastModifiedDate epoch
	Name             string
	Selector         string `json:",omitempty"`
	Type             string
	Value            string
	Version          int64
}

type getParameterOutput struct{ Parameter parameterOutput }

type getParametersOutput struct {
	InvalidParameters []string
	Parameters        []parameterOutput
}

type putParameterOutput struct {
	Tier    string
	Version int64
}

type deleteParametersOutput struct{ DeletedParameters, InvalidParameters []string }

type parameterHistoryOutput struct {
	NextToken  string `json:",omitempty"`
	Parameters []pastParameterOutput
}

// pastParameterOutput is a version as GetParameterHistory returns it, without the user who made it:
// calls within the process have none.
type pastParameterOutput struct {
	DataType         string
	KeyID            string `json:"KeyId,omitempty"`
	Labels           []string
	LastModifiedDate epoch
	Name             string
	Policies         []string
	Tier             string
	Type             string
	Value            string
	Version          int64
}
