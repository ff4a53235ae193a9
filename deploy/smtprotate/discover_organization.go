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

// byRole visits the accounts of the organization, or those of them that were asked for. It also
// counts those that are left out, if all were.
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
		return nil, nil, fmt.Errorf("asking who the credentials are of: %w", err)
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

// assuming reaches an account by its role. The caller's own can do without: AWS makes
// OrganizationAccountAccessRole in member accounts, and not in the management account ("Accessing a
// member account that has OrganizationAccountAccessRole", AWS Organizations User Guide).
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

// secretsAreIn refuses secrets of other accounts than these.
func (d discoverCommand) secretsAreIn(places []discover.Place) error {
	for _, id := range d.Secret {
		secret, err := arn.Parse(id)
		isThere := func(p discover.Place) bool { return p.Account == secret.AccountID }
		if err != nil || !slices.ContainsFunc(places, isThere) {
			return fmt.Errorf("--secret: %s isn't in an account that is looked at", id)
		}
	}
	return nil
}
