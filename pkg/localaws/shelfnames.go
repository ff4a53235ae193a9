package localaws

import (
	"regexp"
	"strings"
)

// These match what a parameter may be called ("Requirements and constraints for parameter names",
// Systems Manager User Guide): a name, or a hierarchy of names, each after a slash.
var (
	qualifiedName   = regexp.MustCompile(`^([\w.-]+|(/[\w.-]+)+)$`)
	unqualifiedName = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+$`)
)

const (
	levelQuota    = 15
	arnLength     = 1011
	valueLength   = 32768
	namesPerQuery = 10
)

// checkNewName refuses impossible names for a parameter. The texts are recorded, except for too
// many levels, which is the documentation's, and for too long a name, which isn't known.
func (s *shelf) checkNewName(name string) error {
	bare := strings.TrimPrefix(name, "/")
	start, levels := strings.ToLower(bare), 1+strings.Count(bare, "/")
	switch {
	case unqualifiedName.MatchString(name):
		return refuse("ValidationException", "Parameter name must be a fully qualified name.")
	case !qualifiedName.MatchString(name):
		return invalidName()
	case strings.HasPrefix(start, "aws") && levels > 1:
		return refuse("AccessDeniedException", "No access to reserved parameter name: %s.", name)
	case strings.HasPrefix(start, "ssm") && levels > 1:
		return invalidName()
	case strings.HasPrefix(start, "aws"), strings.HasPrefix(start, "ssm"):
		return refuse("ValidationException", `Parameter name: can't be prefixed with "aws" or "ssm" (case-insensitive).`)
	case levels > levelQuota:
		return refuse("HierarchyLevelLimitExceededException", "A hierarchy can have a maximum of %d levels.",
			levelQuota)
	case len(s.arn(name)) > arnLength:
		return refuse("ValidationException", "The parameter's ARN can have a maximum of %d characters.", arnLength)
	}
	return nil
}

// invalidName returns Parameter Store's answer to every name with a wrong character, whether or not
// it begins with "ssm" (localstack/localstack#7712).
func invalidName() error {
	return refuse("ValidationException", `Parameter name: can't be prefixed with "ssm" (case-insensitive). If formed as `+
		"a path, it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of "+
		"letters, numbers and the following 3 symbols .-_")
}
