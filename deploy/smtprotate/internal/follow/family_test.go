//go:build linux

package follow

import (
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestOnlyOrphansAreReaped(t *testing.T) {
	t.Parallel()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				reap()
			}
		}
	}()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 25 {
				if err := exec.Command("true").Run(); err != nil { // as the SDK does
					t.Errorf("somebody else waited for it: %v", err)
				}
				cmd := exec.Command("true")
				together(cmd)
				cmd.Cancel = nil
				if err := startWaited(cmd); err != nil {
					t.Error(err)
					continue
				}
				time.Sleep(time.Millisecond) // it ends before anybody waits for it
				if err := waitFor(cmd); err != nil {
					t.Errorf("somebody else waited for it: %v", err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	<-stopped
}

func TestAProgramOutlivesTheThreadThatAskedForItsStart(t *testing.T) {
	s := newStage(t)
	out := s.program(endsWhenAsked, "started", goesOn)
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked, so the thread ends with this goroutine
		done <- s.follower.Program.start(s.follower.say, nil)
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s.holds(out, "started\n")
	time.Sleep(200 * time.Millisecond)
	if s.follower.Program.now().over() {
		t.Error("the kernel took the thread's end for the parent's")
	}
	if err := s.follower.Program.stop(s.follower.say); err != nil {
		t.Error(err)
	}
}

func TestAGuardianEndsTheLastGroup(t *testing.T) {
	s := newStage(t)
	script := filepath.Join(s.dir, "alive")
	cmd := exec.Command("/bin/sh", "-c", "trap '' TERM; echo >"+script+"; "+goesOn)
	together(cmd)
	cmd.Cancel = nil
	if err := startWaited(cmd); err != nil {
		t.Fatal(err)
	}
	s.holds(script, "\n")
	// Guard ignores signals, which this process mustn't do.
	endGroup(cmd.Process.Pid, 50*time.Millisecond)
	if err := waitFor(cmd); err == nil || exitOf(cmd.ProcessState) != exitBy(syscall.SIGKILL) {
		t.Errorf("it ended with %v", err)
	}
}
