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

// Keys returns a user's access keys. Unlike pkg/iamkey, which also creates and deletes keys, it
// needs only permission to read.
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

// Use is what IAM records about a key's last use. IAM records the first of several uses within 15
// minutes, and only the last of several services ("Generate credential reports for your AWS
// account", IAM User Guide).
type Use struct {
	At              time.Time
	Service, Region string
}

// LastUse returns a key's last use, or nil if IAM has seen none.
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

// known returns text, or "" for IAM's words for no value.
func known(text *string) string {
	if t := aws.ToString(text); t != "N/A" && t != "not_supported" {
		return t
	}
	return ""
}

// reportPatience is how often IAM is asked for a report, a second apart. A report takes seconds, or
// a minute if there are many users.
const reportPatience = 120

// UsedServices returns, for each user, the services that the user's keys were last used for, from
// the credential report: one answer for all users, which can be four hours old. It leaves out users
// whose keys weren't used, or only for services that the report has no name for.
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
	return nil, rotation.Errorf(rotation.AWSError, "iam:GenerateCredentialReport: IAM hasn't finished after %d seconds",
		reportPatience)
}

// usedServices finds the report's columns by their names.
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
