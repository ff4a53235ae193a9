package iamaccess

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// orUnseen notes that IAM fails to tell of a way in, which not every partition of AWS has. What
// isn't allowed is an error all the same: it can be allowed.
func orUnseen(note *string, task func() error) func() error {
	return func() error {
		err := task()
		if err == nil || rotation.TypeOf(err) != rotation.AWSError {
			return err
		}
		*note = err.Error()
		return nil
	}
}

// console tells of the user's password for the console, and of MFA where there is one: without it,
// MFA lets nobody in.
func (r *Reader) console(ctx context.Context, a *sendpolicy.Access) error {
	_, err := r.API.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: &r.User})
	if awserror.Code(err) == noSuchEntity {
		return nil
	}
	if err != nil {
		return r.wrap("iam:GetLoginProfile", err)
	}
	devices, err := list(ctx, iam.NewListMFADevicesPaginator(r.API, &iam.ListMFADevicesInput{UserName: &r.User}),
		func(page *iam.ListMFADevicesOutput) []types.MFADevice { return page.MFADevices })
	if err != nil {
		return r.wrap("iam:ListMFADevices", err)
	}
	a.Console, a.MFA = true, len(devices) > 0
	return nil
}

func (r *Reader) sshKeys(ctx context.Context) (logins []string, err error) {
	keys, err := list(ctx, iam.NewListSSHPublicKeysPaginator(r.API, &iam.ListSSHPublicKeysInput{UserName: &r.User}),
		func(page *iam.ListSSHPublicKeysOutput) []types.SSHPublicKeyMetadata { return page.SSHPublicKeys })
	if err != nil {
		return nil, r.wrap("iam:ListSSHPublicKeys", err)
	}
	for _, k := range keys {
		if k.Status == types.StatusTypeActive {
			logins = append(logins, fmt.Sprintf("an SSH key for CodeCommit (%s)", aws.ToString(k.SSHPublicKeyId)))
		}
	}
	return sorted(logins), nil
}

// serviceCredentials turns the pages itself: the SDK has no paginator for them.
func (r *Reader) serviceCredentials(ctx context.Context) (logins []string, err error) {
	in := &iam.ListServiceSpecificCredentialsInput{UserName: &r.User}
	for {
		page, err := r.API.ListServiceSpecificCredentials(ctx, in)
		if err != nil {
			return nil, r.wrap("iam:ListServiceSpecificCredentials", err)
		}
		for _, c := range page.ServiceSpecificCredentials {
			if c.Status == types.StatusTypeActive {
				logins = append(logins, fmt.Sprintf("a service-specific credential for %s (%s)",
					aws.ToString(c.ServiceName), aws.ToString(c.ServiceSpecificCredentialId)))
			}
		}
		if in.Marker = page.Marker; !page.IsTruncated || in.Marker == nil {
			return sorted(logins), nil
		}
	}
}

func (r *Reader) certificates(ctx context.Context) (logins []string, err error) {
	certificates, err := list(ctx, iam.NewListSigningCertificatesPaginator(r.API,
		&iam.ListSigningCertificatesInput{UserName: &r.User}),
		func(page *iam.ListSigningCertificatesOutput) []types.SigningCertificate { return page.Certificates })
	if err != nil {
		return nil, r.wrap("iam:ListSigningCertificates", err)
	}
	for _, c := range certificates {
		if c.Status == types.StatusTypeActive {
			logins = append(logins, fmt.Sprintf("a signing certificate (%s)", aws.ToString(c.CertificateId)))
		}
	}
	return sorted(logins), nil
}
