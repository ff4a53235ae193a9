package follow

import "time"

// Event is one thing that has happened. Nothing in it is secret.
type Event struct {
	Time    time.Time `json:"time"`
	Kind    EventKind `json:"event"`
	Message string    `json:"message"` // for people
	Files   []string  `json:"files,omitempty"`
	// AccessKey and Version are those of the credential that is current now.
	AccessKey string `json:"access_key,omitempty"`
	Version   string `json:"version,omitempty"`
	Program   string `json:"program,omitempty"`
	Signal    string `json:"signal,omitempty"`
	// At is when the splay is over, or when the trouble began.
	At *time.Time `json:"at,omitempty"`
}

// EventKind says what has happened.
type EventKind string

const (
	Heard     EventKind = "heard"     // the queue says that there is another version
	Wrote     EventKind = "wrote"     // files have a new content
	Current   EventKind = "current"   // this credential is current, and there was nothing to write
	Waiting   EventKind = "waiting"   // the command and the program wait for the splay to be over
	RanIt     EventKind = "command"   // the command has succeeded
	Signalled EventKind = "signalled" // the program got its signal
	Restarts  EventKind = "restarts"  // the program is started anew
	Leftover  EventKind = "leftover"  // the program has ended, and left something running
	Killed    EventKind = "killed"    // the program didn't end in time
	Trouble   EventKind = "trouble"   // something fails, and is tried again
	Recovered EventKind = "recovered" // nothing fails any more
	Failed    EventKind = "failed"    // it gives up
)

// say tells people or programs what has happened.
func (f *Follower) say(e Event) {
	e.Time = time.Now().UTC()
	if f.Events != nil {
		f.Events(e)
		return
	}
	f.Log.Print(e.Message)
}
