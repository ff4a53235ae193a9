package rehearse

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Local rehearses on localaws, in a Region and in simulated time, and returns localaws's answers.
// While it asks questions, localaws has the delays recorded in like.
func Local(ctx context.Context, region string, like []recording.Answer) (recorded recording.Recording, err error) {
	world, err := localaws.Start(localaws.Config{Regions: []string{region}})
	if err != nil {
		return recorded, err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	r, err := onWorld(ctx, world, region)
	if err != nil {
		return recorded, err
	}
	r.beforeAsking = func() { recording.Imitate(world, like, r.From) }
	return r.Run(ctx)
}

// onWorld returns a rehearsal on a World, in the World's time.
func onWorld(ctx context.Context, world *localaws.World, region string) (*Rehearsal, error) {
	const domain = "example.com"
	world.EnforceSending(true)
	world.VerifyIdentity(domain)
	world.SetSMTPPatience(time.Second) // a question waits for it in real time
	account, err := Open(ctx, aws.Config{
		Region: region, BaseEndpoint: aws.String(world.URL()),
		Credentials: credentials.NewStaticCredentialsProvider("ASIAREHEARSAL0000000", "nobody's", ""),
	})
	if err != nil {
		return nil, err
	}
	endpoints, err := sessmtp.ParseEndpoints(world.SMTP(region), []string{region})
	if err != nil {
		return nil, err
	}
	r := New(account)
	r.Endpoint, r.RootCAs, r.Clock = endpoints[0], world.CertPool(), world
	r.From = "rehearsal@" + domain
	return r, nil
}
