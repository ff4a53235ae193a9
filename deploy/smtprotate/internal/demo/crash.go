package demo

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// crash ends an invocation for good, at a moment of its choice.
type crash struct {
	kill atomic.Pointer[context.CancelFunc] // of the running invocation
}

// after arms a World: the next call of that action takes effect, its answer never comes, and the
// process that waits for it is gone.
func (c *crash) after(world *localaws.World, action string) {
	const dies, dropped = 100 * time.Millisecond, 200 * time.Millisecond
	var once sync.Once
	world.Intercept(func(call localaws.Call) (fault *localaws.Fault) {
		if call.Action != action {
			return nil
		}
		once.Do(func() {
			time.AfterFunc(dies, func() { (*c.kill.Load())() })
			fault = &localaws.Fault{After: true, Drop: true, Delay: dropped}
		})
		return fault
	})
}
