// Package demo plays a whole life of an SMTP credential: the deployed function's own code against
// an IAM, a Secrets Manager and an SES SMTP endpoint in this process, with applications that send
// mail all along. Only time and the troubles are staged.
//
// A [Play] is a list of scenes. What happens in them comes out as events of the package timeline;
// whether the promises were kept is judged in the end by what the World then holds.
package demo

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/timeline"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// Play is one performance.
type Play struct {
	*stage
	began time.Time

	shop, reports, attacker *application

	// What the promises are about, noted when it happened.
	crashMovedCurrent bool
	attackerSent      int // until the end of the emergency
}

// scene is a chapter: what a reader is told, and what is done.
type scene struct {
	title, text string
	play        func(*Play, context.Context) error
}

// New sets the stage. Close it afterwards. Every event goes to show, whose first error ends the
// play.
func New(show func(timeline.Event) error) (*Play, error) {
	s, err := newStage(show)
	if err != nil {
		return nil, err
	}
	p := &Play{stage: s, began: time.Now()}
	p.cast()
	return p, nil
}

// World is where it all happens.
func (p *Play) World() *localaws.World { return p.world }

// Close leaves nothing behind.
func (p *Play) Close() error { return p.function.Close() }

// Run plays all scenes. Its error says what went wrong, or which promises were broken.
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

// finish shows what it came to.
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
