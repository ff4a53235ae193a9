package demo

import (
	"slices"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// view turns what happens on the stage into events, each with the current state of the World.
type view struct {
	show  func(timeline.Event) error
	err   error // the first that show returned
	world *localaws.World
	// senders lists who has sent mail. It must not be called while an invocation runs.
	senders func() []timeline.Sender

	scene int
	shown int            // events so far
	quiet timeline.Event // of kind Calm, not shown yet
	keys  []timeline.Key // those that existed at the last event
}

// calm notes a tick that had nothing to do.
func (v *view) calm(mails int) {
	v.quiet.Ticks++
	v.quiet.Mails += mails
	v.quiet.Senders = v.senders()
}

// say shows an event that changes neither keys nor versions.
func (v *view) say(kind timeline.Kind, what, text string) {
	v.emit(timeline.Event{Kind: kind, What: what, Text: text, Senders: v.senders()})
}

// look shows an event with the current keys and versions.
func (v *view) look(kind timeline.Kind, what, text string) {
	e := v.now(kind, what, text)
	e.Senders = v.senders()
	v.emit(e)
}

// step shows a step of the function. A verification has its own text, and changes neither keys nor
// versions.
func (v *view) step(step rotation.Step, verified timeline.Event) {
	e := verified
	if step.Kind != rotation.Verify {
		e = v.now(timeline.Step, "", step.Reason)
	}
	e.Kind, e.What, e.AccessKeyID = timeline.Step, string(step.Kind), step.AccessKeyID
	v.emit(e)
}

// end shows the last event, with the summary.
func (v *view) end(s *timeline.Summary) {
	e := v.now(timeline.End, "In the end", "")
	e.Summary, e.Senders = s, v.senders()
	v.emit(e)
}

func (v *view) now(kind timeline.Kind, what, text string) timeline.Event {
	return timeline.Event{Kind: kind, What: what, Text: text, Keys: v.lookAtKeys(), Versions: v.lookAtVersions()}
}

// emit shows an event, and before it the calm that preceded it, if any.
func (v *view) emit(e timeline.Event) {
	if quiet := v.quiet; quiet.Ticks > 0 {
		v.quiet = timeline.Event{Kind: timeline.Calm}
		v.emit(quiet)
	}
	v.shown++
	if v.err != nil {
		return
	}
	e.At, e.Scene = v.world.Now().UTC().Truncate(time.Second), v.scene
	v.err = v.show(e)
}

// lookAtKeys returns the user's access keys, and those deleted since the last call.
func (v *view) lookAtKeys() []timeline.Key {
	living := []timeline.Key{}
	for _, k := range v.world.Keys(userName) {
		living = append(living, timeline.Key{ID: k.ID, Status: timeline.Status(k.Status)})
	}
	all := slices.Clone(living)
	for _, before := range v.keys {
		if !slices.ContainsFunc(living, func(k timeline.Key) bool { return k.ID == before.ID }) {
			all = append(all, timeline.Key{ID: before.ID, Status: timeline.Deleted})
		}
	}
	v.keys = living
	return all
}

// lookAtVersions returns the versions that have a label.
func (v *view) lookAtVersions() []timeline.Version {
	var labelled []timeline.Version
	for i, version := range v.world.Versions(secretID) {
		if len(version.Labels) > 0 {
			labelled = append(labelled, timeline.Version{
				ID: version.ID, Number: i + 1, Labels: version.Labels, AccessKeyID: keyOf(version),
			})
		}
	}
	return labelled
}

// pending returns the version labelled AWSPENDING, unless it is AWSCURRENT's own: the function
// moves both labels together.
func pending(w *localaws.World) (version localaws.Version, ok bool) {
	version, ok = w.Labelled(secretID, "AWSPENDING")
	return version, ok && !slices.Contains(version.Labels, "AWSCURRENT")
}

// keyOf returns the access key that a version names, or "" if it has no credential.
func keyOf(v localaws.Version) string { return valueOf(v.Value).Username }

// valueOf reads a version's value. It returns the zero Value if there is no credential in it.
func valueOf(text string) credential.Value {
	value, _ := credential.Parse(text)
	return value
}
