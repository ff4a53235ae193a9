// Package rehearse plays a credential's life in a real account, with the deployed function's own
// code, and asks AWS what only an account can answer.
//
//	account, err := rehearse.Open(ctx, cfg)
//	r := rehearse.New(account)
//	recorded, err := r.Run(ctx)
//
// A Rehearsal makes two IAM users and two secrets of its own, whose names begin with [Prefix], and
// touches nothing else. Run always removes them before it returns, even if its context
// ends. After a crash, [Account.Leftovers] finds them by their names, and [Account.Remove] removes
// them. Meanwhile they are of little use to a thief: the users may send mail to SES's mailbox
// simulator and nowhere else.
//
// [Local] rehearses on pkg/localaws. If AWS answers differently, localaws is wrong, and every test
// that relies on it may be wrong too.
package rehearse
