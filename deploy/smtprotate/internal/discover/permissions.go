package discover

import "strings"

// Permissions are those that looking at an account can need, and no others: reading alone.
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
		"kms:Decrypt", // of the values of secrets that have a key of their own
	}
}

// sessionPolicy limits what an assumed role's credentials may do to these permissions, even if the
// role is an administrator's ("Session policies", IAM User Guide).
func sessionPolicy() string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["` + strings.Join(Permissions(), `","`) +
		`"],"Resource":"*"}]}`
}
