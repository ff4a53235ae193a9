package timeline

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestEventsComeAtAPaceToReadAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := Event{Kind: People, Text: "says something"}
		var last time.Time
		show := Paced(t.Context(), func(Event) error { last = time.Now(); return nil })
		begin := time.Now()
		show(e)
		if !last.Equal(begin) {
			t.Error("the first event waited")
		}
		show(e)
		if waited := last.Sub(begin); waited != Pause(e) {
			t.Errorf("the second came after %v", waited)
		}
		time.Sleep(time.Minute)
		begin = time.Now()
		show(e)
		if !last.Equal(begin) {
			t.Error("time between events doesn't count as reading time")
		}
	})
}

func TestNobodyWaitsForAPauseThatWasInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		n := 0
		show := Paced(ctx, func(Event) error { n++; return nil })
		show(Event{Kind: Scene})
		if err := show(Event{Kind: Scene}); !errors.Is(err, context.DeadlineExceeded) || n != 1 {
			t.Errorf("%d events shown, %v", n, err)
		}
	})
}
