// Package timeline shows what happens to an SMTP credential, event by event: to people as text for
// a terminal of 80 columns, to programs as JSON lines.
//
// The names of kinds and the JSON form of [Event] are published with `smtprotate demo --json`: they
// are added to, never renamed.
package timeline

import "time"

// Kind says what sort of event it is.
type Kind string

const (
	Start   Kind = "start"   // the first event: What is the title of it all
	Scene   Kind = "scene"   // a chapter begins: What is its title
	Calm    Kind = "calm"    // scheduled runs that had nothing to do: Ticks and Mails of them
	Step    Kind = "step"    // the function changed or verified something: What is the step's name
	Warning Kind = "warning" // the function warned: What is the code
	Crash   Kind = "crash"   // an invocation was cut off
	People  Kind = "people"  // What is the name of a person or program, Text what it did or was told
	End     Kind = "end"     // the last event: Summary says what it came to
)

// Event is one thing that happened, and how things stood right after it.
type Event struct {
	Kind  Kind      `json:"event"`
	At    time.Time `json:"at"`
	Scene int       `json:"scene"`
	What  string    `json:"what,omitempty"`
	Text  string    `json:"text,omitempty"`

	// AccessKeyID is the one that a step is about.
	AccessKeyID string `json:"access_key_id,omitempty"`
	// Refused is how many logins SES refused before a verification succeeded.
	Refused int `json:"refused,omitempty"`

	Ticks int `json:"ticks,omitempty"`
	Mails int `json:"mails,omitempty"`

	// Keys and Versions are missing where they don't matter.
	Keys     []Key     `json:"keys,omitempty"`
	Versions []Version `json:"versions,omitempty"`
	// Senders are those who have sent mail so far. They go on sending while an invocation runs, so
	// its steps have none.
	Senders []Sender `json:"senders,omitempty"`

	Summary *Summary `json:"summary,omitempty"`
}

// Status is an access key's: IAM's own words, and one for what IAM doesn't list any more.
type Status string

const (
	Active   Status = "Active"
	Inactive Status = "Inactive"
	Deleted  Status = "Deleted" // since the event before
)

// Key is an access key. At most two of them live.
type Key struct {
	ID     string `json:"access_key_id"`
	Status Status `json:"status"`
}

// Version is a version of the secret that has a staging label.
type Version struct {
	ID          string   `json:"version_id"`
	Number      int      `json:"number"` // counted from 1, in the order in which versions were written
	Labels      []string `json:"labels"`
	AccessKeyID string   `json:"access_key_id,omitempty"`
}

// Attacker is the name of the sender who got hold of a password.
const Attacker = "attacker"

// Sender is somebody who sends mail, and what has come of it so far.
type Sender struct {
	Name        string `json:"name"`
	AccessKeyID string `json:"access_key_id"` // that it logged in with last
	Mail
}

// Summary is what it came to in the end.
type Summary struct {
	Mail        Mail      `json:"mail"`
	Attacker    Mail      `json:"attacker"`
	Invocations int       `json:"invocations"`
	Versions    int       `json:"versions"` // all, labelled or not
	Days        int       `json:"days"`     // that were played
	Seconds     float64   `json:"seconds"`  // that it took
	Promises    []Promise `json:"promises"`
}

// Mail counts mails of some senders.
type Mail struct {
	Sent int `json:"sent"`
	// CutOff are those that were refused because of an emergency.
	CutOff int `json:"cut_off"`
	// Failed are those that were refused, or got lost, for any other reason.
	Failed int `json:"failed"`
}

// Promise is something that must hold, and whether it did.
type Promise struct {
	Text string `json:"promise"`
	Kept bool   `json:"kept"`
}
