package stack

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// role is what somebody may do: actions, each on resources. As the template has no wildcard where
// the function calls, there is none here.
type role map[string][]string

// roleOf is what a role's policies allow, those written with it and those beside it.
func (d *deployment) roleOf(name string) role {
	d.t.Helper()
	allowed := role{}
	for _, policy := range d.resource(name).at("Policies").list() {
		allowed.add(policy.at("PolicyDocument"))
	}
	for _, other := range d.made() {
		if d.template.at("Resources", other, "Type").String() != "AWS::IAM::RolePolicy" {
			continue
		}
		if beside := d.resource(other); beside.at("RoleName").value == d.ref(name) {
			allowed.add(beside.at("PolicyDocument"))
		}
	}
	return allowed
}

// add reads a policy document.
func (r role) add(document node) {
	for _, statement := range document.at("Statement").list() {
		if statement.at("Effect").String() != "Allow" {
			continue
		}
		for _, action := range statement.at("Action").list() {
			for _, resource := range statement.at("Resource").list() {
				r[action.String()] = append(r[action.String()], resource.String())
			}
		}
	}
}

// without is the role with one action taken away.
func (r role) without(action string) role {
	less := maps.Clone(r)
	delete(less, action)
	return less
}

// actions are those that the function itself calls.
func (r role) actions() (names []string) {
	for action := range r {
		service, _, _ := strings.Cut(action, ":")
		if slices.Contains([]string{"iam", "secretsmanager", "ssm"}, service) {
			names = append(names, action)
		}
	}
	slices.Sort(names)
	return names
}

// enforce has the world refuse what the role doesn't allow, in AWS's words ("Troubleshoot access
// denied error messages", IAM User Guide). arns are those of the users and secrets, by name. A
// parameter's is made of its Region and name.
func (r role) enforce(world *localaws.World, arns map[string]string) {
	world.Intercept(func(c localaws.Call) *localaws.Fault {
		action, resource := c.Service+":"+c.Action, c.User+c.SecretID // each names one of them
		if c.Action == "GetAccessKeyLastUsed" {
			resource = ownerOf(world, c.AccessKeyID, arns)
		}
		if arn, ok := arns[resource]; ok {
			resource = arn
		}
		if ofGroupsAndPolicies[action] && len(r[action]) > 0 { // it is allowed on all of them
			return nil
		}
		if slices.Contains(r[action], resource) {
			return nil
		}
		if c.Service == "ssm" {
			if resource = r.deniedParameter(c); resource == "" {
				return nil
			}
		}
		return &localaws.Fault{
			Status: http.StatusForbidden, Code: map[string]string{"iam": "AccessDenied",
				"secretsmanager": "AccessDeniedException", "ssm": "AccessDeniedException"}[c.Service],
			Message: "User: arn:aws:sts::" + accountID +
				":assumed-role/rotator/function is not authorized to perform: " + action +
				" on resource: " + resource + " because no identity-based policy allows the " + action + " action",
		}
	})
}

// deniedParameter is the first of the call's parameters on which it isn't allowed. The role has
// them by a path, with an asterisk behind it.
func (r role) deniedParameter(c localaws.Call) (arn string) {
	for name := range strings.SplitSeq(c.Parameters, ",") {
		arn := "arn:aws:ssm:" + c.Region + ":" + accountID + ":parameter" + name
		if !slices.ContainsFunc(r["ssm:"+c.Action], func(allowed string) bool {
			path, isPath := strings.CutSuffix(allowed, "*")
			return isPath && strings.HasPrefix(arn, path)
		}) {
			return arn
		}
	}
	return ""
}

// ownerOf is the user whose access key it is: GetAccessKeyLastUsed names no user, and is allowed on
// the key's.
func ownerOf(world *localaws.World, accessKeyID string, arns map[string]string) string {
	for name := range arns {
		for _, k := range world.Keys(name) {
			if k.ID == accessKeyID {
				return name
			}
		}
	}
	return ""
}
