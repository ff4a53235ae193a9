package discover

import "strings"

// Permissions returns all the permissions that looking at an account may need. They only read.
func Permissions() []string {
	return []string{
		"iam:GenerateCredentialReport",
		"iam:GetAccessKeyLastUsed",
		"iam:GetAccountAuthorizationDetails",
		"iam:GetCredentialReport",
		"iam:GetLoginProfile",
		"iam:GetPolicy",
		"iam:GetPolicyVersion",
		"iam:ListAccessKeys",
		"iam:ListMFADevices",
		"iam:ListSSHPublicKeys",
		"iam:ListServiceSpecificCredentials",
		"iam:ListSigningCertificates",
		"secretsmanager:GetSecretValue",
		"secretsmanager:ListSecrets",
		"kms:Decrypt", // for secrets that are encrypted with their own KMS key
	}
}

// sessionPolicy returns the policy that limits an assumed role's credentials to these permissions,
// even if the role is an administrator's ("Session policies", IAM User Guide).
func sessionPolicy() string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(Permissions(), `","`) +
		`"],"Resource":"*"}]}`
}
