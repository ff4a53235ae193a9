package sendpolicy

import (
	"fmt"
	"strings"
)

// sesGroup is the group in which SES's console puts the users that it makes, since 2024-09-06. Its
// policy AmazonSesSendingAccess allows ses:SendRawEmail on everything ("Obtaining Amazon SES SMTP
// credentials", Amazon SES Developer Guide).
const sesGroup = "AWSSESSendingGroupDoNotRename"

// awsManaged is the ARN of a policy that is AWS's own, in any partition: nobody else can change it.
var awsManaged = &shape{expression: `^arn:aws[a-z-]*:iam::aws:policy/`}

// remedy says how the user gets rid of a policy that can't be narrowed for this user alone: one of
// a group, or AWS's own. Any other can be changed, and there is none.
func (p Policy) remedy(user string) string {
	enough := fmt.Sprintf("see that a policy of %s's own is enough for its mail, and then", user)
	if group, ok := strings.CutPrefix(p.From, "group "); ok {
		shared := "others may be in the group, so leave its policies as they are"
		if group == sesGroup {
			shared = "SES's console has put its other users into this group, too, so leave the group and its policy " +
				"as they are"
		}
		return fmt.Sprintf("%s; %s take this user out (aws iam remove-user-from-group --user-name %s --group-name %s)",
			shared, enough, user, group)
	}
	if p.From == "attached" && awsManaged.MatchString(p.ARN) { // a boundary gives nothing
		return fmt.Sprintf("the policy is AWS's, and nobody can narrow it; %s take it off (aws iam detach-user-policy "+
			"--user-name %s --policy-arn %s)", enough, user, p.ARN)
	}
	return ""
}
