// Package demo plays the whole life of an SMTP credential. It runs the deployed function's own code
// against an IAM, a Secrets Manager and an SES SMTP endpoint in this process, while applications
// send mail. Only time, the crash and the leak are staged.
//
// A [Play] is a list of scenes. It reports what happens in them as events of package timeline. At
// the end it checks the promises against what the World holds.
package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// Play is one run of the demo.
type Play struct {
	*stage
	began time.Time

	shop, reports, attacker *application

	// Noted when they happen, to check the promises at the end.
	crashMovedCurrent bool
	attackerSent      int // mails, up to the end of the emergency
}

// scene is a chapter: a title and a text for the reader, and the function that plays it.
type scene struct {
	title, text string
	play        func(*Play, context.Context) error
}

// New returns a Play that calls show with every event; show's first error ends it. Close the Play
// afterwards.
func New(show func(timeline.Event) error) (*Play, error) {
	s, err := newStage(show)
	if err != nil {
		return nil, err
	}
	p := &Play{stage: s, began: time.Now()}
	p.cast()
	return p, nil
}

// World returns the local AWS in which the Play runs.
func (p *Play) World() *localaws.World { return p.world }

// Close stops the function and its World.
func (p *Play) Close() error { return p.function.Close() }

// Run plays all scenes. Its error says what failed, or which promises were broken.
func (p *Play) Run(ctx context.Context) error {
	p.view.say(timeline.Start, title, prologue)
	for i, scene := range scenes {
		p.view.scene = i + 1
		p.view.say(timeline.Scene, scene.title, scene.text)
		if err := scene.play(p, ctx); err != nil {
			return fmt.Errorf("scene %d, %s: %w", i+1, scene.title, err)
		}
	}
	return p.finish()
}

// finish shows the summary, and returns an error for each broken promise.
func (p *Play) finish() error {
	promises := p.judge()
	p.view.end(&timeline.Summary{
		Mail:        p.applicationMail(),
		Attacker:    p.attacker.mail,
		Invocations: p.invocations,
		Versions:    len(p.world.Versions(secretID)),
		Days:        int(p.world.Now().Sub(begin).Hours()) / 24,
		Seconds:     time.Since(p.began).Seconds(),
		Promises:    promises,
	})
	var broken error
	for _, promise := range promises {
		if !promise.Kept {
			broken = errors.Join(broken, errors.New("a promise was broken: "+promise.Text))
		}
	}
	return errors.Join(p.view.err, broken)
}
