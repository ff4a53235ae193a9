package main

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/discover"
)

// attempts is how often a throttled call is tried. The retryer also slows down all other calls
// while AWS throttles.
const attempts = 10

func (d discoverCommand) config(ctx context.Context, profile string) (aws.Config, error) {
	region := ""
	if len(d.Region) > 0 {
		region = d.Region[0]
	}
	return profileFlag{profile}.config(ctx, region, config.WithRetryMode(aws.RetryModeAdaptive),
		config.WithRetryMaxAttempts(attempts))
}

// byProfiles returns a visit for each profile, or one for the default credentials.
func (d discoverCommand) byProfiles(now time.Time) (visits []discover.Visit) {
	profiles := d.Profile
	if len(profiles) == 0 {
		profiles = []string{""}
	}
	for _, profile := range profiles {
		place := discover.Place{Profile: profile}
		visits = append(visits, discover.Visit{Place: place,
			Reach: func(ctx context.Context) (*discover.Account, error) {
				cfg, err := d.config(ctx, profile)
				return d.accountAt(cfg, place, now), err
			}})
	}
	return visits
}

// accountAt returns the account that the configuration's credentials belong to. If its ID is known,
// secrets whose ARN names another account are left out.
func (d discoverCommand) accountAt(cfg aws.Config, place discover.Place, now time.Time) *discover.Account {
	regions := d.Region
	if len(regions) == 0 {
		regions = []string{cfg.Region}
	}
	named := slices.DeleteFunc(slices.Clone(d.Secret), func(id string) bool {
		secret, err := arn.Parse(id)
		return err == nil && place.Account != "" && place.Account != secret.AccountID
	})
	return &discover.Account{
		IAM: iam.NewFromConfig(cfg),
		Secrets: func(region string) discover.SecretsAPI {
			return secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) { o.Region = region })
		},
		Place: place, Regions: regions, Named: named, Only: d.Adopt, Now: now,
	}
}
