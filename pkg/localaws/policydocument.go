package localaws

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// checkDocument refuses a policy that IAM would refuse, with IAM's texts. It finds common mistakes,
// not everything that IAM finds. The texts are those that people report; moto has them too.
func checkDocument(text string) error {
	if fault := incomplete(text); fault != "" {
		return malformed(fault)
	}
	d, err := sendpolicy.Parse(text)
	switch {
	case err != nil:
		return malformed("Syntax errors in policy.")
	case d.Version != "2012-10-17":
		return malformed("Policy document must be version 2012-10-17 or greater.")
	}
	seen := map[string]bool{}
	for _, s := range d.Statements {
		if seen[s.Sid] {
			return malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		seen[s.Sid] = s.Sid != ""
		if err := checkStatement(s); err != nil {
			return err
		}
	}
	return nil
}

func malformed(text string) error { return refuse("MalformedPolicyDocument", "%s", text) }

// incomplete returns what IAM says about a statement that lacks something, or "".
func incomplete(text string) string {
	var d sendpolicy.Document
	if json.Unmarshal([]byte(text), &d) != nil { // not JSON, or a statement without brackets
		var single struct{ Statement sendpolicy.Statement }
		if json.Unmarshal([]byte(text), &single) != nil {
			return ""
		}
		d.Statements = []sendpolicy.Statement{single.Statement}
	}
	for _, s := range d.Statements {
		switch {
		case len(s.Action)+len(s.NotAction) == 0:
			return "Policy statement must contain actions."
		case len(s.Resource)+len(s.NotResource) == 0:
			return "Policy statement must contain resources."
		}
	}
	return ""
}

// vendor matches a service and an action, or a * alone.
var vendor = regexp.MustCompile(`^([\w.*?-]+:[\w*?]+|\*)$`)

// checkStatement refuses malformed actions and resources.
func checkStatement(s sendpolicy.Statement) error {
	for _, action := range slices.Concat(s.Action, s.NotAction) {
		if !vendor.MatchString(action) {
			return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
		}
	}
	for _, resource := range slices.Concat(s.Resource, s.NotResource) {
		if resource != "*" && (!strings.HasPrefix(resource, "arn:") || strings.Count(resource, ":") < 5) {
			return malformed(`Resource ` + resource + ` must be in ARN format or "*".`)
		}
	}
	return nil
}
