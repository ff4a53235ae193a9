// Package rotation decides and carries out the life of an SMTP credential: when to make a new access key, when its
// password may become current, and when the old key may go.
//
// Every invocation does the same thing, whatever woke it. It observes what IAM and Secrets Manager hold ([State]), asks
// the pure function [Plan] for the one next step, takes it, and repeats until the plan says wait. No state of its own
// is kept anywhere: a crash leaves facts, and the next invocation reads them and goes on. So the ordinary use is
//
//	rotator := rotation.Rotator{User: "smtp-sender", Keys: keys, Secret: secret, Verifier: verifier, Endpoints: endpoints}
//	result, err := rotator.Run(ctx, rotation.Request{Action: rotation.Tick})
//
// once an hour, and the same call with another [Action] when a person or an alarm asks for more.
//
// The package knows neither AWS nor a clock nor a log: [Keys], [Secret] and [Verifier] are what it asks of the world,
// and their comments are the contracts that the adapters (pkg/iamkey, pkg/smtpsecret, pkg/sessmtp) fulfil.
//
// The names of actions, steps, outcomes, roles, warnings and error types, and the JSON form of [Result], are published:
// they are added to, never renamed.
package rotation
