//go:build unix

package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/follow"
)

// passSignals passes on to the program the signals that this process gets for it. Without a
// program, SIGHUP makes follow read the secret at once. SIGTERM and SIGINT end follow and aren't
// handled here.
func passSignals(f *follow.Follower) (end func()) {
	signals := make(chan os.Signal, 8)
	now := make(chan struct{}, 1)
	f.Now = now
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for s := range signals {
			switch {
			case f.Program != nil:
				f.Program.Forward(s)
			case s == syscall.SIGHUP:
				select {
				case now <- struct{}{}:
				default: // it is about to read the secret anyway
				}
			}
		}
	}()
	return func() { signal.Stop(signals); close(signals) }
}

// signalNamed returns the signal of a name such as HUP or SIGHUP.
func signalNamed(name string) (os.Signal, error) {
	number := unix.SignalNum("SIG" + strings.TrimPrefix(strings.ToUpper(name), "SIG"))
	if number == 0 {
		return nil, fmt.Errorf("--signal %s: there is no such signal: give a name such as HUP", name)
	}
	return number, nil
}
