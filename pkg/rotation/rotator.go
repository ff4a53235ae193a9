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
	Copies     Copies   // nil: the credential is nowhere but in the secret
	Endpoints  []sessmtp.Endpoint
	// Policy says when things are due; start from [DefaultPolicy]. Its Regions are those of the
	// Endpoints, and its HasCopies tells whether there are Copies.
	Policy Policy
	Clock  Clock
	// OnStep hears of every step as it is done; nil is nobody.
	OnStep func(Step)
}

// observations is the most often that a run looks at the world: once, and again when it finds that
// another invocation changed it, or when an emergency, a rollback or a decommission looks over what
// it left.
const observations = 5

// Run serves one request. The result tells what was done even if there is an error; the outcome is
// empty then. An error that isn't an [*Error] is AWS's ([TypeOf]). A policy that contradicts itself
// is a ConfigurationError.
func (r *Rotator) Run(ctx context.Context, req Request) (Result, error) {
	run := run{Rotator: r.configured(), req: req,
		result: Result{Action: req.Action, Steps: []Step{}, Keys: []KeyReport{}, Warnings: []Warning{}}}
	run.state.User, run.state.Secret = r.User, r.SecretName
	if req.Action == Rollback {
		run.req.AccessKeyID = "" // AWSPREVIOUS says which key it is
	}
	if err := run.Policy.Validate(); err != nil && req.Action != Decommission { // which no period delays
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

// configured is r, with the Regions of its endpoints in the policy, and whether there are copies.
func (r *Rotator) configured() *Rotator {
	c := *r
	c.Policy.Regions, c.Policy.HasCopies = nil, r.Copies != nil
	for _, e := range r.Endpoints {
		c.Policy.Regions = append(c.Policy.Regions, e.Region)
	}
	return &c
}
