// Package discover finds the SMTP credentials of an AWS account: its IAM users that may send mail,
// or have sent it.
//
// [Account] reads the facts into a [Survey], and changes nothing. [Tour] does so for several
// accounts, such as those that [ReadOrganization] lists and a [Role] opens. [Judge] says of one
// user's facts what is wrong and what to do, and [Sort] puts the worst first: both are pure.
// [Table], [Page] and [Report]'s JSON show the same, to people and to programs; [TakeOver] says how
// a stack takes a user over.
package discover
