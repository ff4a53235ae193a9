// Package recording asks an AWS account what no document tells, and keeps the answers as a file:
// how soon SES accepts a new access key, what it says to a deleted one, which conditions of a
// policy hold over SMTP. What localaws does is asked with the same code, so the two can be compared
// answer by answer.
//
//	answers, err := recording.Stage{IAM: …, Secrets: …, …}.Ask(ctx)
//
// Whoever has an account makes a Recording with "smtprotate rehearse --record FILE". The files in
// pkg/localaws/testdata/recordings are replayed by this package's tests: they ask localaws the same
// questions and fail where its answer differs.
//
// An Answer is text in which names, IDs and accounts are replaced by placeholders, so two accounts
// give equal answers if AWS behaves equally. How long something took stands beside it and isn't
// compared. No answer holds a secret.
package recording
