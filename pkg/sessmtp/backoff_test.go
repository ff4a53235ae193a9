package sessmtp

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestTheDefaultBackoffDoublesFromAQuarterOfASecondToTenSeconds(t *testing.T) {
	for attempt, ceiling := range map[int]time.Duration{
		1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 3: time.Second, 6: 8 * time.Second, 7: 10 * time.Second,
		8: 10 * time.Second, 1 << 40: 10 * time.Second,
	} {
		var longest time.Duration
		for range 1000 {
			wait := exponential(attempt)
			if wait < 0 || wait >= ceiling {
				t.Fatalf("attempt %d: %s", attempt, wait)
			}
			longest = max(longest, wait)
		}
		if longest < ceiling/2 { // the chance of this is 1 in 2^1000
			t.Errorf("attempt %d: never more than %s of %s", attempt, longest, ceiling)
		}
	}
}

func TestVerificationUsesItsTimeAndEndsOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := Verifier{Client: Client{
			DialContext: func(context.Context, string, string) (net.Conn, error) {
				return nil,
					errors.New("connection refused")
			},
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		got := v.Verify(ctx, []Login{{Endpoint: Endpoint{Region: "eu-west-1", Host: "192.0.2.1", Port: 587}}})[0]
		if got.Took != 2*time.Minute || got.Meaning != Unknown || got.Logins < 12 || got.Logins > 200 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestALoginThatHangsIsCutOffAndTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := Verifier{
			Client: Client{DialContext: func(context.Context, string, string) (net.Conn, error) {
				conn, _ := net.Pipe() // nobody at the other end
				return conn, nil
			}},
			Backoff: func(int) time.Duration { return 5 * time.Second },
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
		defer cancel()
		got := v.Verify(ctx, []Login{{Endpoint: Endpoint{Region: "eu-west-1", Host: "192.0.2.1", Port: 587}}})[0]
		// Logins start after 0, 20 and 40 seconds; the last one is cut off after 10.
		if got.Took != 50*time.Second || got.Meaning != Unknown || got.Logins != 3 {
			t.Errorf("got %+v", got)
		}
		want := "verifying SMTP username  in eu-west-1 (tries: 3, at 192.0.2.1:587): connecting to 192.0.2.1:587: " +
			"no answer within 15s: context deadline exceeded"
		if got.Err == nil || got.Err.Error() != want {
			t.Errorf("got  %v\nwant %s", got.Err, want)
		}
	})
}
