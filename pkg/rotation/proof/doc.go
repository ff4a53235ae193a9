// Package proof holds the rotation to its promises: P1 to P8 of the README, under every fault at
// every call, under every interleaving of two invocations, and in a hostile world that is random
// but replayable.
//
// A test here is a [stage] (IAM, Secrets Manager and SES of pkg/localaws, without the wire, and a
// clock) with a [judge]: an application that logs in with AWSCURRENT after every effect and keeps
// the history of every key and label. The judge never asks the rotator; its answers are held
// against what is there. What acts is the real thing: rotation.Rotator with the adapters that the
// function has.
//
// An [explorer] runs one or two invocations call by call. At each call it tries each way in which
// that may go on: who comes next, and what goes wrong. It returns to no state twice: what an
// invocation does next depends on nothing but what it was told, so two runs that left the same
// world and told their invocations the same are one.
//
// [mistakes] puts known mistakes of rotators in on purpose; each must be seen by the judge. What
// was enumerated and found is published in MATRIX.md, which the tests write and check. What takes
// longer is behind the build tag long.
//
// Begin with promises_test.go, then scenes_test.go and judge_test.go.
package proof
