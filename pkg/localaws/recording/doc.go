// Package recording asks an AWS account what AWS doesn't document, and keeps the answers in a file:
// how soon SES accepts a new access key, how it answers a deleted one, which conditions of a policy
// apply to SMTP. The same code asks localaws, so the two can be compared answer by answer.
//
//	answers, err := recording.Stage{IAM: …, Secrets: …, …}.Ask(ctx)
//
// "smtprotate rehearse --record FILE" makes a Recording of an account. This package's tests replay
// the files in pkg/localaws/testdata/recordings: they ask localaws the same questions, and fail if
// an answer differs.
//
// In an Answer, placeholders replace names, IDs and accounts, so two accounts give the same answers
// if AWS behaves the same. An Answer also says how long something took, which isn't compared. No
// answer contains a secret.
package recording
