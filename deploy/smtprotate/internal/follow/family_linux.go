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

// family keeps track of the processes that this one started or inherited: as PID 1 or a subreaper,
// it inherits processes whose parent has ended. Such an orphan belongs to a program and is ended
// with it, or belongs to a command, which may leave a service running.
var family = kin{waited: map[int]bool{}, foreign: map[int]bool{}}

type kin struct {
	sync.Mutex
	once    sync.Once
	waited  map[int]bool // processes that code here waits for
	foreign map[int]bool // processes, groups and sessions that belong to no program
}

// process is what /proc says about a process.
type process struct {
	pid, parent, group, session int
	ended                       bool // but nobody has waited for it yet
}

// reapOrphans starts to wait for inherited processes, so that they go away when they end.
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

// noteOthers notes the children that this process had before: a shell that became this process by
// exec may have started services.
func (f *kin) noteOthers() {
	f.Lock()
	defer f.Unlock()
	for _, p := range processes() {
		if p.parent == os.Getpid() {
			f.foreign[p.pid] = true
		}
	}
}

// adopt makes this process inherit the processes that a program leaves behind.
func adopt() { _ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// reap waits for ended processes that nobody else waits for. Children that Go's own packages start,
// such as the SDK for credential_process, are in this process's group, and those packages wait for
// them.
func reap() {
	family.Lock()
	defer family.Unlock()
	for _, p := range processes() {
		if p.ended && p.parent == os.Getpid() && p.group != syscall.Getpgrp() && !family.waited[p.pid] {
			_, _ = syscall.Wait4(p.pid, nil, syscall.WNOHANG, nil)
		}
	}
}

// reapGroup waits for the ended processes of a group, once its first process has been waited for.
func reapGroup(group int) {
	for {
		if pid, err := syscall.Wait4(-group, nil, syscall.WNOHANG, nil); err != nil || pid <= 0 {
			return
		}
	}
}

// startWaited starts a command that waitFor will be called for. It does this on a thread that lives
// as long as this process, because the kernel sends Pdeathsig when the parent's thread ends.
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

// diesWithUs makes the kernel kill the program's first process if this process is killed.
func diesWithUs(attr *syscall.SysProcAttr) {
	adopt()
	attr.Pdeathsig = syscall.SIGKILL
}

// noted holds the sessions that existed before a command ran.
type noted map[int]bool

func noteFamily() noted {
	before := noted{}
	for _, p := range processes() {
		before[p.session] = true
	}
	return before
}

// leave notes the processes that a command left running: those of its group and of new sessions.
// They belong to no program.
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

// rest returns what outlived the first process: processes of the program's group, and orphans of
// the program that this process inherited.
func (c *child) rest() (rest []remaining) {
	family.Lock()
	defer family.Unlock()
	all := map[int]process{}
	for _, p := range processes() {
		all[p.pid] = p
	}
	if len(all) == 0 { // /proc isn't mounted
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

// forget drops numbers that are no longer in use, because the kernel may use them again.
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

// isOurs reports whether a process comes from the program: its ancestors lead to this process, and
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

// processes lists the processes that this one can see.
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

// processOf reads /proc/PID/stat: "pid (name) state ppid pgrp session …". The name may contain
// anything.
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
