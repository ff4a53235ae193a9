// Package discover finds the SMTP credentials of an AWS account: its IAM users that may send mail,
// or have sent it.
//
// [Account] reads the facts into a [Survey] and changes nothing. [Tour] does this for several
// accounts, for example those that [ReadOrganization] lists, each through a [Role]. [Judge] says
// what is wrong with one user and what to do; [Sort] puts the worst users first. Both are pure
// functions. [Table], [Page] and [Report]'s JSON show the same report to people and to programs.
// [TakeOver] says how a stack takes over a user.
package discover
