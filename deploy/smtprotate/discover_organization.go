package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
)

// byRole returns a visit for each account of the organization, or for those that --account names.
// Without --account, it also counts the accounts that are left out because they aren't ACTIVE.
func (d discoverCommand) byRole(ctx context.Context, c *console) (visits []discover.Visit, leftOut map[string]int,
	_ error) {
	defer c.waiting("listing the organization's accounts")()
	profile := slices.Concat(d.Profile, []string{""})[0]
	cfg, err := d.config(ctx, profile)
	if err != nil {
		return nil, nil, err
	}
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, nil, fmt.Errorf("finding out whose credentials these are: %w", err)
	}
	role := discover.Role{Name: d.OrganizationRole}
	if role.Caller, err = arn.Parse(aws.ToString(me.Arn)); err != nil {
		return nil, nil, fmt.Errorf("sts:GetCallerIdentity: %w", err)
	}
	all, err := discover.ReadOrganization(ctx, organizations.NewFromConfig(cfg))
	if err != nil {
		return nil, nil, err
	}
	places, err := all.Only(d.Account)
	if err != nil {
		return nil, nil, err
	}
	for _, place := range places {
		place.Profile, place.Role = profile, role.Name
		visits = append(visits, discover.Visit{Place: place,
			Reach: func(ctx context.Context) (*discover.Account, error) {
				return d.assuming(ctx, cfg, role, place, c.time())
			}})
	}
	if len(d.Account) == 0 {
		leftOut = all.LeftOut()
	}
	return visits, leftOut, d.secretsAreIn(places)
}

// assuming returns an account, reached by assuming its role. The caller's own account needs no
// role: AWS creates OrganizationAccountAccessRole in member accounts, but not in the management
// account ("Accessing a member account that has OrganizationAccountAccessRole", AWS Organizations
// User Guide).
func (d discoverCommand) assuming(ctx context.Context, cfg aws.Config, role discover.Role, place discover.Place,
	now time.Time) (*discover.Account, error) {
	credentials, err := role.Assume(ctx, sts.NewFromConfig(cfg), place.Account)
	switch {
	case err == nil:
		cfg.Credentials = credentials
	case place.Account == role.Caller.AccountID:
		place.Role = ""
	default:
		return nil, err
	}
	return d.accountAt(cfg, place, now), nil
}

// secretsAreIn returns an error if --secret names a secret of an account that isn't looked at.
func (d discoverCommand) secretsAreIn(places []discover.Place) error {
	for _, id := range d.Secret {
		secret, err := arn.Parse(id)
		isThere := func(p discover.Place) bool { return p.Account == secret.AccountID }
		if err != nil || !slices.ContainsFunc(places, isThere) {
			return fmt.Errorf("--secret %s: the secret isn't in an account that is looked at", id)
		}
	}
	return nil
}
