package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go/logging"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/printable"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// profileFlag is --profile, as in the AWS CLI.
type profileFlag struct {
	Profile string `placeholder:"NAME" help:"AWS CLI profile to use."`
}

// config reads credentials and the Region from the same places as the AWS CLI.
func (f profileFlag) config(ctx context.Context, region string, options ...func(*config.LoadOptions) error) (aws.Config,
	error) {
	if region != "" {
		options = append(options, config.WithRegion(region))
	}
	if f.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(f.Profile))
	}
	// The SDK logs by itself, for example warnings about the configuration.
	options = append(options, config.WithLogger(logging.NewStandardLogger(printable.To(os.Stderr))))
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err == nil && cfg.Region == "" {
		err = errors.New("no Region: give --region or set AWS_REGION")
	}
	return cfg, err
}

// awsFlags are the flags of commands that make a single call.
type awsFlags struct {
	profileFlag
	JSON bool `name:"json" help:"Print the answer as JSON."`
}

// longestInvocation is longer than the function's timeout of 300 seconds.
const longestInvocation = 310 * time.Second

// config returns the profile's configuration, without retries: an emergency whose answer is late
// must not be sent a second time.
func (f awsFlags) config(ctx context.Context, region string) (aws.Config, error) {
	return f.profileFlag.config(ctx, region,
		config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(longestInvocation)),
	)
}

// answer is the function's answer, parsed and as it came.
type answer struct {
	event.Answer
	text []byte
}

// failure is the function's error, together with what to do about it.
type failure struct{ event.Failure }

func (f failure) Error() string {
	if advice := advices[f.Type]; advice != "" {
		return f.Message + "\n" + advice
	}
	return fmt.Sprintf("the function itself failed: %s (%s)\nSee its log.", f.Message, f.Type)
}

// advices say what to do about each type of error, as deploy/docs/events.md does.
var advices = map[rotation.ErrorType]string{
	rotation.ConfigurationError: "Correct the function's settings.",
	rotation.RequestError:       "Nothing was touched.",
	rotation.VerificationFailed: "Applications keep the credential that they have, and the next ticks continue from " +
		"here. If it still fails after an hour, look at SES's reply.",
	rotation.RotationBlocked: "The message says what is in the way. Once that is gone, run it again.",
	rotation.Conflict:        "Run it again: it continues where it stopped.",
	rotation.AccessDenied:    "Give the function's role the permission that it lacks.",
	rotation.AWSError:        "Run it again: it continues where it stopped.",
}

// invoke sends the function an event and waits for its answer.
func (f awsFlags) invoke(ctx context.Context, c *console, function, region string, e event.Action) (a answer,
	err error) {
	region, err = functionRegion(function, region)
	if err != nil {
		return a, err
	}
	cfg, err := f.config(ctx, region)
	if err != nil {
		return a, err
	}
	payload, err := json.Marshal(e)
	if err != nil {
		return a, err
	}
	end := c.waiting("waiting for the function" + whatTakesLong(e))
	out, err := lambda.NewFromConfig(cfg).Invoke(ctx, &lambda.InvokeInput{FunctionName: &function, Payload: payload})
	end()
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); missing {
		return a, fmt.Errorf("there is no function %s in Region %s: check --function and --region", function,
			cfg.Region)
	}
	if err != nil {
		return a, fmt.Errorf("invoking %s: %w", function, err)
	}
	if out.FunctionError != nil {
		failed := failure{event.Failure{Message: string(out.Payload)}}
		_ = json.Unmarshal(out.Payload, &failed.Failure) // if it isn't JSON, the message stays as it came
		return a, failed
	}
	if a.text = out.Payload; json.Unmarshal(out.Payload, &a.Answer) != nil || a.Outcome == "" {
		return a, fmt.Errorf("%s isn't a function of ses-smtp-rotator: it answered %.200s", function, out.Payload)
	}
	return a, nil
}

// functionRegion returns the Region to ask in: the ARN's if the function is named by its ARN, and
// otherwise region. Lambda is Regional, so a function can be asked only in its own Region.
func functionRegion(function, region string) (string, error) {
	if !arn.IsARN(function) {
		return region, nil
	}
	parsed, err := arn.Parse(function)
	switch {
	case err != nil || parsed.Service != "lambda" || parsed.Region == "":
		return "", fmt.Errorf("--function (SMTPROTATE_FUNCTION): %s isn't the ARN of a Lambda function", function)
	case region != "" && region != parsed.Region:
		return "", fmt.Errorf("--region %s contradicts --function (SMTPROTATE_FUNCTION), which is an ARN of "+
			"Region %s: leave out --region", region, parsed.Region)
	}
	return parsed.Region, nil
}

func whatTakesLong(e event.Action) string {
	switch e.(type) {
	case event.Rotate, event.Emergency:
		return "; SES may take a minute to accept a new key"
	case event.Rollback:
		return "; it logs in to SES"
	}
	return ""
}
