// Package timeline shows what happens to an SMTP credential, event by event: to people as text for
// a terminal of 80 columns, to programs as JSON lines.
//
// The kinds and the JSON form of [Event] are what `smtprotate demo --json` prints. New names may be
// added; none is ever renamed.
package timeline

import "time"

// Kind says what sort of event it is.
type Kind string

const (
	Start   Kind = "start"   // the first event: What is the title of the story
	Scene   Kind = "scene"   // a chapter begins: What is its title
	Calm    Kind = "calm"    // scheduled runs that had nothing to do: Ticks counts them, Mails the mails
	Step    Kind = "step"    // the function changed or verified something: What is the step's name
	Warning Kind = "warning" // the function warned: What is the code
	Crash   Kind = "crash"   // an invocation was cut off
	People  Kind = "people"  // a person or program did something: What is the name, Text what happened
	End     Kind = "end"     // the last event: it has the Summary
)

// Event is one thing that happened, with the state right after it.
type Event struct {
	Kind  Kind      `json:"event"`
	At    time.Time `json:"at"`
	Scene int       `json:"scene"`
	What  string    `json:"what,omitempty"`
	Text  string    `json:"text,omitempty"`

	// AccessKeyID is the access key that a step is about.
	AccessKeyID string `json:"access_key_id,omitempty"`
	// Refused is how many logins SES refused before a verification succeeded.
	Refused int `json:"refused,omitempty"`

	Ticks int `json:"ticks,omitempty"`
	Mails int `json:"mails,omitempty"`

	// Keys and Versions may be missing from events that don't change them.
	Keys     []Key     `json:"keys,omitempty"`
	Versions []Version `json:"versions,omitempty"`
	// Senders are those who have sent mail so far. Steps have none, because mail is still being
	// sent while an invocation runs.
	Senders []Sender `json:"senders,omitempty"`

	Summary *Summary `json:"summary,omitempty"`
}

// Status is the status of an access key: IAM's own words, and Deleted for a key that IAM no longer
// lists.
type Status string

const (
	Active   Status = "Active"
	Inactive Status = "Inactive"
	Deleted  Status = "Deleted" // since the previous event
)

// Key is an access key. IAM allows two for each user.
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

// Sender is somebody who sends mail, with the counts so far.
type Sender struct {
	Name        string `json:"name"`
	AccessKeyID string `json:"access_key_id"` // the one it logged in with last
	Mail
}

// Summary has the counts at the end, and the promises.
type Summary struct {
	Mail        Mail      `json:"mail"`
	Attacker    Mail      `json:"attacker"`
	Invocations int       `json:"invocations"`
	Versions    int       `json:"versions"` // all, labelled or not
	Days        int       `json:"days"`     // of simulated time
	Seconds     float64   `json:"seconds"`  // of real time
	Promises    []Promise `json:"promises"`
}

// Mail counts the mails of one or more senders.
type Mail struct {
	Sent int `json:"sent"`
	// CutOff counts those refused because of an emergency.
	CutOff int `json:"cut_off"`
	// Failed counts those refused or lost for any other reason.
	Failed int `json:"failed"`
}

// Promise is a statement that must hold, and whether it did.
type Promise struct {
	Text string `json:"promise"`
	Kept bool   `json:"kept"`
}
