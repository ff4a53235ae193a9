package rotation

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Rotator carries out plans.
type Rotator struct {
	User      string // the SMTP user, for ownership and texts
	Keys      Keys
	Secret    Secret
	Verifier  Verifier // may be nil where the policy skips verification
	Endpoints []sessmtp.Endpoint
	Policy    Policy
	// Now tells the time; nil is time.Now.
	Now func() time.Time
	// OnStep hears of every step as it is done; nil is nobody.
	OnStep func(Step)
}

// observations is how often an invocation looks at the world: once, and again when it finds that another invocation
// changed it, or when an emergency looks over what it left.
const observations = 5

// Run serves one request. The result tells what was done also where there is an error.
func (r *Rotator) Run(ctx context.Context, req Request) (Result, error) {
	v := invocationRun{Rotator: r, req: req, result: Result{Action: req.Action, Steps: []Step{}, Warnings: []Warning{}}}
	decision, err := v.run(ctx)
	v.result.report(v.state)
	v.result.Outcome = outcome(req, v.result.Steps, decision, v.state.Done)
	if decision.Next.Kind != "" {
		v.result.Next = &decision.Next
	}
	return v.result, err
}

func (r *Rotator) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}

// invocationRun is one Run: what it knows and has done.
type invocationRun struct {
	*Rotator
	req    Request
	state  State
	result Result
}

// run observes, and follows the plan until there is nothing left to do. After a conflict it observes again; so it does
// after an emergency or a rollback, to mend before it answers what an overlapping invocation may have broken.
func (v *invocationRun) run(ctx context.Context) (Decision, error) {
	for looks := 1; ; looks++ {
		if err := v.observe(ctx); err != nil {
			return Decision{}, err
		}
		if old := v.oldNews(&v.state.Current); (old || v.unlisted()) && looks < observations {
			pause(ctx, looks)
			continue
		} else if old {
			return Decision{}, Errorf(Conflict, "Secrets Manager doesn't tell yet what this invocation made current; the next one goes on")
		}
		before := len(v.result.Steps)
		decision, err := v.follow(ctx)
		switch {
		case err != nil && v.overtaken(decision, err) && v.req.Action != Tick:
			return decision, err
		case err != nil && v.overtaken(decision, err):
			return wait(Step{Kind: Verify, Reason: "AWSCURRENT moved meanwhile; the next tick looks again"}), nil
		case err != nil && TypeOf(err) == Conflict && looks < observations:
			if decision.Step.Kind == Promote && v.state.Current.ID != "" { // else it was our own first version that had the label
				v.state.Done.Overtaken = append(v.state.Done.Overtaken, decision.Step.AccessKeyID)
			}
			pause(ctx, looks)
		case err != nil:
			return decision, err
		case v.needsSecondLook() && len(v.result.Steps) > before && looks < observations:
		default:
			return decision, nil
		}
	}
}

// overtaken: another invocation moved AWSCURRENT before a tick or a rotation could promote. The other may be about to revoke what this
// one verified, so it doesn't try once more.
func (v *invocationRun) overtaken(d Decision, err error) bool {
	return !v.needsSecondLook() && d.Step.Kind == Promote && TypeOf(err) == Conflict && v.state.hasCredential()
}

func (v *invocationRun) needsSecondLook() bool {
	return v.req.Action == Emergency || v.req.Action == Rollback || v.req.Action == Decommission
}

// mostSteps is more than any invocation has a use for. A plan that goes in circles, which is a fault of this package, is to
// cost an invocation, and not thousands of versions.
const mostSteps = 60

// follow takes the planned steps until the plan says wait or fail.
func (v *invocationRun) follow(ctx context.Context) (Decision, error) {
	for {
		if len(v.result.Steps) >= mostSteps {
			return Decision{}, Errorf(RotationBlocked, "stopped after %d steps that led nowhere; please report this, with the log", len(v.result.Steps))
		}
		d := Plan(v.state, v.Policy, v.planned(), v.now())
		if v.readOnly() && (d.Step.Kind == Wait || !isLook(d.Step.Kind)) {
			return v.preview(d), nil
		}
		v.warn(d.Warnings)
		if d.Step.Kind != Wait {
			if err := v.act(ctx, d.Step); err != nil {
				return d, err
			}
		}
		if d.Err != nil {
			return d, d.Err
		}
		if d.Step.Kind == Wait {
			return d, nil
		}
	}
}

// planned is the request as the plan sees it: reports plan as a tick would.
func (v *invocationRun) planned() Request {
	if v.readOnly() {
		return Request{Action: Tick}
	}
	return v.req
}

func (v *invocationRun) readOnly() bool { return v.req.Action == Status || v.req.Action == Preview }

// preview turns what would be done into what is reported.
func (v *invocationRun) preview(d Decision) Decision {
	v.warn(d.Warnings)
	if d.Err != nil {
		v.warn([]Warning{{WarningCode(d.Err.Type), d.Err.Error()}})
	}
	if d.Step.Kind == Wait {
		return d
	}
	d.Step.Kind, d.Step.At = d.Step.Kind.published(), v.now().UTC()
	if v.req.Action == Preview {
		v.result.Steps = append(v.result.Steps, d.Step)
	}
	d.Next = d.Step
	return d
}

// published is the step's name in results.
func (k StepKind) published() StepKind {
	switch k {
	case restage, fence:
		return Stage
	case unstage:
		return Wait
	}
	return k
}

func (v *invocationRun) warn(warnings []Warning) {
	for _, w := range warnings {
		known := false
		for _, have := range v.result.Warnings {
			known = known || have == w
		}
		if !known {
			v.result.Warnings = append(v.result.Warnings, w)
		}
	}
}

// record notes a step that was done.
func (v *invocationRun) record(s Step) {
	v.result.Steps = append(v.result.Steps, s)
	if v.OnStep != nil {
		v.OnStep(s)
	}
}

// pause lets the other invocation get on.
func pause(ctx context.Context, n int) {
	d := time.Duration(n) * (100 + rand.N(200*time.Millisecond)/time.Millisecond) * time.Millisecond
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
