package rotation

import "time"

// Action is what an invocation was asked for.
type Action string

const (
	Tick      Action = "tick"      // do what is due
	Rotate    Action = "rotate"    // rotate now, with the ordinary grace period
	Emergency Action = "emergency" // an access key leaked: replace and revoke it
	Rollback  Action = "rollback"  // make the previous credential current again
	Status    Action = "status"    // say what there is; change nothing
	// Preview says what a tick would do now, and changes nothing. It isn't called Plan, which is
	// the function that decides.
	Preview Action = "plan"
	// Decommission deletes the user's keys, because the user or the secret is about to be deleted.
	Decommission Action = "decommission"

	// The steps of Secrets Manager's own rotation, by its names.
	CreateSecret Action = "createSecret"
	SetSecret    Action = "setSecret"
	TestSecret   Action = "testSecret"
	FinishSecret Action = "finishSecret"
)

// Request is an action with its details.
type Request struct {
	Action Action
	// AccessKeyID is the key that an emergency revokes, the current one if it is empty. A rollback
	// ignores what the caller gives: the Rotator notes here which key it goes back to.
	AccessKeyID string
	// ContainFirst deactivates the key before its replacement exists. Mail stops until the
	// replacement is current.
	ContainFirst bool
	// IfOurs ignores an emergency for a key that isn't the user's, instead of refusing it: an alarm
	// may send every leaked key of an account to every function.
	IfOurs bool
	// OnlyStored makes Decommission spare the keys that no version of the secret names, because the
	// user stays.
	OnlyStored bool
	// VersionID is the ID that Secrets Manager chose for the new version, in the steps of its own
	// rotation.
	VersionID string
	// Reason is the caller's reason, for the log.
	Reason string
}

// StepKind names one effect on the world.
type StepKind string

const (
	Create     StepKind = "create"     // make an access key
	Stage      StepKind = "stage"      // write a credential as AWSPENDING
	Verify     StepKind = "verify"     // log in to SES with it
	Promote    StepKind = "promote"    // move AWSCURRENT to it
	Deactivate StepKind = "deactivate" // make an access key Inactive
	Delete     StepKind = "delete"     // delete an access key
	Activate   StepKind = "activate"   // make an access key Active again
	CopyTo     StepKind = "copy"       // write it to a place other than the secret
	Wait       StepKind = "wait"       // nothing to do now
)

// Step is one effect, done, planned or to come.
type Step struct {
	Kind        StepKind  `json:"step"`
	AccessKeyID string    `json:"access_key_id,omitempty"`
	VersionID   string    `json:"version_id,omitempty"`
	Region      string    `json:"region,omitempty"`
	Parameter   string    `json:"parameter,omitempty"` // the copy that was written
	At          time.Time `json:"at,omitzero"`         // when it is due, for a step to come
	Reason      string    `json:"reason,omitempty"`
}

// Outcome is what an invocation came to, in one word.
type Outcome string

const (
	Waiting        Outcome = "waiting"
	Rotated        Outcome = "rotated"
	Retired        Outcome = "retired" // a key was deactivated
	Deleted        Outcome = "deleted" // a key was deleted
	Blocked        Outcome = "blocked"
	Revoked        Outcome = "revoked"
	RolledBack     Outcome = "rolled_back"
	Decommissioned Outcome = "decommissioned"
	Planned        Outcome = "planned"
	Reported       Outcome = "reported"
)

// Role is what an access key is to the credential.
type Role string

const (
	RoleCurrent    Role = "current"
	RolePending    Role = "pending"
	RoleSuperseded Role = "superseded"
	RoleOrphan     Role = "orphan"
)

// WarningCode names a finding that a person should know about.
type WarningCode string

const (
	// WarnCurrentKeyBroken: AWSCURRENT names an access key that is gone or Inactive, or SES refuses
	// its password.
	WarnCurrentKeyBroken WarningCode = "CurrentKeyBroken"
	// WarnRotationBlocked: rotation is due, but both of the user's key slots are taken, or the
	// value isn't settled.
	WarnRotationBlocked WarningCode = "RotationBlocked"
	// WarnSupersededKeyInUse: the grace period is over, and somebody still sends with the old key.
	WarnSupersededKeyInUse WarningCode = "SupersededKeyInUse"
	// WarnPromotedUnverified: an emergency made a credential current that SES hadn't accepted yet.
	WarnPromotedUnverified WarningCode = "PromotedUnverified"
	// WarnSendDenied: SES accepts the password, but the mail sent to prove it was refused.
	WarnSendDenied WarningCode = "SendDenied"
	// WarnKeyNotOurs: an alarm named an access key that isn't this user's; it was ignored.
	WarnKeyNotOurs WarningCode = "KeyNotOurs"
	// WarnForeignPending: AWSPENDING is on a version that isn't a credential of the user's.
	WarnForeignPending WarningCode = "ForeignPending"
	// WarnValueDiffers: the value was written by hand, and differs from the configuration.
	WarnValueDiffers WarningCode = "ValueDiffers"
	// WarnSecretKeyInValue: the value holds a secret access key.
	WarnSecretKeyInValue WarningCode = "SecretKeyInValue"
	// WarnQuarantined: AWS attached its quarantine policy to the user, because it found an access
	// key in public.
	WarnQuarantined WarningCode = "Quarantined"
	// WarnCopyFailed: a copy of the credential can't be written or read. Applications that read it
	// may have a credential that is no longer current.
	WarnCopyFailed WarningCode = "CopyFailed"
)

// WarningCodes returns all warning codes.
func WarningCodes() []WarningCode {
	return []WarningCode{WarnCurrentKeyBroken, WarnRotationBlocked, WarnSupersededKeyInUse, WarnPromotedUnverified,
		WarnSendDenied, WarnKeyNotOurs, WarnForeignPending, WarnValueDiffers,
		WarnSecretKeyInValue, WarnQuarantined, WarnCopyFailed}
}

// Warning is a finding in words for a person.
type Warning struct {
	Code    WarningCode `json:"code"`
	Message string      `json:"message"`
}
