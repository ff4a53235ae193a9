package iamaccess_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// motoClient is a client of moto that itself answers what moto 5.2 doesn't implement:
// service-specific credentials, and users' boundaries.
type motoClient struct {
	*iam.Client
	credentials []types.ServiceSpecificCredentialMetadata
	boundary    *types.AttachedPermissionsBoundary
}

func (c motoClient) ListServiceSpecificCredentials(_ context.Context, in *iam.ListServiceSpecificCredentialsInput,
	_ ...func(*iam.Options)) (*iam.ListServiceSpecificCredentialsOutput, error) {
	if aws.ToString(in.UserName) != user {
		return nil, &types.NoSuchEntityException{Message: aws.String("no such user")}
	}
	return &iam.ListServiceSpecificCredentialsOutput{ServiceSpecificCredentials: c.credentials}, nil
}

func (c motoClient) GetUser(ctx context.Context, in *iam.GetUserInput, o ...func(*iam.Options)) (*iam.GetUserOutput,
	error) {
	out, err := c.Client.GetUser(ctx, in, o...)
	if err == nil {
		out.User.PermissionsBoundary = c.boundary
	}
	return out, err
}

func TestMotoIsReadAsLocalawsIs(t *testing.T) {
	client := motoClient{Client: iam.NewFromConfig(awstest.Config(awstest.Moto(t)))}
	do(t, client.CreateUser, &iam.CreateUserInput{UserName: aws.String(user)})
	readsAs(t, &iamaccess.Reader{API: client, User: user}, sendpolicy.Access{User: user})
	failsAs(t, &iamaccess.Reader{API: client, User: "nobody"}, rotation.ConfigurationError, "user nobody")

	want := everything()
	want.OtherLogins = giveLogins(t, client.Client)
	givePolicies(t, client.Client)
	client.credentials = []types.ServiceSpecificCredentialMetadata{
		{ServiceName: aws.String("cassandra.amazonaws.com"), ServiceSpecificCredentialId: aws.String("ACCA1"),
			Status: types.StatusTypeActive},
		{ServiceName: aws.String("bedrock.amazonaws.com"), ServiceSpecificCredentialId: aws.String("ACCA2"),
			Status: types.StatusTypeExpired},
	}
	client.boundary = &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String(limit)}
	readsAs(t, &iamaccess.Reader{API: client, User: user}, want)
}

// do makes a call that must succeed.
func do[I, O any](t *testing.T, call func(context.Context, I, ...func(*iam.Options)) (O, error), in I) O {
	t.Helper()
	out, err := call(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// givePolicies makes the policies that furnish makes on localaws.
func givePolicies(t *testing.T, c *iam.Client) {
	t.Helper()
	u, text := aws.String(user), func(sid string) *string { return aws.String(document(sid)) }
	for name, sid := range map[string]string{"second": "s", "first": "f"} {
		do(t, c.PutUserPolicy, &iam.PutUserPolicyInput{UserName: u, PolicyName: &name, PolicyDocument: text(sid)})
	}
	do(t, c.CreatePolicy, &iam.CreatePolicyInput{PolicyName: aws.String("Limit"), Path: aws.String("/limits/"),
		PolicyDocument: text("limit")})
	do(t, c.CreatePolicy, &iam.CreatePolicyInput{PolicyName: aws.String("Shared"), PolicyDocument: text("old")})
	do(t, c.CreatePolicyVersion, &iam.CreatePolicyVersionInput{PolicyArn: aws.String(shared),
		PolicyDocument: text("shared"), SetAsDefault: true})
	do(t, c.AttachUserPolicy, &iam.AttachUserPolicyInput{UserName: u, PolicyArn: aws.String(shared)})
	for _, group := range []string{"ops", "mail"} {
		do(t, c.CreateGroup, &iam.CreateGroupInput{GroupName: &group})
		do(t, c.AddUserToGroup, &iam.AddUserToGroupInput{UserName: u, GroupName: &group})
		do(t, c.AttachGroupPolicy, &iam.AttachGroupPolicyInput{GroupName: &group, PolicyArn: aws.String(shared)})
	}
	do(t, c.PutGroupPolicy, &iam.PutGroupPolicyInput{GroupName: aws.String("mail"), PolicyName: aws.String("ofGroup"),
		PolicyDocument: text("g")})
}

// giveLogins makes the logins that furnish makes on localaws, and returns the texts for them and
// for motoClient's own credential.
func giveLogins(t *testing.T, c *iam.Client) []string {
	t.Helper()
	u := aws.String(user)
	do(t, c.CreateLoginProfile, &iam.CreateLoginProfileInput{UserName: u, Password: aws.String("correct horse")})
	device := do(t, c.CreateVirtualMFADevice,
		&iam.CreateVirtualMFADeviceInput{VirtualMFADeviceName: aws.String("phone")})
	do(t, c.EnableMFADevice, &iam.EnableMFADeviceInput{
		UserName: u, SerialNumber: device.VirtualMFADevice.SerialNumber, AuthenticationCode1: aws.String("123456"),
		AuthenticationCode2: aws.String("234567"),
	})
	ssh := func() *string {
		return do(t, c.UploadSSHPublicKey, &iam.UploadSSHPublicKeyInput{UserName: u,
			SSHPublicKeyBody: aws.String("ssh-rsa AAAA")}).SSHPublicKey.SSHPublicKeyId
	}
	active := ssh()
	do(t, c.UpdateSSHPublicKey, &iam.UpdateSSHPublicKeyInput{UserName: u, SSHPublicKeyId: ssh(),
		Status: types.StatusTypeInactive})
	upload := &iam.UploadSigningCertificateInput{UserName: u, CertificateBody: aws.String(certificate(t))}
	signing := do(t, c.UploadSigningCertificate, upload).Certificate.CertificateId
	retired := do(t, c.UploadSigningCertificate, upload).Certificate.CertificateId
	do(t, c.UpdateSigningCertificate, &iam.UpdateSigningCertificateInput{UserName: u, CertificateId: retired,
		Status: types.StatusTypeInactive})
	return []string{
		"an SSH key for CodeCommit (" + *active + ")",
		"a service-specific credential for cassandra.amazonaws.com (ACCA1)",
		"a signing certificate (" + *signing + ")",
	}
}

// certificate returns a certificate that moto accepts: moto checks that it is one.
func certificate(t *testing.T) string {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}
