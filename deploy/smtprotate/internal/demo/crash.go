package demo

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// crash kills an invocation at a chosen call.
type crash struct {
	kill atomic.Pointer[context.CancelFunc] // of the running invocation
}

// after makes the next call of an action take effect in the World without an answer, and kills the
// invocation that waits for it.
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
