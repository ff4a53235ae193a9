package follow

import "time"

// Event is something that happened. It contains nothing secret.
type Event struct {
	Time    time.Time `json:"time"`
	Kind    EventKind `json:"event"`
	Message string    `json:"message"` // for people
	Files   []string  `json:"files,omitempty"`
	// AccessKey and Version belong to the credential that is current now.
	AccessKey string `json:"access_key,omitempty"`
	Version   string `json:"version,omitempty"`
	Program   string `json:"program,omitempty"`
	Signal    string `json:"signal,omitempty"`
	// At is when the splay will be over, or when the trouble began.
	At *time.Time `json:"at,omitempty"`
}

// EventKind is what happened.
type EventKind string

const (
	Heard     EventKind = "heard"     // the queue says that there is another version
	Wrote     EventKind = "wrote"     // files were written
	Current   EventKind = "current"   // this credential is current, and no file had to be written
	Waiting   EventKind = "waiting"   // the command and the program wait until the splay is over
	RanIt     EventKind = "command"   // the command succeeded
	Signalled EventKind = "signalled" // the program gets its signal
	Restarts  EventKind = "restarts"  // the program is restarted
	Leftover  EventKind = "leftover"  // the program ended, but left processes running
	Killed    EventKind = "killed"    // the program didn't end in time and was killed
	Trouble   EventKind = "trouble"   // something failed and is tried again
	Recovered EventKind = "recovered" // everything works again
	Failed    EventKind = "failed"    // follow gives up
)

// say reports an event to Events, or else to Log.
func (f *Follower) say(e Event) {
	e.Time = time.Now().UTC()
	if f.Events != nil {
		f.Events(e)
		return
	}
	f.Log.Print(e.Message)
}
