//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a server in shell. It records its process number and credential, and what it does when
// it is asked to end.
func (f *followed) server(onTERM string) string {
	f.write("server.sh", "trap '"+onTERM+"' TERM\ntrap 'echo usr1 >>"+f.named("heard")+"' USR1\n"+
		"echo $$ >>"+f.named("servers")+"\necho $SMTP_USERNAME >>"+f.named("out")+"\nwhile :; do sleep 0.01; done\n")
	return "sh " + f.named("server.sh")
}

// startScript starts the server without exec, as many start scripts do.
func (f *followed) startScript(lines string) string {
	f.write("start.sh", lines+"\n")
	return f.named("start.sh")
}

// servers returns the process numbers of all servers so far.
func (f *followed) servers() (numbers []int) {
	for _, line := range strings.Fields(f.content("servers")) {
		if number, err := strconv.Atoi(line); err == nil {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// isGone reports whether a process has ended. A zombie has ended.
func isGone(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.HasPrefix(string(text[bytes.LastIndexByte(text, ')')+1:]), " Z")
}

// eventually waits until something is true.
func (f *followed) eventually(what string, so func() bool) {
	f.Helper()
	for until := time.Now().Add(20 * time.Second); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			f.Fatalf("timed out waiting until %s", what)
		}
	}
}

// theWaysOf are ways in which start scripts run a server. Each has to end as a whole.
var theWaysOf = map[string]string{
	"in front":             "SERVER\necho ended",
	"behind":               "SERVER &\nwait",
	"behind, and forgets":  "SERVER &\nsleep 1000",
	"with job control":     "set -m\nSERVER &\nwait",
	"in a session":         "setsid SERVER &\nwait",
	"in a session, forked": "(setsid SERVER &)\nsleep 1000",
}

func TestFollowEndsTheWholeProgramBeforeItRestartsIt(t *testing.T) {
	for way, script := range theWaysOf {
		t.Run(way, func(t *testing.T) {
			f := newFollowed(t)
			script := f.startScript(strings.ReplaceAll(script, "SERVER", f.server("exit 0")))
			cmd, said := f.starts("--every", "50ms", "--kill-after", "10s", "--", "sh", script)
			f.promote()
			f.soon("out", "AKIA1\nAKIA2\n")
			if pids := f.servers(); len(pids) != 2 || !isGone(pids[0]) || isGone(pids[1]) {
				t.Errorf("of the servers %v, the first is gone: %v", pids, isGone(pids[0]))
			}
			f.signal(cmd, syscall.SIGTERM)
			if err := cmd.Wait(); err != nil || !isGone(f.servers()[1]) {
				t.Errorf("it ended with %v, and the last server is gone: %v; %s", err, isGone(f.servers()[1]), said)
			}
			if strings.Contains(said.String(), "killed") {
				t.Errorf("it had to be killed: %s", said)
			}
		})
	}
}

func TestFollowEndsTheGroupIfProcIsNotMounted(t *testing.T) {
	if err := exec.Command("unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/proc").Run(); err != nil {
		t.Skipf("there is no name space of mounts to be had: %v", err)
	}
	f := newFollowed(t)
	script := f.startScript(f.server("exit 0") + "\necho ended")
	cmd, said := f.command("--every", "50ms", "--", "sh", script)
	f.inside(cmd, "--mount", "sh", "-c", `mount -t tmpfs tmpfs /proc && exec "$0" "$@"`)
	f.soon("out", "AKIA1\n")
	f.promote()
	f.soon("out", "AKIA1\nAKIA2\n")
	if !isGone(f.servers()[0]) {
		t.Error("the first server still runs")
	}
	f.signal(cmd, syscall.SIGTERM)
	if err := cmd.Wait(); err != nil || !isGone(f.servers()[1]) {
		t.Errorf("it ended with %v, and the last server is gone: %v; %s", err, isGone(f.servers()[1]), said)
	}
}

// inside starts a command in namespaces of its own.
func (f *followed) inside(cmd *exec.Cmd, unshare ...string) {
	f.Helper()
	path, err := exec.LookPath("unshare")
	if err != nil {
		f.Fatal(err)
	}
	cmd.Args = slices.Concat([]string{"unshare"}, unshare, []string{cmd.Path}, cmd.Args[1:])
	cmd.Path = path
	if err := cmd.Start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
}

func TestFollowEndsWhatAProgramLeavesWhenItEndsByItself(t *testing.T) {
	f := newFollowed(t)
	script := f.startScript(f.server("exit 0") + " &\n(setsid " + f.server("exit 0") + " &)\nwhile [ \"$(wc -l <" +
		f.named("servers") + ")\" != 2 ]; do sleep 0.01; done\nexit 3")
	f.write("servers", "")
	f.ends(3, "so the processes that it left running are ended too", "--", "sh", script)
	for _, pid := range f.servers() {
		if !isGone(pid) {
			t.Errorf("server %d still runs", pid)
		}
	}
}

func TestFollowKillsWhatDoesNotEnd(t *testing.T) {
	for way, script := range theWaysOf {
		t.Run(way, func(t *testing.T) {
			f := newFollowed(t)
			script := f.startScript(strings.ReplaceAll(script, "SERVER", f.server("")))
			cmd, said := f.starts("--every", "50ms", "--kill-after", "300ms", "--", "sh", script)
			f.promote()
			f.soon("out", "AKIA1\nAKIA2\n")
			if pids := f.servers(); !isGone(pids[0]) {
				t.Errorf("the first server still runs")
			}
			f.signal(cmd, syscall.SIGTERM)
			_ = cmd.Wait()
			if !isGone(f.servers()[1]) || !strings.Contains(said.String(), "didn't end within 300ms, so it was "+
				"killed") {
				t.Errorf("the last server is gone: %v; %s", isGone(f.servers()[1]), said)
			}
		})
	}
}

func TestFollowPassesSignalsOnToTheGroup(t *testing.T) {
	f := newFollowed(t)
	script := f.startScript("trap : USR1\n" + f.server("exit 0") + "\necho ended")
	cmd, _ := f.starts("--", "sh", script)
	f.signal(cmd, syscall.SIGUSR1)
	f.soon("heard", "usr1\n")
}

func TestFollowPassesSignalsOnlyToTheFirstProcessIfAsked(t *testing.T) {
	g := newFollowed(t)
	script := g.startScript("trap 'echo mine >>" + g.named("heard") + "' USR1\n" + g.server("exit 0") +
		" &\nwhile :; do wait; done")
	cmd, _ := g.starts("--signals-to", "program", "--kill-after", "5s", "--", "sh", script)
	g.signal(cmd, syscall.SIGUSR1)
	g.soon("heard", "mine\n")
	g.signal(cmd, syscall.SIGTERM) // the first process dies of it, and then the server is asked to end
	if err := cmd.Wait(); err != nil || !isGone(g.servers()[0]) {
		t.Errorf("it ended with %v, and the server is gone: %v", err, isGone(g.servers()[0]))
	}
	if got := g.content("heard"); got != "mine\n" {
		t.Errorf("heard was %q", got)
	}
}

func TestAKilledFollowLeavesNoProgram(t *testing.T) {
	for name, onTERM := range map[string]string{"that ends when asked": "exit 0", "that doesn't": ""} {
		t.Run(name, func(t *testing.T) {
			f := newFollowed(t)
			script := f.startScript("trap '' TERM; " + f.server(onTERM) + "\necho ended")
			cmd, _ := f.starts("--kill-after", "500ms", "--", "sh", script)
			time.Sleep(100 * time.Millisecond) // Go's threads come and go
			f.signal(cmd, syscall.SIGKILL)
			f.Cleanup(func() {
				if f.Failed() { // Wait would wait for the server's output
					_ = syscall.Kill(f.servers()[0], syscall.SIGKILL)
				}
			})
			f.eventually("the server is gone", func() bool { return isGone(f.servers()[0]) })
		})
	}
}

func TestProcessesOfTheCommandSurviveARestartOfTheProgram(t *testing.T) {
	f := newFollowed(t)
	service := "[ -e " + f.named("service") + " ] || { setsid sh -c 'echo $$ >" + f.named("service") +
		"; exec sleep 1000' & sleep 1000 & echo $! >" + f.named("behind") + "; }"
	f.starts("--every", "50ms", "--run", service, "--", "sh", "-c",
		"trap 'exit 0' TERM; echo $SMTP_USERNAME >>"+f.named("out")+"; while :; do sleep 0.01; done")
	f.promote()
	f.soon("out", "AKIA1\nAKIA2\n")
	for _, name := range []string{"service", "behind"} {
		pid, err := strconv.Atoi(strings.TrimSpace(f.content(name)))
		if err != nil || isGone(pid) {
			t.Errorf("%s is gone, %v", name, err)
			continue
		}
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// TestOrphansAreReapedByPID1 runs follow as PID 1 of a namespace, and looks from outside for
// zombies.
func TestOrphansAreReapedByPID1(t *testing.T) {
	if err := exec.Command("unshare", "--pid", "--fork", "--mount-proc", "true").Run(); err != nil {
		t.Skipf("there is no name space of processes to be had: %v", err)
	}
	for name, args := range map[string][]string{
		"of a program": {"--", "sh", "-c", "for i in 1 2 3 4 5; do (sh -c 'sleep 0.1; exec true' &); done; " +
			"trap 'exit 0' TERM; echo AKIA1 >OUT; while :; do sleep 0.01; done"},
		"of a command": {"--template", "TMPL:OUT", "--run",
			"for i in 1 2 3 4 5; do (setsid sh -c 'sleep 0.1; exec true' &); done"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFollowed(t)
			for i := range args {
				args[i] = strings.NewReplacer("OUT", f.named("out"), "TMPL", f.named("tmpl")).Replace(args[i])
			}
			cmd, _ := f.command(args...)
			f.inside(cmd, "--pid", "--fork", "--kill-child", "--mount-proc")
			f.soon("out", "AKIA1\n")
			init := childrenOf(cmd.Process.Pid)[0]
			time.Sleep(500 * time.Millisecond)
			f.eventually("all orphans are reaped", func() bool {
				for _, child := range childrenOf(init) {
					if isGone(child) {
						return false
					}
				}
				return true
			})
		})
	}
}

func childrenOf(pid int) (children []int) {
	names, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range names {
		text, _ := os.ReadFile(name)
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			child, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			children = append(children, child)
		}
	}
	return children
}

func TestFollowTakesOtherDelimiters(t *testing.T) {
	f := newFollowed(t)
	f.write("tmpl", `html: '{{ template "email.default.html" . }}' [[.username]]`+"\n")
	f.ends(0, "", append(f.ordinary(), "--once", "--delims", "[[,]]", "--env", "A=[[.username]]", "--", "sh", "-c",
		"echo $A >"+f.named("env"))...)
	if got := f.content("out") + f.content("env"); got != `html: '{{ template "email.default.html" . }}' AKIA1`+"\nAKIA1\n" {
		t.Errorf("%q", got)
	}
	for _, wrong := range []string{"[[", "[[,", ",]]", "[[ ,]]"} {
		f.ends(1, "give two delimiters, separated by a comma and no space",
			append(f.ordinary(), "--once", "--delims="+wrong)...)
	}
}

func TestTheSplayDelaysEverythingExceptTheStartAndTheFiles(t *testing.T) {
	f := newFollowed(t)
	program := []string{"--", "sh", "-c", "trap 'exit 0' TERM; echo $SMTP_USERNAME >>" + f.named("program") +
		"; while :; do sleep 0.01; done"}
	args := append(f.ordinary(), "--every", "50ms", "--run", "cat "+f.named("out")+" >>"+f.named("command"))
	cmd, said := f.starts(append(append(args, "--splay", "24h"), program...)...)
	f.soon("program", "AKIA1\n")
	f.promote()
	f.soon("out", "AKIA2\n")
	time.Sleep(300 * time.Millisecond)
	if got := f.content("command") + f.content("program"); got != "AKIA1\nAKIA1\n" {
		t.Errorf("it should have been delayed, but: %q", got)
	}
	f.signal(cmd, syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(said.String(), "the change waits until "); n != 1 {
		t.Errorf("it says %d times that it waits: %s", n, said)
	}

}

func TestTheSplayEndsInTime(t *testing.T) {
	g := newFollowed(t)
	args := append(g.ordinary(), "--run", "cat "+g.named("out")+" >>"+g.named("command"))
	g.starts(append(args, "--every", "50ms", "--splay", "100ms")...)
	for n := 2; n < 5; n++ {
		g.promote()
		want := fmt.Sprintf("AKIA%d\n", n)
		g.eventually("the command runs", func() bool { return strings.HasSuffix(g.content("command"), want) })
	}
	g.ends(1, "--splay must not be negative: give a duration such as 5m", append(g.ordinary(), "--splay=-1s")...)

}

func TestSIGHUPDoesNotWaitForTheSplay(t *testing.T) {
	h := newFollowed(t)
	args := append(h.ordinary(), "--run", "cat "+h.named("out")+" >>"+h.named("command"))
	cmd, _ := h.starts(append(args, "--every", "50ms", "--splay", "24h")...)
	h.soon("command", "AKIA1\n")
	h.promote()
	h.soon("out", "AKIA2\n")
	h.signal(cmd, syscall.SIGHUP)
	h.soon("command", "AKIA1\nAKIA2\n")
}

func TestFollowSaysWhatHappensAsJSON(t *testing.T) {
	f := newFollowed(t)
	cmd, said := f.starts(append(f.ordinary(), "--json", "--every", "50ms", "--run", "true", "--", "sh", "-c",
		"trap 'exit 0' TERM; echo $SMTP_USERNAME >"+f.named("program")+"; while :; do sleep 0.01; done")...)
	looks := func() {
		before := len(f.world.Calls())
		f.eventually("it looks", func() bool { return len(f.world.Calls()) >= before+2 })
	}
	f.promote()
	f.soon("program", "AKIA2\n")
	looks()
	if _, err := f.world.PutSecretValue("mail", "{}"); err != nil {
		t.Fatal(err)
	}
	looks()
	f.promote()
	f.soon("program", "AKIA3\n")
	looks()
	f.signal(cmd, syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	kinds := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(said.String()), "\n") {
		var e struct {
			Time                    time.Time
			Event, Message, Version string
			AccessKey               string `json:"access_key"`
			Files                   []string
		}
		if !strings.HasPrefix(line, "{") {
			continue // this is the shell
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Time.IsZero() || e.Message == "" {
			t.Errorf("%q: %v", line, err)
		}
		if e.Event == "wrote" && (e.Files[0] != f.named("out") || e.AccessKey < "AKIA" || e.Version == "") {
			t.Errorf("%q", line)
		}
		kinds[e.Event]++
	}
	for _, kind := range []string{"wrote", "command", "restarts", "trouble", "recovered"} {
		if kinds[kind] == 0 {
			t.Errorf("there is no %s in %s", kind, said)
		}
	}
	if strings.Contains(said.String(), `pw"`) {
		t.Errorf("it printed the password: %s", said)
	}
	f.ends(1, `"event":"failed","message":"the command \"exit 4\" failed`, "--json", "--once", "--wait", "0s", "--run", "exit 4")
}
