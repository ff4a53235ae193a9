package sendpolicy

import (
	"fmt"
	"strings"
)

// sesGroup is the group that SES's console has put its new users in since 2024-09-06. The group's
// policy AmazonSesSendingAccess allows ses:SendRawEmail on everything ("Obtaining Amazon SES SMTP
// credentials", Amazon SES Developer Guide).
const sesGroup = "AWSSESSendingGroupDoNotRename"

// awsManaged matches the ARNs of AWS's own policies, in any partition. Only AWS can change them.
var awsManaged = &shape{expression: `^arn:aws[a-z-]*:iam::aws:policy/`}

// remedy says how to take a policy from the user if it can't be narrowed for this user alone: a
// group's policy, or AWS's own. For any other policy it returns "", because that one can be
// changed.
func (p Policy) remedy(user string) string {
	enough := fmt.Sprintf("make sure that a policy of %s's own is enough for its mail, and then", user)
	if group, ok := strings.CutPrefix(p.From, "group "); ok {
		shared := "the group may have other users, so leave its policies as they are"
		if group == sesGroup {
			shared = "SES's console puts all its users into this group, so leave the group and its policy as they are"
		}
		return fmt.Sprintf("%s; %s remove this user from it (aws iam remove-user-from-group --user-name %s "+
			"--group-name %s)", shared, enough, user, group)
	}
	if p.From == "attached" && awsManaged.MatchString(p.ARN) { // not the boundary, which allows nothing by itself
		return fmt.Sprintf("the policy is AWS's, so it can't be narrowed; %s detach it (aws iam detach-user-policy "+
			"--user-name %s --policy-arn %s)", enough, user, p.ARN)
	}
	return ""
}
