package recording

// questions are all questions, in the order in which people read the answers.
var questions = []struct{ id, text string }{
	{"secret.none", "What does GetSecretValue say of a secret without a version?"},
	{"secret.missing", "What does GetSecretValue say of a secret that doesn't exist?"},
	{"secret.first", "Which labels has the first version, put as AWSPENDING?"},
	{"secret.missing-label", "What does GetSecretValue say of a label that no version has?"},
	{"secret.short-token", "What does PutSecretValue say to a ClientRequestToken of eight characters?"},
	{"secret.same-token", "What does PutSecretValue say to the same token with the same value?"},
	{"secret.other-value", "What does PutSecretValue say to the same token with another value?"},
	{"secret.stale-swap", "What does UpdateSecretVersionStage say if AWSCURRENT isn't where it is to be removed from?"},
	{"secret.promoted", "Which labels are where after AWSCURRENT was moved to what was AWSPENDING?"},
	{"secret.read", "Does GetSecretValue return what was made current, and how soon?"},
	{"secret.deleted", "What does GetSecretValue say of a secret that is marked for deletion?"},

	{"key.listed", "Does ListAccessKeys list a new key, and how soon?"},
	{"key.unused", "What does GetAccessKeyLastUsed say of a key that was never used?"},
	{"key.third", "What does CreateAccessKey say to a user who has two?"},

	{"server.offers", "What does SES offer before TLS?"},
	{"server.offers-tls", "What does it offer over TLS?"},
	{"server.no-tls", "What does it say to a login before TLS?"},
	{"server.no-login", "What does it say to a mail before a login?"},
	{"server.idle", "What does it say to a client that says nothing?"},

	{"login.new", "Does each server accept a new key, and how soon?"},
	{"login.not-yet", "What does SES say to a key that it doesn't know yet?"},
	{"login.right", "What does it say to a right password?"},
	{"login.again", "What does it say to a second login in one session?"},
	{"login.wrong-password", "What does it say to a wrong password?"},
	{"login.wrong-region", "What does it say to another Region's password?"},
	{"login.unknown", "What does it say to a key that never existed?"},

	{"change.inactive", "What does each server say to a key that is Inactive, and how soon?"},
	{"session.inactive", "What becomes of an open session whose key is made Inactive?"},
	{"change.active", "What does each server say once the key is Active again, and how soon?"},
	{"change.deleted", "What does each server say to a key that was deleted, and how soon?"},
	{"session.deleted", "What becomes of an open session whose key is deleted?"},
	{"change.last-used", "What does GetAccessKeyLastUsed say of a deleted key?"},
	{"change.update", "What does UpdateAccessKey say of a deleted key?"},

	{"use.login", "Does IAM report a login without a mail as use, and how soon?"},
	{"use.mail", "Does IAM report that a key has sent mail, and how soon?"},

	{"policy.none", "What does SES say to a mail of a user without a policy, and to which command?"},
	{"policy.effect", "Does a new policy take effect, and how soon?"},
	{"policy.session", "What becomes of an open session whose policy is taken away?"},
	{"policy.unverified", "What does it say to a sender that isn't verified?"},
	{"policy.from", "Which sender is ses:FromAddress: the envelope's or the header's?"},
	{"policy.recipients", "Which recipient is in ses:Recipients: the envelope's or the header's?"},
	{"policy.some-recipients", "Does ForAllValues hold if one of two recipients isn't allowed?"},
	{"policy.feedback", "Which sender is ses:FeedbackAddress: the envelope's or the header's?"},
	{"policy.name", "Does ses:FromDisplayName hold over SMTP?"},
	{"policy.source", "Does aws:SourceIp hold over SMTP?"},
	{"policy.time", "Does aws:CurrentTime hold over SMTP?"},
	{"policy.tls", "Does aws:SecureTransport hold over SMTP?"},
	{"policy.unknown-key", "Is a condition met whose key SES doesn't know (aws:RequestedRegion)?"},
	{"policy.address", "Does a policy that names the domain allow its addresses?"},

	{"user.exists", "What does CreateUser say of a name that is taken?"},
	{"user.not-empty", "What does DeleteUser say of a user who has keys and policies?"},
}
