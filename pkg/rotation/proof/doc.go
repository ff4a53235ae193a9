// Package proof checks the rotation's promises, P1 to P8 of the README: under every fault at every
// call, under every interleaving of two invocations, and in a hostile world that is random but
// replayable.
//
// A test here has a [stage] (a clock, and pkg/localaws's IAM, Secrets Manager and SES, called
// directly) with a [judge]: an application that logs in with AWSCURRENT after every effect and
// keeps the history of every key and label. The judge never asks the rotator; it compares the
// rotator's answers with the world. What is tested is the real rotation.Rotator with the function's
// adapters.
//
// An [explorer] runs one or two invocations call by call. At each call it tries every way to go on:
// which invocation is next, and what goes wrong. It visits no state twice: what an invocation does
// next depends only on the answers that it got, so two runs that lead to the same world and the
// same answers count as one.
//
// [mistakes] makes known mistakes of rotators on purpose; the judge must see each. MATRIX.md, which
// the tests write and check, publishes what was tried and found. What takes longer has the build
// tag long.
//
// Begin with promises_test.go, then scenes_test.go and judge_test.go.
package proof
