package localaws

import (
	"crypto/sha512"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// secureString is the type of parameters that KMS encrypts; defaultKMSKey encrypts them if the
// request names no key.
const (
	secureString  = "SecureString"
	defaultKMSKey = "alias/aws/ssm"
)

// A shelf is Parameter Store's state: parameters and their versions. It knows the rules and not the
// protocol. An empty one costs nothing to make or copy.
type shelf struct {
	now        func() time.Time
	region     string
	parameters map[string]history[[]*parameterVersion] // a deleted one has no versions
	staleness  time.Duration
}

// A parameterVersion is a parameter as one PutParameter left it. It never changes.
type parameterVersion struct {
	Parameter
	tier string
}

// arn returns a parameter's ARN. "/a" and "a" are the same parameter ("Requirements and constraints
// for parameter names", Systems Manager User Guide), so they have the same ARN.
func (s *shelf) arn(name string) string {
	return "arn:aws:ssm:" + s.region + ":" + account + ":parameter/" + strings.TrimPrefix(name, "/")
}

// versions returns the kept versions of a parameter as they were that long ago, oldest first.
func (s *shelf) versions(name string, ago time.Duration) []*parameterVersion {
	kept := s.parameters[strings.TrimPrefix(name, "/")]
	if ago == 0 {
		return kept.latest()
	}
	return kept.at(s.now().Add(-ago))
}

// keep sets a parameter's versions from now on; without versions, the parameter is deleted.
func (s *shelf) keep(name string, versions []*parameterVersion) {
	name = strings.TrimPrefix(name, "/")
	kept := s.parameters[name]
	kept.set(s.now(), versions)
	if s.parameters == nil {
		s.parameters = map[string]history[[]*parameterVersion]{}
	}
	s.parameters[name] = kept
}

// find returns the version that a name or an ARN asks for: the newest, or the one with the number
// after a colon. The version has the name that was asked for; for an ARN, it has the name that it
// was made with.
func (s *shelf) find(asked string) (*parameterVersion, error) {
	name, isARN := strings.CutPrefix(strings.Trim(asked, " "), s.arn(""))
	name, selector, selects := strings.Cut(name, ":")
	if !isARN && !qualifiedName.MatchString(name) {
		return nil, invalidName()
	}
	versions := s.versions(name, s.staleness)
	if len(versions) == 0 {
		return nil, refuse("ParameterNotFound", "")
	}
	found := *versions[len(versions)-1]
	if selects {
		at := slices.IndexFunc(versions, func(v *parameterVersion) bool {
			return strconv.FormatInt(v.Version, 10) == selector
		})
		if at < 0 {
			return nil, refuse("ParameterVersionNotFound", "Systems Manager could not find version %s of %s. Verify "+
				"the version and try again.", selector, name)
		}
		found = *versions[at]
	}
	if !isARN {
		found.Name = name
	}
	return &found, nil
}

// versionsKept is how many versions a parameter has at most. The oldest is removed when one more is
// made ("Working with parameter versions in Parameter Store", Systems Manager User Guide).
const versionsKept = 100

// put makes a parameter or, with overwrite, a new version of it. AWS asks people to wait 30 seconds
// before they make a deleted parameter again ("DeleteParameters", Systems Manager API Reference),
// and doesn't say what happens otherwise: here it succeeds.
func (s *shelf) put(p Parameter, overwrite bool, tier string) (*parameterVersion, error) {
	if err := s.checkNewName(p.Name); err != nil {
		return nil, err
	}
	versions := s.versions(p.Name, 0)
	var last *parameterVersion
	if len(versions) > 0 {
		last = versions[len(versions)-1]
	}
	if last != nil && !overwrite {
		return nil, refuse("ParameterAlreadyExists", "The parameter already exists. To overwrite this value, set the "+
			"overwrite option in the request to true.")
	}
	err := p.settleType(last)
	if err == nil {
		tier, err = settleTier(tier, p.Value, last)
	}
	if err != nil {
		return nil, err
	}
	p.Version, p.Modified = 1, s.now().UTC().Truncate(time.Millisecond)
	if last != nil {
		p.Name, p.Version = last.Name, last.Version+1
	}
	added := &parameterVersion{p, tier}
	s.keep(p.Name, append(slices.Clip(versions[max(0, len(versions)-versionsKept+1):]), added))
	return added, nil
}

// delete reports whether there was such a parameter. It takes names, not ARNs.
func (s *shelf) delete(name string) bool {
	if len(s.versions(name, 0)) == 0 {
		return false
	}
	s.keep(name, nil)
	return true
}

// settleType sets the type and the KMS key that the parameter will have.
//
// The reference of PutParameter has HierarchyTypeMismatchException for a change of type "in a
// hierarchy", and so does this. Outside hierarchies AWS lets types change: an acceptance test of
// hashicorp/terraform-provider-aws (#10819) does that. A SecureString that is overwritten without
// naming a key gets the default key, whatever it had before.
func (p *Parameter) settleType(last *parameterVersion) error {
	switch {
	case p.Type == "" && last == nil:
		return refuse("ValidationException", "A parameter type is required when you create a parameter.")
	case p.Type == "":
		p.Type = last.Type
	case last != nil && p.Type != last.Type && strings.Contains(strings.TrimPrefix(p.Name, "/"), "/"):
		return refuse("HierarchyTypeMismatchException", "Parameter Store doesn't support changing a parameter type in "+
			"a hierarchy. For example, you can't change a parameter from a String type to a SecureString type. You "+
			"must create a new, unique parameter.")
	}
	switch {
	case p.Type == secureString && p.KeyID == "":
		p.KeyID = defaultKMSKey
	case p.Type != secureString && p.KeyID != "":
		return refuse("ValidationException", "KeyId is required for SecureString type parameter only.")
	}
	return nil
}

// These are the tiers of a parameter, and the bytes that a value in each may have.
const (
	standard, standardSize = "Standard", 4096
	advanced, advancedSize = "Advanced", 8192
	intelligentTiering     = "Intelligent-Tiering"
)

// settleTier returns the tier that a parameter will have. AWS doesn't say what happens to an
// advanced parameter if a request names no tier: here it stays advanced.
func settleTier(tier, value string, last *parameterVersion) (string, error) {
	wasAdvanced := last != nil && last.tier == advanced
	switch {
	case tier == intelligentTiering && len(value) > standardSize, tier != standard && wasAdvanced:
		tier = advanced
	case tier == "", tier == intelligentTiering:
		tier = standard
	}
	switch {
	case tier == standard && wasAdvanced:
		return "", refuse("ValidationException", "This parameter uses the advanced-parameter tier. You can't "+
			"downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. If necessary, you "+
			"can delete the advanced parameter and recreate it as a standard parameter.")
	case tier == standard && len(value) > standardSize:
		return "", refuse("ValidationException", "Standard tier parameters support a maximum parameter value of %d "+
			"characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter "+
			"tier. For more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/"+
			"parameter-store-advanced-parameters.html", standardSize)
	case len(value) > advancedSize:
		return "", refuse("ValidationException", "The specified parameter value is too large. Advanced-tier "+
			"parameters support a maximum parameter value of %d characters.", advancedSize)
	}
	return tier, nil
}

// told returns the value in an answer. A request without decryption gets a SecureString as text
// that looks like KMS's ciphertext.
func (v *parameterVersion) told(decrypted bool) string {
	if v.Type != secureString || decrypted {
		return v.Value
	}
	sum := sha512.Sum512([]byte(v.KeyID + "\n" + strconv.FormatInt(v.Version, 10) + "\n" + v.Value))
	return base64.StdEncoding.EncodeToString(append([]byte{1, 2, 2, 0}, sum[:]...))
}
