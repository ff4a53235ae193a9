package rotation

import (
	"context"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Rotator carries out plans for one user and one secret.
type Rotator struct {
	User       string // the SMTP user, for ownership and texts
	SecretName string // for texts
	Keys       Keys
	Secret     Secret
	Verifier   Verifier // may be nil if the policy skips verification
	Copies     Copies   // nil if the credential is only in the secret
	Endpoints  []sessmtp.Endpoint
	// Policy says when things are due; start from [DefaultPolicy]. Its Regions and HasCopies are
	// set from Endpoints and Copies.
	Policy Policy
	Clock  Clock
	// OnStep, if not nil, is called with every step when it is done.
	OnStep func(Step)
}

// observations is how often a run observes the world at most: once, again each time it finds that
// another invocation has changed it, and again before an emergency, a rollback or a decommission
// answers.
const observations = 5

// Run serves one request. The result says what was done even if there is an error; its outcome is
// empty then. An error that isn't an [*Error] comes from AWS ([TypeOf]). A policy that contradicts
// itself is a ConfigurationError.
func (r *Rotator) Run(ctx context.Context, req Request) (Result, error) {
	run := run{Rotator: r.configured(), req: req,
		result: Result{Action: req.Action, Steps: []Step{}, Keys: []KeyReport{}, Warnings: []Warning{}}}
	run.state.User, run.state.Secret = r.User, r.SecretName
	if req.Action == Rollback {
		run.req.AccessKeyID = "" // AWSPREVIOUS says which key it is
	}
	if err := run.Policy.Validate(); err != nil && req.Action != Decommission { // no period delays that
		return run.result, Errorf(ConfigurationError, "policy: %w", err)
	}
	decision, err := run.serve(ctx)
	run.result.report(run.state)
	if decision.Next.Kind != "" {
		run.result.Next = &decision.Next
	}
	if err != nil {
		return run.result, run.stillActive(err)
	}
	run.result.Outcome = outcome(req, run.result.Steps, decision, run.state.Done)
	return run.result, nil
}

// configured returns a copy of r whose policy has the Regions of the endpoints, and says whether
// there are copies.
func (r *Rotator) configured() *Rotator {
	c := *r
	c.Policy.Regions, c.Policy.HasCopies = nil, r.Copies != nil
	for _, e := range r.Endpoints {
		c.Policy.Regions = append(c.Policy.Regions, e.Region)
	}
	return &c
}
