// Package rotation decides and carries out the life of an SMTP credential: when to make a new
// access key, when its password may become current, and when the old key may go.
//
// # Facts, rules, effects
//
// Every run does the same thing, whatever woke it. It observes what IAM and Secrets Manager hold
// ([State]), asks the pure function [Plan] for the one next step, takes it, and repeats until the
// plan says wait. All state is in IAM and Secrets Manager: a crash leaves only what they record,
// and the next run goes on from there. So the ordinary use is
//
//	rotator := rotation.Rotator{User: "smtp-sender", Keys: keys, Secret: secret, Verifier: verifier,
//		Endpoints: endpoints, Policy: rotation.DefaultPolicy()}
//	result, err := rotator.Run(ctx, rotation.Request{Action: rotation.Tick})
//
// once an hour, and the same call with another [Action] when a person or an alarm asks for more.
//
// A [Fact] is something that may not have been looked at yet. The rules of an action are in one
// table, in the order in which they are asked; the first that applies wins. A rule reads facts as
// if all were known. If one isn't, the plan's decision is to look at it. Otherwise a [Decision] is
// to carry out a command, to wait, or to fail. A command is a call and its effect on the State. The
// effect is a pure function, so the next plan starts from what the call changed, without another
// look. What a run has done is its [History], which ends with the run.
//
// The package knows neither AWS nor a log, and it reads time only from its [Clock]. It reaches the
// world through [Keys], [Secret], [Verifier] and [Copies]; their comments are the contracts that
// the adapters (pkg/iamkey, pkg/smtpsecret, pkg/sessmtp, pkg/smtpparameter) fulfil.
//
// # Two at once
//
// Lambda may run two invocations at once, and after a leak it will: the alarm and a person see the
// same leak. They know nothing of each other. Four things keep them from hurting each other;
// without any one of them, the proof in pkg/rotation/proof finds a way to lose mail.
//
//   - Promotion is a compare-and-swap. It moves AWSCURRENT from the version that was observed, or
//     not at all. IAM's quota of two keys does the same for CreateAccessKey while one key exists.
//   - A fence comes before each revocation. Before an emergency deletes a key, it stages the
//     current content anew and moves AWSCURRENT to that version. An invocation that observed the
//     old version can't promote any more, and nothing is pending that others could promote.
//   - AWSPENDING travels with AWSCURRENT, in a rollback too. Otherwise the next tick would find the
//     label on the version that was rolled back, take it for unfinished, and promote it.
//   - An emergency and a rollback look again. When they are done they observe once more; if
//     AWSCURRENT doesn't name an Active key by then, they replace it before they answer. A
//     decommission looks again too, and deletes keys that were made meanwhile.
//
// Right before a key is deactivated or deleted, AWSCURRENT is read again. If it names that key, the
// key stays; exceptions are a leaked key, a dead current key and a decommission. DECISIONS.md says
// why each of these is needed, and what was rejected.
//
// # What stays
//
// The names of actions, steps, outcomes, roles, warnings and error types, and the JSON form of
// [Result], are published: names are added, never changed.
package rotation
