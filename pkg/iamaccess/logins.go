package iamaccess

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sendpolicy"
)

// waysIn holds a user's ways in other than access keys and policies, while they are read.
type waysIn struct {
	console, mfa                 bool
	keys, services, certificates []string
	unseen                       [4]string
}

// WaysIn fills in the ways in that Read reports: Console, MFA, OtherLogins and Unseen. It is for
// callers who know the policies already.
func (r *Reader) WaysIn(ctx context.Context, a *sendpolicy.Access) error {
	var ways waysIn
	if err := together(ways.tasks(ctx, r)...); err != nil {
		return err
	}
	ways.fill(a)
	return nil
}

func (w *waysIn) tasks(ctx context.Context, r *Reader) []func() error {
	return []func() error{
		orUnseen(&w.unseen[0], func() (err error) {
			w.console, w.mfa, err = r.console(ctx)
			return err
		}),
		orUnseen(&w.unseen[1], into(ctx, &w.keys, r.sshKeys)),
		orUnseen(&w.unseen[2], into(ctx, &w.services, r.serviceCredentials)),
		orUnseen(&w.unseen[3], into(ctx, &w.certificates, r.certificates)),
	}
}

func (w *waysIn) fill(a *sendpolicy.Access) {
	a.Console, a.MFA = w.console, w.mfa
	a.OtherLogins = slices.Concat(w.keys, w.services, w.certificates)
	for _, note := range w.unseen {
		if note != "" {
			a.Unseen = append(a.Unseen, note)
		}
	}
}

// orUnseen turns a failure to read a way in into a note, because some partitions of AWS lack it. A
// missing permission is still an error, because it can be granted.
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

// console reports whether the user has a password for the console, and if so, whether there is MFA:
// without a password, MFA lets nobody in.
func (r *Reader) console(ctx context.Context) (password, mfa bool, _ error) {
	_, err := r.API.GetLoginProfile(ctx, &iam.GetLoginProfileInput{UserName: &r.User})
	if awserror.Code(err) == noSuchEntity {
		return false, false, nil
	}
	if err != nil {
		return false, false, r.wrap("iam:GetLoginProfile", err)
	}
	devices, err := list(ctx, iam.NewListMFADevicesPaginator(r.API, &iam.ListMFADevicesInput{UserName: &r.User}),
		func(page *iam.ListMFADevicesOutput) []types.MFADevice { return page.MFADevices })
	if err != nil {
		return false, false, r.wrap("iam:ListMFADevices", err)
	}
	return true, len(devices) > 0, nil
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

// serviceCredentials reads the pages itself, because the SDK has no paginator for them.
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
