// Package function is the deployed function without Lambda's runtime: it reads the environment,
// serves the events of package event, and answers and logs as documented. The command in lambda/
// starts it; the demo and tests run the same code.
package function

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/event"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamaccess"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/iamkey"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/smtpsecret"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

// World is what the function uses from outside. Only Getenv and Log are required; the zero values
// of the others are the real ones.
type World struct {
	Getenv  func(string) string
	Log     *slog.Logger
	Now     func() time.Time
	RootCAs *x509.CertPool // for SMTP; the system's if nil
}

// Function serves invocations. It implements lambda.Handler.
type Function struct {
	setUp    func() // fills in the fields below from the environment
	keys     *iamkey.Keys
	secret   smtpsecret.Secret
	access   *iamaccess.Reader
	verifier *sessmtp.Verifier
	policy   rotation.Policy
	copies   rotation.Copies // nil for none
	// suspected says what to do about a leak that AWS only suspects.
	suspected suspicion
	name      string // of the Lambda function; empty outside Lambda
	now       func() time.Time
	log       *slog.Logger
	answers   *http.Client // sends answers to CloudFormation
	origin    origin
	fault     error // in the environment; every invocation returns it
}

// New returns a function that reads the environment and creates its clients at the first
// invocation: doing it here would delay the runtime's first poll. Each invocation returns a fault
// in the environment, where people see it.
func New(w World) *Function {
	f := &Function{log: w.Log, now: w.Now}
	if f.now == nil {
		f.now = time.Now
	}
	f.setUp = sync.OnceFunc(func() { f.read(w.Getenv, w.RootCAs) })
	return f
}

func (f *Function) read(getenv func(string) string, roots *x509.CertPool) {
	cfg, err := parseConfig(getenv)
	clients, clientsErr := newClients(getenv, cfg.secretIn)
	if clientsErr != nil {
		clientsErr = rotation.Errorf(rotation.ConfigurationError, "environment: %w", clientsErr)
	}
	f.fault = errors.Join(err, clientsErr)
	for _, doubt := range cfg.doubts() {
		f.log.Warn("environment", "doubt", doubt)
	}
	f.name = getenv("AWS_LAMBDA_FUNCTION_NAME")
	f.answers, f.origin = clients.answers, newOrigin(getenv)
	f.keys = &iamkey.Keys{API: clients.iam, User: cfg.user, UserFrom: userVariable}
	f.secret = smtpsecret.Secret{
		API: clients.secrets, ID: cfg.secretID, IDFrom: secretVariable, User: cfg.user, Endpoints: cfg.endpoints,
		Deliberate: cfg.deliberate, Names: cfg.names,
	}
	f.access = &iamaccess.Reader{API: clients.iam, User: cfg.user, UserFrom: userVariable}
	f.verifier = &sessmtp.Verifier{Client: sessmtp.Client{TLS: &tls.Config{RootCAs: roots}}, From: cfg.from}
	f.policy, f.suspected = cfg.policy, cfg.suspected
	f.copies = cfg.parameters.copies(clients.parameters, cfg.user)
}

// rotator returns the rotator for one request.
func (f *Function) rotator(secret smtpsecret.Secret) *rotation.Rotator {
	return &rotation.Rotator{
		User: f.keys.User, SecretName: secret.ID, Keys: f.keys, Secret: &secret, Verifier: f.verifier,
		Copies: f.copies, Endpoints: secret.Endpoints, Policy: f.policy, Clock: f.clock(),
	}
}

func (f *Function) clock() rotation.Clock { return rotation.Clock{Now: f.now} }

// Invoke implements lambda.Handler: it takes an event and returns a result or a typed error.
func (f *Function) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	f.setUp()
	log := f.log
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		log = log.With("request_id", lc.AwsRequestID)
	}
	answer, err := f.serve(ctx, payload, log)
	answer.Version = version.String()
	if err != nil {
		failure := event.FailureOf(err)
		log.ErrorContext(ctx, "failed", "error_type", failure.Type, "error", failure.Message, "result", answer)
		return nil, messages.InvokeResponse_Error{Type: string(failure.Type), Message: failure.Message}
	}
	log.InfoContext(ctx, "result", "result", answer)
	return json.Marshal(answer)
}

// serve does what an event asks for.
func (f *Function) serve(ctx context.Context, payload []byte, log *slog.Logger) (answer event.Answer, err error) {
	defer func() { err = wayOut(err) }()
	e, err := event.Parse(payload, f.secret.ID)
	if change, ok := e.(event.StackChange); ok {
		// CloudFormation gets an answer even if the environment is faulty.
		if err = f.origin.check(change.Request); err == nil {
			answer.Result, err = f.serveStack(ctx, change, log)
			return answer, err
		}
	}
	if fault := cmp.Or(f.fault, err); fault != nil {
		answer.Result, err = f.refuse(ctx, fault, log)
		return answer, err
	}
	ctx, cancel := rotation.ToAnswer.Keep(ctx, f.clock())
	defer cancel()
	switch e := e.(type) {
	case event.Audit:
		return f.serveAudit(ctx, log)
	case event.Leak:
		answer.Result, err = f.serveLeak(ctx, e, log)
	default:
		answer.Result, err = f.run(ctx, request(e), log)
	}
	return answer, err
}

// refuse records in the metrics that an event was refused before anything was read.
func (f *Function) refuse(ctx context.Context, err error, log *slog.Logger) (result rotation.Result, _ error) {
	f.publish(ctx, log, measure(result, err, 0, 0, f.now()))
	return result, err
}

// run serves a request, logs its warnings and publishes its metrics.
func (f *Function) run(ctx context.Context, req rotation.Request, log *slog.Logger) (result rotation.Result,
	err error) {
	verification := &stopwatch{Verifier: f.verifier}
	defer func() { f.tell(ctx, log, result, err, verification.took) }()
	return f.rotate(ctx, req, verification, log)
}

// rotate runs the rotator for a request.
func (f *Function) rotate(ctx context.Context, req rotation.Request, verifier rotation.Verifier, log *slog.Logger) (
	rotation.Result, error) {
	secret := f.secret
	secret.NextVersionID = req.VersionID
	rotator := f.rotator(secret)
	rotator.Verifier = verifier
	rotator.OnStep = func(s rotation.Step) { log.InfoContext(ctx, "step", slog.Any("step", s)) }
	if req.Reason != "" {
		log.InfoContext(ctx, "asked for", "action", req.Action, "reason", req.Reason)
	}
	return rotator.Run(ctx, req)
}

// tell logs the warnings and publishes the metrics of an invocation.
func (f *Function) tell(ctx context.Context, log *slog.Logger, result rotation.Result, err error,
	verified time.Duration) {
	for _, w := range result.Warnings {
		log.WarnContext(ctx, "warning", slog.Any("warning", w))
	}
	f.publish(ctx, log, measure(result, err, verified, f.policy.RotationInterval, f.now()))
}
