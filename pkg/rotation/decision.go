package rotation

import "fmt"

// Decision is the one next step: do something, look at a fact, wait, or fail. The zero Decision is
// none of them: a rule that doesn't apply returns it, and Plan never does.
type Decision struct {
	kind    decisionKind
	command command // to do
	ask     ask     // to look at

	// Next says what the run waits for and until when.
	Next Step
	// Blocked means that a rotation is due but has to wait.
	Blocked bool
	// Err is why the run fails: now, or once the command is done.
	Err *Error
	// Warnings are for people, whatever is decided.
	Warnings []Warning
}

type decisionKind string

const (
	passes decisionKind = ""
	does   decisionKind = "do"
	asks   decisionKind = "ask"
	waits  decisionKind = "wait"
	fails  decisionKind = "fail"
)

// command is one change to the world. Results show it as a [Step].
type command struct {
	kind    commandKind
	key     string   // the access key that it is about
	version *Version // the one that is verified, promoted or staged again
	reason  string

	// evenCurrent allows it to touch the key that AWSCURRENT names: the key leaked or is dead, or
	// the user is being removed.
	evenCurrent bool
	// whileCurrent, if set, is the version that AWSCURRENT must still be on for evenCurrent to
	// hold.
	whileCurrent string
	// givesUp is the pending key that nobody can promote after this fence.
	givesUp string
}

// commandKind names a command, for tests and for errors about this package.
type commandKind string

const (
	createKey     commandKind = "create"
	stage         commandKind = "stage"
	restage       commandKind = "stage again" // write an existing version's credential as a new version
	fence         commandKind = "fence"       // restage the current content, and move AWSCURRENT to it
	unstage       commandKind = "unstage"     // move AWSPENDING to where AWSCURRENT is
	verify        commandKind = "verify"
	promote       commandKind = "promote"
	activateKey   commandKind = "activate"
	deactivateKey commandKind = "deactivate"
	deleteKey     commandKind = "delete"
	copyCurrent   commandKind = "copy" // write the current credential to each copy that differs
	deleteCopies  commandKind = "delete the copies"
)

// step returns the Step that the command is published as. Unstaging changes no credential and no
// key, so it is published as waiting.
func (c command) step() Step {
	s := Step{Kind: StepKind(c.kind), AccessKeyID: c.key, Reason: c.reason}
	if c.version != nil {
		s.VersionID = c.version.ID
	}
	switch c.kind {
	case restage, fence:
		s.Kind = Stage
	case unstage:
		s.Kind = Wait
	case deleteCopies:
		s.Kind = Delete
	}
	return s
}

// takesPending reports whether the command moves AWSPENDING to a new version, or is followed by one
// that does: a key that was made is staged next.
func (c command) takesPending() bool {
	return c.kind == createKey || c.kind == restage || c.kind == fence
}

// evenIfCurrent allows the command to touch the key that AWSCURRENT names.
func (c command) evenIfCurrent() command {
	c.evenCurrent = true
	return c
}

// of sets the version that the command is about.
func (c command) of(v *Version) command {
	c.version = v
	return c
}

func cmd(kind commandKind, key, reason string, args ...any) command {
	return command{kind: kind, key: key, reason: fmt.Sprintf(reason, args...)}
}

func do(c command) Decision { return Decision{kind: does, command: c} }

func wait(next Step) Decision { return Decision{kind: waits, Next: next} }

func fail(t ErrorType, format string, args ...any) Decision {
	return Decision{kind: fails, Err: Errorf(t, format, args...)}
}

// thenFail ends the run as failed once the command is done.
func (d Decision) thenFail(t ErrorType, format string, args ...any) Decision {
	d.Err = Errorf(t, format, args...)
	return d
}

func (d Decision) warn(code WarningCode, format string, args ...any) Decision {
	d.Warnings = append(d.Warnings, Warning{Code: code, Message: fmt.Sprintf(format, args...)})
	return d
}
