package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/smithy-go"
)

// Organization holds the accounts of an organization.
type Organization struct {
	// Active are the accounts to look at, sorted by ID.
	Active []Place
	// others maps the IDs of other accounts to their states: they can't be used, or are about to be
	// closed.
	others map[string]string
}

// ReadOrganization lists an organization's accounts. A page without accounts may still have a
// token, and then it isn't the last one ("ListAccounts", AWS Organizations API Reference).
func ReadOrganization(ctx context.Context, api organizations.ListAccountsAPIClient) (o Organization, _ error) {
	o.others = map[string]string{}
	pages := organizations.NewListAccountsPaginator(api, &organizations.ListAccountsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return o, unlisted(err)
		}
		for _, a := range page.Accounts {
			id := aws.ToString(a.Id)
			if state := stateOf(a); state != string(types.AccountStateActive) {
				o.others[id] = state
				continue
			}
			o.Active = append(o.Active, Place{Account: id, AccountName: aws.ToString(a.Name)})
		}
	}
	slices.SortFunc(o.Active, func(a, b Place) int { return cmp.Compare(a.Account, b.Account) })
	return o, nil
}

// stateOf returns an account's state. Status was retired in favour of State in September 2026
// ("Monitor the state of your AWS accounts", AWS Organizations User Guide); it is used if there is
// no State yet.
func stateOf(a types.Account) string { return cmp.Or(string(a.State), string(a.Status)) }

// LeftOut counts the accounts that aren't ACTIVE, by their state.
func (o Organization) LeftOut() map[string]int {
	counts := map[string]int{}
	for _, state := range o.others {
		counts[state]++
	}
	return counts
}

// Only returns the accounts with these IDs, or all Active accounts if ids is empty.
func (o Organization) Only(ids []string) ([]Place, error) {
	if len(ids) == 0 {
		return o.Active, nil
	}
	for _, id := range ids {
		if slices.ContainsFunc(o.Active, func(p Place) bool { return p.Account == id }) {
			continue
		}
		if state, known := o.others[id]; known {
			return nil, fmt.Errorf("account %s is %s in the organization, so it can't be looked at: leave it out",
				id, state)
		}
		return nil, fmt.Errorf("account %s isn't in the organization: check the ID", id)
	}
	return slices.DeleteFunc(slices.Clone(o.Active), func(p Place) bool { return !slices.Contains(ids, p.Account) }),
		nil
}

// unlisted explains the errors that ListAccounts documents, and says what to do.
func unlisted(err error) error {
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return fmt.Errorf("listing the organization's accounts: %w", err)
	}
	advice := ""
	switch api.ErrorCode() {
	case "AWSOrganizationsNotInUseException":
		return errors.New("this account isn't in an organization: leave out --organization-role, or use credentials " +
			"of an organization's management account")
	case "AccessDeniedException":
		advice = ". Use credentials of the organization's management account, or of a delegated administrator, that " +
			"allow organizations:ListAccounts"
	case "TooManyRequestsException", "ServiceException":
		advice = ". Run it again in a minute"
	}
	return fmt.Errorf("listing the organization's accounts: %s: %s%s", api.ErrorCode(),
		strings.TrimSuffix(api.ErrorMessage(), "."), advice)
}
