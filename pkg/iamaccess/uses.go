package iamaccess

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/internal/awserror"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// Keys are a user's access keys. Unlike pkg/iamkey, which can also make and delete them, this needs
// nothing but reading.
func (a *Account) Keys(ctx context.Context, user string) (keys []rotation.Key, err error) {
	all, err := list(ctx, iam.NewListAccessKeysPaginator(a.API, &iam.ListAccessKeysInput{UserName: &user}),
		func(page *iam.ListAccessKeysOutput) []types.AccessKeyMetadata { return page.AccessKeyMetadata })
	if err != nil {
		return nil, (&Reader{User: user}).wrap("iam:ListAccessKeys", err)
	}
	for _, k := range all {
		keys = append(keys, rotation.Key{ID: aws.ToString(k.AccessKeyId), Status: rotation.KeyStatus(k.Status),
			Created: aws.ToTime(k.CreateDate)})
	}
	return keys, nil
}

// Use is what IAM records of a key's last use. Of several uses within 15 minutes it records the
// first, and of several services the last one alone ("Generate credential reports for your AWS
// account", IAM User Guide).
type Use struct {
	At              time.Time
	Service, Region string
}

// LastUse is a key's, or nil where IAM has seen none.
func (a *Account) LastUse(ctx context.Context, id string) (*Use, error) {
	out, err := a.API.GetAccessKeyLastUsed(ctx, &iam.GetAccessKeyLastUsedInput{AccessKeyId: &id})
	if err != nil {
		return nil, awserror.Wrap("iam:GetAccessKeyLastUsed", "access key "+id, err)
	}
	if out.AccessKeyLastUsed == nil || out.AccessKeyLastUsed.LastUsedDate == nil {
		return nil, nil
	}
	last := out.AccessKeyLastUsed
	return &Use{At: *last.LastUsedDate, Service: known(last.ServiceName), Region: known(last.Region)}, nil
}

// known is nothing for what IAM has no word for.
func known(text *string) string {
	if t := aws.ToString(text); t != "N/A" && t != "not_supported" {
		return t
	}
	return ""
}

// reportPatience is how often IAM is asked for a report, a second apart: it takes seconds, or a
// minute where there are many users.
const reportPatience = 120

// UsedServices are the services that the keys of each user were used for last, by the credential
// report: one answer for all users. It can be four hours old. Users whose keys weren't used, or for
// services that the report has no name for, aren't in it.
func (a *Account) UsedServices(ctx context.Context, wait func(context.Context) error) (map[string][]string, error) {
	for range reportPatience {
		out, err := a.API.GenerateCredentialReport(ctx, &iam.GenerateCredentialReportInput{})
		if err != nil {
			return nil, awserror.Wrap("iam:GenerateCredentialReport", "the account", err)
		}
		if out.State == types.ReportStateTypeComplete {
			report, err := a.API.GetCredentialReport(ctx, &iam.GetCredentialReportInput{})
			if err != nil {
				return nil, awserror.Wrap("iam:GetCredentialReport", "the account", err)
			}
			return usedServices(report.Content)
		}
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
	return nil, rotation.Errorf(rotation.AWSError, "iam:GenerateCredentialReport: after %d seconds IAM is still at it",
		reportPatience)
}

// usedServices reads the columns by their names.
func usedServices(report []byte) (map[string][]string, error) {
	rows := csv.NewReader(bytes.NewReader(report))
	header, err := rows.Read()
	if err != nil {
		return nil, rotation.Errorf(rotation.AWSError, "reading the credential report: %w", err)
	}
	rows.ReuseRecord = true
	columns := map[string]int{}
	for i, name := range header {
		columns[name] = i
	}
	name, ok := columns["user"]
	if !ok {
		return nil, rotation.Errorf(rotation.AWSError, "the credential report has no column user")
	}
	used := map[string][]string{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return used, nil
		}
		if err != nil {
			return nil, rotation.Errorf(rotation.AWSError, "reading the credential report: %w", err)
		}
		for _, column := range []string{"access_key_1_last_used_service", "access_key_2_last_used_service"} {
			i, ok := columns[column]
			if !ok {
				continue
			}
			if service := known(&row[i]); service != "" {
				user := strings.Clone(row[name])
				used[user] = append(used[user], strings.Clone(service))
			}
		}
	}
}
