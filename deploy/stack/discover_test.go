package stack

import (
	"encoding/json"
	"strings"
)

// aRoleToLookBy makes the role in the accounts of an organizational unit, and in the one that
// manages the organization. Moto's stack sets would put it there as well, from the root.
func aRoleToLookBy(p *typist) {
	c := newClient(p.T)
	copyFile(p.T, "../discover-role.yaml", c.folder+"/deploy/discover-role.yaml")
	c.run("aws organizations create-organization")
	member := c.run("aws organizations create-account --account-name shop --email aws@example.com " +
		"--query CreateAccountStatus.AccountId --output text")
	var roots struct{ Roots []struct{ ID string } }
	if err := json.Unmarshal([]byte(c.run(p.next(nil, "aws organizations list-roots"))), &roots); err != nil {
		p.Fatal(err)
	}
	unit := c.run("aws organizations create-organizational-unit --name mail --parent-id " + roots.Roots[0].ID +
		" --query OrganizationalUnit.Id --output text")
	c.run("aws organizations move-account --account-id " + member + " --source-parent-id " + roots.Roots[0].ID +
		" --destination-parent-id " + unit)
	c.run(p.all("r-a1b2", unit))
	for account, as := range map[string]string{"123456789012": "", member: c.as(member)} {
		role := c.run(as + "aws iam get-role --role-name smtprotate-discover --query " +
			"'Role.[Arn,AssumeRolePolicyDocument.Statement[0].Principal.AWS]' --output text")
		want := "arn:aws:iam::" + account + ":role/smtprotate-discover arn:aws:iam::111122223333:root"
		if strings.Join(strings.Fields(role), " ") != want {
			p.Errorf("the role is %q, want %q", role, want)
		}
		policies := c.run(as + "aws iam list-role-policies --role-name smtprotate-discover --query PolicyNames " +
			"--output text")
		if policies != "Look" {
			p.Errorf("in %s it has the policies %q", account, policies)
		}
	}
}

// as is what comes before a command for it to run in another account.
func (c client) as(account string) string {
	return "read -r id key token < <(aws sts assume-role --role-session-name test --role-arn arn:aws:iam::" + account +
		":role/any --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text); " +
		"export AWS_ACCESS_KEY_ID=$id AWS_SECRET_ACCESS_KEY=$key AWS_SESSION_TOKEN=$token; "
}
