//go:build linux

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/whole"
)

// attacker is a user without rights, like an application's.
const attacker = 65534

func init() { helpers["attack"] = attack }

// attack swaps a folder, the file in it and half-written files for links, hard links and named
// pipes, as fast as it can.
func attack() {
	folder, file := os.Args[1], os.Args[2]
	exchange := func(a, b string) { _ = unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE) }
	for {
		for _, other := range []string{".link", ".pipe", ".hard", ".folder"} {
			exchange(filepath.Join(folder, file), filepath.Join(folder, other))
			exchange(folder, folder+".link")
			exchange(folder, folder+".link")
			half, _ := filepath.Glob(filepath.Join(folder, "."+file+".smtprotate-*"))
			for _, name := range half {
				exchange(name, filepath.Join(folder, other))
			}
			exchange(filepath.Join(folder, file), filepath.Join(folder, other))
		}
	}
}

// kept holds the arguments of one --template of a recipe.
type kept struct{ recipe, from, to, owner string }

// recipes returns every --template in the recipes of deploy/apps.
func recipes(t *testing.T) (all []kept) {
	t.Helper()
	command := regexp.MustCompile(`smtprotate follow (?:[^\n]*\\\n)*[^\n]*`)
	template := regexp.MustCompile(`--template ['"]?([^\s:]+):([^\s'"]+)`)
	owner := regexp.MustCompile(`--owner (\S+)`)
	err := filepath.WalkDir("../apps", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, args := range command.FindAllString(string(text), -1) {
			for _, pair := range template.FindAllStringSubmatch(args, -1) {
				k := kept{recipe: path, from: pair[1], to: pair[2]}
				if own := owner.FindStringSubmatch(args); own != nil {
					k.owner = own[1]
				}
				all = append(all, k)
			}
		}
		return err
	})
	if err != nil || len(all) < 5 {
		t.Fatalf("the recipes write %v, %v", all, err)
	}
	return all
}

// This test runs follow as root with each recipe's own arguments, in folders of another user, who
// keeps swapping them for links to root's folders. No file of root's may change its owner or
// content. Once that user gives up, the file must be right.
func TestNoRecipeWritesThroughLinksOfTheApplicationsUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root has something to lose here, and this isn't root")
	}
	if err := exec.Command("setpriv", "--reuid", strconv.Itoa(attacker), "--clear-groups", "true").Run(); err != nil {
		t.Skipf("no other user can be had here: %v", err)
	}
	for i, k := range recipes(t) {
		t.Run(fmt.Sprintf("%s %d", filepath.Base(filepath.Dir(k.recipe)), i), func(t *testing.T) {
			a := newAttacked(t, k)
			args := []string{"--every", "1ms", "--template", a.from + ":" + a.to}
			if k.owner != "" {
				args = append(args, "--owner", strconv.Itoa(attacker))
			}
			cmd, said := a.command(args...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
			a.isKept(1)
			end := a.attack()
			const versions = 80 // Secrets Manager takes 100 in a day
			lasts := time.Duration(whole.Size(t, "seconds of attack", 1, 6)) * time.Second
			for range versions {
				a.promote()
				a.untouched()
				time.Sleep(lasts / versions)
			}
			end()
			a.restore()
			a.isKept(a.credential)
			a.untouched()
			_ = cmd.Process.Signal(syscall.SIGTERM)
			_ = cmd.Wait()
			if text := said.String(); strings.Contains(text, "pw") {
				t.Errorf("it printed the password: %s", text)
			}
		})
	}
}

// attacked is a recipe's file, moved below a folder of the test.
type attacked struct {
	*followed
	from, to, root string
	owner          int
}

func newAttacked(t *testing.T, k kept) *attacked {
	t.Helper()
	f := newFollowed(t)
	from, to := f.named(filepath.Base(k.from)), filepath.Join(f.dir, k.to)
	a := &attacked{followed: f, from: from, to: to, root: f.named("root's")}
	if k.owner != "" {
		a.owner = attacker
	}
	f.write(filepath.Base(k.from), "{{.username}}\n")
	folder := filepath.Dir(a.to)
	for _, path := range []string{filepath.Dir(f.dir), f.dir} {
		a.must(os.Chmod(path, 0o755))
	}
	a.must(os.MkdirAll(folder, 0o755), os.Mkdir(a.root, 0o755), os.WriteFile(a.victim(), []byte("root's"), 0o600))
	a.must(os.Symlink(a.root, folder+".link"), os.Symlink(a.victim(), filepath.Join(folder, ".link")),
		os.Link(a.victim(), filepath.Join(folder, ".hard")), syscall.Mkfifo(filepath.Join(folder, ".pipe"), 0o600),
		os.Mkdir(filepath.Join(folder, ".folder"), 0o700))
	a.must(os.Lchown(folder, attacker, -1), os.Lchown(filepath.Dir(folder), attacker, -1))
	return a
}

// victim is a file with the same name in a folder of root's.
func (a *attacked) victim() string { return filepath.Join(a.root, filepath.Base(a.to)) }

func (a *attacked) must(errs ...error) {
	a.Helper()
	if err := errors.Join(errs...); err != nil {
		a.Fatal(err)
	}
}

// attack starts the attack, as the other user.
func (a *attacked) attack() (end func()) {
	a.Helper()
	self, err := os.Executable()
	a.must(err)
	program := a.named("attack")
	// Another process writes the program: while this one has it open for writing, no child of it
	// can run it.
	a.must(exec.Command("cp", self, program).Run(), os.Chmod(program, 0o755))
	cmd := exec.Command(program, filepath.Dir(a.to), filepath.Base(a.to))
	cmd.Env = []string{"SMTPROTATE_TEST_HELPER=attack"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: attacker, Gid: attacker}}
	a.must(cmd.Start())
	end = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	a.Cleanup(end)
	return end
}

// untouched checks root's folder: the content, owner and mode of its file, and that there is
// nothing else.
func (a *attacked) untouched() {
	a.Helper()
	text, err := os.ReadFile(a.victim())
	a.must(err)
	info, err := os.Lstat(a.victim())
	a.must(err)
	entries, err := os.ReadDir(a.root)
	a.must(err)
	stat := info.Sys().(*syscall.Stat_t)
	if string(text) != "root's" || stat.Uid != 0 || info.Mode() != 0o600 || len(entries) != 1 {
		a.Fatalf("root's file is %v of user %d, with %q in it, and next to it are %v",
			info.Mode(), stat.Uid, text, entries)
	}
}

// restore gives the folder its name back, and removes what isn't a regular file from the file's
// path.
func (a *attacked) restore() {
	a.Helper()
	folder := filepath.Dir(a.to)
	if info, err := os.Lstat(folder); err == nil && !info.IsDir() {
		a.must(os.Remove(folder), os.Rename(folder+".link", folder))
	}
	if info, err := os.Lstat(a.to); err == nil && !info.Mode().IsRegular() {
		a.must(os.Remove(a.to))
	}
}

// isKept waits until the file holds the n-th credential and has the right owner.
func (a *attacked) isKept(n int) {
	a.Helper()
	want := fmt.Sprintf("AKIA%d\n", n)
	for until := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		text, _ := os.ReadFile(a.to)
		info, err := os.Lstat(a.to)
		if err == nil && string(text) == want && info.Mode() == 0o600 &&
			int(info.Sys().(*syscall.Stat_t).Uid) == a.owner {
			return
		}
		if time.Now().After(until) {
			a.Fatalf("%s holds %q, and is %v, %v; want %q", a.to, text, info, err, want)
		}
	}
}
