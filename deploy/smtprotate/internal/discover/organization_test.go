package discover_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/awstest"
)

// answering is AWS with these answers, in order.
func answering(t *testing.T, status int, answers ...string) aws.Config {
	t.Helper()
	i := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, answers[i%len(answers)])
		i++
	}))
	t.Cleanup(server.Close)
	cfg := awstest.Config(server.URL)
	cfg.Retryer = func() aws.Retryer { return aws.NopRetryer{} }
	return cfg
}

// TestAnOrganizationsAccountsAreReadByState covers a CLOSED account whose status is SUSPENDED, and
// a page without accounts that isn't the last.
func TestAnOrganizationsAccountsAreReadByState(t *testing.T) {
	api := organizations.NewFromConfig(answering(t, 200,
		`{"Accounts":[{"Id":"333333333333","Name":"c","State":"ACTIVE","Status":"ACTIVE"},
			{"Id":"222222222222","Name":"b","State":"CLOSED","Status":"SUSPENDED"}],"NextToken":"1"}`,
		`{"Accounts":[],"NextToken":"2"}`,
		`{"Accounts":[{"Id":"111111111111","Name":"a","Status":"ACTIVE"},
			{"Id":"444444444444","State":"PENDING_CLOSURE"},{"Id":"555555555555","State":"CLOSED"}]}`))
	o, err := discover.ReadOrganization(t.Context(), api)
	if err != nil {
		t.Fatal(err)
	}
	want := []discover.Place{{Account: "111111111111", AccountName: "a"}, {Account: "333333333333", AccountName: "c"}}
	if !reflect.DeepEqual(o.Active, want) ||
		!reflect.DeepEqual(o.LeftOut(), map[string]int{"CLOSED": 2, "PENDING_CLOSURE": 1}) {
		t.Errorf("got %+v, left out %v", o.Active, o.LeftOut())
	}
	if only, err := o.Only([]string{"333333333333", "333333333333"}); err != nil || !reflect.DeepEqual(only, want[1:]) {
		t.Errorf("got %v, %v", only, err)
	}
	for id, says := range map[string]string{
		"222222222222": "account 222222222222 is CLOSED in the organization",
		"999999999999": "account 999999999999 isn't in the organization: check the ID",
	} {
		if _, err := o.Only([]string{"111111111111", id}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want %q", err, says)
		}
	}
}

// TestWhatOrganizationsRefusesIsSaidWithWhatToDo covers the errors that ListAccounts documents.
func TestWhatOrganizationsRefusesIsSaidWithWhatToDo(t *testing.T) {
	const listing = "listing the organization's accounts: "
	for code, want := range map[string]string{
		"AWSOrganizationsNotInUseException": "this account isn't in an organization: leave out --organization-role, " +
			"or use credentials of an organization's management account",
		"AccessDeniedException": listing + "AccessDeniedException: why. Use credentials of the organization's " +
			"management account, or of a delegated administrator, that allow organizations:ListAccounts",
		"TooManyRequestsException": listing + "TooManyRequestsException: why. Run it again in a minute",
		"ServiceException":         listing + "ServiceException: why. Run it again in a minute",
		"InvalidInputException":    listing + "InvalidInputException: why",
	} {
		api := organizations.NewFromConfig(answering(t, 400, `{"__type":"`+code+`","Message":"why."}`))
		if _, err := discover.ReadOrganization(t.Context(), api); err == nil || err.Error() != want {
			t.Errorf("%s: got  %v\nwant %s", code, err, want)
		}
	}
}

func TestARoleThatCantBeAssumedIsSaidWithWhatToDo(t *testing.T) {
	const denied = "User: arn:aws:iam::1:user/me is not authorized to perform: sts:AssumeRole on resource: "
	role := discover.Role{Name: "look", Caller: arn.ARN{Partition: "aws-cn", AccountID: "111122223333"}}
	for _, c := range []struct{ code, message, want string }{
		{"AccessDenied", denied + "arn:aws-cn:iam::444455556666:role/look", "role look can't be assumed: " +
			"AccessDenied: check that it exists, that it trusts account 111122223333, and that you may assume it " +
			"(sts:AssumeRole)"},
		{"AccessDenied", denied + "arn:aws-cn:iam::444455556666:role/look because no identity-based policy allows it",
			"role look can't be assumed: AccessDenied (because no identity-based policy allows it): check that it " +
				"exists, "},
		{"AccessDenied", "Roles may not be assumed by root accounts.",
			"role look can't be assumed: AccessDenied (Roles may not be assumed by root accounts): "},
		{"RegionDisabledException", "STS is off", "RegionDisabledException (STS is off): with --region, give a " +
			"Region that is enabled in all accounts"},
		{"ExpiredToken", "expired", "role look can't be assumed: ExpiredToken (expired): sign in again"},
		{"Other", "something", "role look can't be assumed: Other (something)"},
	} {
		api := sts.NewFromConfig(answering(t, 403, "<ErrorResponse><Error><Code>"+c.code+"</Code><Message>"+c.message+
			"</Message></Error></ErrorResponse>"))
		_, err := role.Assume(t.Context(), api, "444455556666")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}
