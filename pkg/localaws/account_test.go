package localaws_test

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrets "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

func TestAnAccountIsListedByPages(t *testing.T) {
	w := start(t, localaws.Config{})
	for i := range 5 {
		name := fmt.Sprintf("user-%d", i)
		w.CreateUser(name)
		check(t, w.AddUserToGroup(name, "g"))
		check(t, w.AttachUserPolicy(name, "arn:aws:iam::123456789012:policy/Own", "own"))
	}
	check(t, w.AttachUserPolicy("user-0", managed, "of AWS"))
	w.SetPageSize(2)
	client := iamClient(t, w)
	var users []string
	for p := iam.NewListUsersPaginator(client, &iam.ListUsersInput{}); p.HasMorePages(); {
		for _, u := range must(p.NextPage(t.Context()))(t).Users {
			users = append(users, *u.UserName)
		}
	}
	if want := []string{"user-0", "user-1", "user-2", "user-3", "user-4"}; !slices.Equal(users, want) {
		t.Errorf("ListUsers: %v", users)
	}
	for filter, want := range map[types.EntityType]int{
		"": 8, types.EntityTypeUser: 5, types.EntityTypeGroup: 1, types.EntityTypeRole: 0,
		types.EntityTypeLocalManagedPolicy: 1, types.EntityTypeAWSManagedPolicy: 1,
	} {
		in := &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{filter}}
		if filter == "" {
			in.Filter = nil
		}
		n := 0
		for p := iam.NewGetAccountAuthorizationDetailsPaginator(client, in); p.HasMorePages(); {
			page := must(p.NextPage(t.Context()))(t)
			part := len(page.UserDetailList) + len(page.GroupDetailList) + len(page.Policies)
			if part > 2 {
				t.Errorf("%q: a page of %d", filter, part)
			}
			n += part
		}
		if n != want {
			t.Errorf("%q: %d, want %d", filter, n, want)
		}
	}
}

func TestACredentialReportIsMadeOnceInFourHours(t *testing.T) {
	w := start(t, localaws.Config{})
	w.CreateUser("sender")
	id, _, err := w.CreateAccessKey("sender")
	check(t, err)
	client := iamClient(t, w)
	_, err = client.GetCredentialReport(t.Context(), &iam.GetCredentialReportInput{})
	if code(err) != "ReportNotPresent" {
		t.Errorf("got %v", err)
	}
	generate := func() types.ReportStateType {
		return must(client.GenerateCredentialReport(t.Context(), &iam.GenerateCredentialReportInput{}))(t).State
	}
	read := func() [][]string {
		out := must(client.GetCredentialReport(t.Context(), &iam.GetCredentialReportInput{}))(t)
		return must(csv.NewReader(strings.NewReader(string(out.Content))).ReadAll())(t)
	}
	if first, second := generate(), generate(); first != types.ReportStateTypeStarted ||
		second != types.ReportStateTypeComplete {
		t.Errorf("generated: %s, %s", first, second)
	}
	w.UseKey(id, w.Now())
	if row := read()[2]; row[0] != "sender" || row[8] != "true" || row[12] != "N/A" || len(row) != 22 {
		t.Errorf("the report is %v", row)
	}
	w.Advance(4 * time.Hour)
	_, err = client.GetCredentialReport(t.Context(), &iam.GetCredentialReportInput{})
	if code(err) != "ReportExpired" {
		t.Errorf("got %v", err)
	}
	generate()
	if row := read()[2]; row[11] != "eu-west-1" || row[12] != "ses-smtp" {
		t.Errorf("the report is %v", row)
	}
}

func TestSecretsAreListedByPagesAndDescription(t *testing.T) {
	w := start(t, localaws.Config{})
	client := secretsmanager.NewFromConfig(awstest.Config(w.URL()))
	for name, description := range map[string]string{
		"a": "SMTP credential, rotated by ses-smtp-rotator (stack a)", "b": "",
		"c": "Rotated by SES-smtp-rotator", "d": "of ours",
	} {
		must(client.CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{Name: &name, Description: &description,
			SecretString: aws.String("{}")}))(t)
	}
	list := func(filters ...secrets.Filter) (names string) {
		in := &secretsmanager.ListSecretsInput{MaxResults: aws.Int32(1), Filters: filters}
		for p := secretsmanager.NewListSecretsPaginator(client, in); p.HasMorePages(); {
			for _, s := range must(p.NextPage(t.Context()))(t).SecretList {
				names += *s.Name
			}
		}
		return names
	}
	ours := secrets.Filter{Key: secrets.FilterNameStringTypeDescription, Values: []string{"ses-smtp-rotator"}}
	if all, some := list(), list(ours); all != "abcd" || some != "ac" {
		t.Errorf("listed %s, by description %s", all, some)
	}
	must(client.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: aws.String("a")}))(t)
	if some := list(ours); some != "c" {
		t.Errorf("after a deletion, listed %s", some)
	}
}
