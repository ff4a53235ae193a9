//go:build linux

package main

import (
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// typist is a person at a terminal with a shell.
type typist struct {
	*followed
	keys *os.File
	seen *printed
}

// printed returns what has appeared on the screen so far.
type printed struct{ text chan string }

func newTypist(t *testing.T) *typist {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash isn't installed")
	}
	f := newFollowed(t)
	keys, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	t.Cleanup(func() { keys.Close() })
	number, err := unix.IoctlGetInt(int(keys.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(keys.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	screen, err := os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("there is no terminal to be had: %v", err)
	}
	defer screen.Close()
	follow, _ := f.command()
	shell := exec.Command(bash, "--norc", "--noprofile", "-i")
	shell.Env = append(follow.Env, "PS1=$ ", "TERM=dumb", "FOLLOW="+strings.Join(follow.Args, " "), "HISTFILE=")
	shell.Stdin, shell.Stdout, shell.Stderr = screen, screen, screen
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	// A script's background processes ignore SIGINT, and so does everything that they start.
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, syscall.SIGINT, syscall.SIGQUIT)
	err = shell.Start()
	signal.Stop(interrupts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = shell.Process.Kill(); _ = shell.Wait() })
	ty := &typist{f, keys, &printed{make(chan string, 1000)}}
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := keys.Read(buffer)
			if err != nil {
				close(ty.seen.text)
				return
			}
			ty.seen.text <- string(buffer[:n])
		}
	}()
	return ty
}

// types types something, and waits for what must then appear on the screen.
func (ty *typist) types(text, comes string) {
	ty.Helper()
	if _, err := ty.keys.WriteString(text); err != nil {
		ty.Fatal(err)
	}
	seen := ""
	for until := time.After(20 * time.Second); !strings.Contains(seen, comes); {
		select {
		case more := <-ty.seen.text:
			seen += more
		case <-until:
			ty.Fatalf("after %q, the screen shows %q, want %q", text, seen, comes)
		}
	}
}

func TestAProgramOnATerminalBehavesAsIfTheShellHadStartedIt(t *testing.T) {
	ty := newTypist(t)
	// This uses cat, because sh loses a Ctrl-C that comes while it starts a program.
	ty.types("$FOLLOW -- cat\n", "is current")
	ty.types("hello\n", "hello\r\nhello") // the first one is the terminal's echo
	ty.types("\x1a", "Stopped")           // Ctrl-Z
	ty.types("echo shell $((3+4))\n", "shell 7")
	ty.types("fg\n", "FOLLOW")
	ty.types("again\n", "again\r\nagain")
	ty.types("\x1a", "Stopped")
	ty.types("bg; sleep 0.3; echo shell $((4+5))\n", "shell 9")
	ty.types("fg\n", "FOLLOW")
	ty.types("more\n", "more\r\nmore")
	ty.types("\x03", "$ ") // Ctrl-C
	ty.types("echo ended $?\n", "ended 130")
	ty.types("$FOLLOW -- sh -c 'exit 7'\n", "$ ")
	ty.types("echo ended $?\n", "ended 7")
	// Ctrl-C also ends the script that started follow.
	ty.types("sh -c \"$FOLLOW -- cat; echo 'goes' on\"\n", "is current")
	ty.types("last\n", "last\r\nlast")
	ty.types("\x03", "$ ")
	ty.types("echo ended $?\n", "ended 130")
}

func TestAProgramOnATerminalIsRestartedInTheForeground(t *testing.T) {
	ty := newTypist(t)
	ty.types("$FOLLOW --every 50ms -- sh -c 'echo is $SMTP_USERNAME; while read x; do echo got $x $((2+3)); done'\n",
		"is AKIA1")
	ty.promote()
	ty.types("", "is AKIA2")
	ty.types("hello\n", "got hello 5")
	ty.types("\x04", "$ ") // end of input
	ty.types("echo ended $?\n", "ended 0")
	// In the background, follow doesn't take the terminal.
	ty.types("$FOLLOW --every 50ms -- sh -c 'echo $SMTP_USERNAME >"+ty.named("out")+"; sleep 1000' &\n", "$ ")
	ty.soon("out", "AKIA2\n")
	ty.promote()
	ty.soon("out", "AKIA3\n")
	ty.types("echo shell $((5+6))\n", "shell 11")
	ty.types("kill %1; wait %1; echo ended $?\n", "ended 0")
}
