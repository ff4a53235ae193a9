package follow

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// family is what this process has started, and what has come to it: as PID 1 or a subreaper it
// inherits what loses its parent. Such orphans are a program's, and are ended with it; or a
// command's, which may leave a service running.
var family = kin{waited: map[int]bool{}, foreign: map[int]bool{}}

type kin struct {
	sync.Mutex
	once    sync.Once
	waited  map[int]bool // has somebody here who waits for it
	foreign map[int]bool // processes, groups and sessions that are no program's
}

// process is what /proc tells of one.
type process struct {
	pid, parent, group, session int
	ended                       bool // and nobody has waited for it
}

// reapOrphans has those that come to this process go when they end.
func reapOrphans() {
	family.once.Do(func() {
		family.noteOthers()
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGCHLD)
		go func() {
			for {
				reap()
				<-signals
			}
		}()
	})
}

// noteOthers notes what was this process's before: the shell that has become it by exec may have
// started services.
func (f *kin) noteOthers() {
	f.Lock()
	defer f.Unlock()
	for _, p := range processes() {
		if p.parent == os.Getpid() {
			f.foreign[p.pid] = true
		}
	}
}

// adopt has what a program leaves behind come to this process, wherever it runs.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// reap waits for those that nobody else waits for. The children that Go's own packages start, such
// as the SDK for credential_process, are in this process's group, and theirs to wait for.
func reap() {
	family.Lock()
	defer family.Unlock()
	for _, p := range processes() {
		if p.ended && p.parent == os.Getpid() && p.group != syscall.Getpgrp() && !family.waited[p.pid] {
			_, _ = syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// reapGroup waits for those of a group that have ended, once its first process is waited for.
func reapGroup(group int) {
	for {
		if pid, err := syscall.Wait4(-group, nil, syscall.WNOHANG, nil); err != nil || pid <= 0 {
			return
		}
	}
}

// startWaited starts a command that waitFor is called for. The thread that does it stays as long as
// this process: the kernel takes the end of that thread for the end of the parent.
func startWaited(cmd *exec.Cmd) (err error) {
	reapOrphans()
	family.Lock()
	defer family.Unlock()
	done := make(chan struct{})
	starts() <- func() { err = cmd.Start(); close(done) }
	<-done
	if err == nil {
		family.waited[cmd.Process.Pid] = true
	}
	return err
}

var starts = sync.OnceValue(func() chan<- func() {
	queue := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range queue {
			start()
		}
	}()
	return queue
})

func waitFor(cmd *exec.Cmd) error {
	err := cmd.Wait()
	family.Lock()
	defer family.Unlock()
	delete(family.waited, cmd.Process.Pid)
	return err
}

// diesWithUs has the kernel kill the program's first process if this one is killed.
func diesWithUs(attr *syscall.SysProcAttr) {
	adopt()
	attr.Pdeathsig = syscall.SIGKILL
}

// noted are the sessions that were there before a command ran.
type noted map[int]bool

func noteFamily() noted {
	before := noted{}
	for _, p := range processes() {
		before[p.session] = true
	}
	return before
}

// leave notes what a command has left running: its group, and sessions that are new. It is no
// program's.
func (n noted) leave(cmd *exec.Cmd) {
	if cmd.Process == nil {
		return
	}
	family.Lock()
	defer family.Unlock()
	family.foreign[cmd.Process.Pid] = true
	for _, p := range processes() {
		if p.group == cmd.Process.Pid {
			family.foreign[p.pid] = true
		}
		if p.parent == os.Getpid() && !n[p.session] {
			family.foreign[p.session] = true
		}
	}
}

// rest is what has outlived the first process, wherever it went: in the program's group, or come to
// this process as an orphan.
func (c *child) rest() (rest []remaining) {
	family.Lock()
	defer family.Unlock()
	all := map[int]process{}
	for _, p := range processes() {
		all[p.pid] = p
	}
	if len(all) == 0 { // /proc isn't mounted here
		if c.group > 0 && !family.waited[c.group] {
			reapGroup(c.group)
		}
		return c.restOfGroup()
	}
	forget(all)
	for _, p := range all {
		grouped := p.group == c.group
		if !p.ended && p.pid != os.Getpid() && (grouped || c.isOurs(p, all)) {
			rest = append(rest, remaining{p.pid, grouped})
		}
	}
	return rest
}

// forget drops numbers that nothing has any more: they may come again.
func forget(all map[int]process) {
	there := map[int]bool{}
	for _, p := range all {
		there[p.pid], there[p.group], there[p.session] = true, true, true
	}
	for number := range family.foreign {
		if !there[number] {
			delete(family.foreign, number)
		}
	}
}

// isOurs tells whether a process comes from the program: its ancestors lead to this process, and
// none of them belongs to anything else that was started here.
func (c *child) isOurs(p process, all map[int]process) bool {
	for p.pid != os.Getpid() {
		other := family.waited[p.group] && p.group != c.group || family.waited[p.pid] && p.pid != c.group
		if other || family.foreign[p.pid] || family.foreign[p.group] || family.foreign[p.session] ||
			p.group == syscall.Getpgrp() {
			return false
		}
		parent, ok := all[p.parent]
		if !ok || p.parent == p.pid {
			return false
		}
		p = parent
	}
	return true
}

// processes lists those that can be seen.
func processes() (all []process) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, ok := processOf(pid); ok {
				all = append(all, p)
			}
		}
	}
	return all
}

// processOf reads /proc/PID/stat: "pid (name) state ppid pgrp session …", and the name may have
// anything in it.
func processOf(pid int) (p process, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return p, false
	}
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 4 {
		return p, false
	}
	number := func(i int) int { n, _ := strconv.Atoi(string(fields[i])); return n }
	state := string(fields[0])
	return process{pid, number(1), number(2), number(3), state == "Z" || state == "X"}, true
}
