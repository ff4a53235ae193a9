package rotation

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestABudgetIsSoMuchButNoMoreThanItsShare(t *testing.T) {
	for _, c := range []struct {
		budget     Budget
		left, want time.Duration
	}{
		{ToAnswer, time.Minute, time.Second}, {ToAnswer, time.Second, 200 * time.Millisecond},
		{ToAnswerCloudFormation, 5 * time.Minute, 15 * time.Second},
		{ToAnswerCloudFormation, 30 * time.Second, 6 * time.Second},
		{toPromote, time.Minute, 5 * time.Second}, {toPromote, 6 * time.Second, 2 * time.Second},
		{toRevoke, 2 * time.Minute, 20 * time.Second}, {toRevoke, 30 * time.Second, 10 * time.Second},
		{toAct, time.Millisecond, time.Second}, {toStore, time.Millisecond, 3 * time.Second},
	} {
		if got := c.budget.Of(c.left); got != c.want {
			t.Errorf("%+v of %v is %v, want %v", c.budget, c.left, got, c.want)
		}
	}
}

func TestWhatIsKeptEndsTheWorkEarlier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		earlier, cancelEarlier := ToAnswer.Keep(ctx, Clock{})
		defer cancelEarlier()
		if left, ok := (Clock{}).left(earlier); !ok || left != 59*time.Second {
			t.Errorf("%v, %v", left, ok)
		}
		unbounded, cancelUnbounded := ToAnswer.Keep(t.Context(), Clock{})
		defer cancelUnbounded()
		if _, ok := (Clock{}).left(unbounded); ok {
			t.Error("a context without a deadline has one")
		}
	})
}

func TestWithoutADeadlineVerificationHasItsTimeout(t *testing.T) {
	r := run{Rotator: &Rotator{Policy: policy()}}
	if got := r.verifyTime(t.Context()); got != 2*time.Minute {
		t.Error(got)
	}
}

func TestTheZeroClockIsTheSystems(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c Clock
		began := time.Now()
		if !c.now().Equal(began) {
			t.Error(c.now())
		}
		c.pause(t.Context(), time.Second)
		if took := time.Since(began); took != time.Second {
			t.Errorf("a pause of a second took %v", took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		c.pause(ctx, time.Hour)
		c.giveWay(ctx, 5)
		if took := time.Since(began); took != time.Second {
			t.Errorf("after its end a context was waited for: %v", took)
		}
		if j := c.jitter(); j < 0 || j >= 1 {
			t.Error(j)
		}
	})
}

func TestInvocationsInEachOthersWayPauseLongerEachTime(t *testing.T) {
	var pauses []time.Duration
	c := Clock{Jitter: func() float64 { return 0.25 },
		Pause: func(_ context.Context, d time.Duration) { pauses = append(pauses, d) }}
	c.giveWay(t.Context(), 1)
	c.giveWay(t.Context(), 3)
	if pauses[0] != 150*time.Millisecond || pauses[1] != 450*time.Millisecond {
		t.Error(pauses)
	}
}
