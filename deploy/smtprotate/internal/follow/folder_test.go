//go:build unix

package follow

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// trap is a folder of root's with a victim in it, next to a folder that others may write to.
type trap struct {
	*testing.T
	dir, victim string
}

// newTrap creates a folder of root's with a file that must not change, and a folder that others may
// write to. Its mode allows that, so this works for any user who runs the test.
func newTrap(t *testing.T) *trap {
	t.Helper()
	tr := &trap{t, t.TempDir(), ""}
	tr.victim = filepath.Join(tr.dir, "root's", "file")
	for _, dir := range []string{"root's", "theirs"} {
		if err := os.Mkdir(filepath.Join(tr.dir, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(tr.dir, "theirs"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tr.victim, []byte("victim"), 0o640); err != nil {
		t.Fatal(err)
	}
	return tr
}

// theirs returns a path in the folder that others may write to.
func (tr *trap) theirs(name string) string { return filepath.Join(tr.dir, "theirs", name) }

func (tr *trap) link(target, path string) {
	tr.Helper()
	if err := os.Symlink(target, path); err != nil {
		tr.Fatal(err)
	}
}

// keeps writes the file of a path, which mustn't take long.
func (tr *trap) keeps(path string) error {
	tr.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := File{Path: path}.keep([]byte("new"), true)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(10 * time.Second):
		tr.Fatalf("writing %s hangs", path)
		return nil
	}
}

// untouched checks that the victim is unchanged, and that there is nothing next to it.
func (tr *trap) untouched() {
	tr.Helper()
	entries, err := os.ReadDir(filepath.Dir(tr.victim))
	if err != nil || len(entries) != 1 {
		tr.Errorf("beside the victim: %v, %v", entries, err)
	}
	info, err := os.Lstat(tr.victim)
	if err != nil || info.Mode() != 0o640 || content(tr.victim) != "victim" ||
		int(info.Sys().(*syscall.Stat_t).Uid) != os.Getuid() {
		tr.Errorf("the victim is %v, %q, %v", info, content(tr.victim), err)
	}
}

// fails checks that an error says all of this.
func (tr *trap) fails(err error, texts ...string) {
	tr.Helper()
	for _, text := range texts {
		if err == nil || !strings.Contains(err.Error(), text) {
			tr.Errorf("it said %v, want %q", err, text)
		}
	}
}

func TestALinkThatOthersMayHaveMadeIsNotFollowed(t *testing.T) {
	for name, prepare := range map[string]func(tr *trap) (path string){
		"the file": func(tr *trap) string {
			tr.link(tr.victim, tr.theirs("file"))
			return tr.theirs("file")
		},
		"its folder": func(tr *trap) string {
			tr.link("../root's", tr.theirs("folder"))
			return tr.theirs("folder/file")
		},
		"a link of root's in a folder that they can swap": func(tr *trap) string {
			if err := os.Mkdir(tr.theirs("own"), 0o755); err != nil {
				tr.Fatal(err)
			}
			tr.link("../../root's", tr.theirs("own/link"))
			return tr.theirs("own/link/file")
		},
		"a link in a folder like /tmp": func(tr *trap) string {
			if err := os.Chmod(tr.theirs(""), os.ModeSticky|0o777); err != nil {
				tr.Fatal(err)
			}
			tr.link("../root's", tr.theirs("folder"))
			return tr.theirs("folder/file")
		},
		"behind a link of root's": func(tr *trap) string {
			tr.link("theirs", filepath.Join(tr.dir, "link"))
			tr.link(tr.victim, tr.theirs("file"))
			return filepath.Join(tr.dir, "link", "file")
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTrap(t)
			path := prepare(tr)
			tr.fails(tr.keeps(path), "writing "+path, "is a link, and everybody may write to "+tr.theirs(""),
				"Name the path that it leads to")
			tr.untouched()
			_, err := ReadTemplate(path)
			tr.fails(err, "reading the template "+path, "is a link, and everybody may write to")
		})
	}
}

func TestALinkThatOnlyRootCanHaveMadeIsFollowed(t *testing.T) {
	tr := newTrap(t)
	at := func(name string) string { return tr.dir + "/" + name } // filepath.Join would remove the dots
	tr.link("root's", at("relative"))
	tr.link(at("relative"), at("absolute")) // a link to a link
	tr.link("absolute/later", at("file"))
	if err := os.Mkdir(tr.theirs("sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, leadsTo := range map[string]string{
		"absolute/file": "root's/file", "file": "root's/later", "theirs/../relative/./up": "", "relative/../up": "up",
		"theirs/plain": "theirs/plain", "theirs/sub/file": "theirs/sub/file",
	} {
		if leadsTo == "" { // the way back doesn't change whose it is
			tr.fails(tr.keeps(at(path)), "is a link")
			continue
		}
		if err := tr.keeps(at(path)); err != nil || content(at(leadsTo)) != "new" {
			t.Errorf("%s: %v, and %s holds %q", path, err, leadsTo, content(at(leadsTo)))
		}
	}
	if err := os.Remove(at("file")); err != nil {
		t.Fatal(err)
	}
	tr.link("file", at("file"))
	tr.fails(tr.keeps(at("file")), "too many links")
	tr.link("root's", at("to a folder"))
	tr.fails(tr.keeps(at("to a folder")), "it is a folder, but only regular files are replaced")
	tr.fails(tr.keeps(at("")+"/"), "this isn't the name of a file")
}

func TestInAFolderLikeTmpLinksInOurOwnFolderAreFollowed(t *testing.T) {
	tr := newTrap(t)
	if err := os.Chmod(tr.theirs(""), os.ModeSticky|0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(tr.theirs("ours"), 0o700); err != nil {
		t.Fatal(err)
	}
	tr.link("../../root's", tr.theirs("ours/link"))
	if err := tr.keeps(tr.theirs("ours/link/file")); err != nil || content(tr.victim) != "new" {
		t.Errorf("%v, and it holds %q", err, content(tr.victim))
	}
}

func TestOnlyARegularFileIsReplaced(t *testing.T) {
	tr := newTrap(t)
	path := tr.theirs("file")
	if err := syscall.Mkfifo(path, 0o666); err != nil {
		t.Fatal(err)
	}
	tr.fails(tr.keeps(path), "which stays as it was: it is a named pipe",
		"only regular files are replaced: remove it")
	if _, err := ReadTemplate(path); err == nil {
		t.Error("a template is read from a named pipe")
	}
	if err := tr.keeps("/dev/null"); err == nil {
		t.Error("/dev/null has become a file")
	}
	tr.fails(tr.keeps("/dev/null"), "it is a device")
}

func TestAHardLinkLeavesTheOtherNameAsItIs(t *testing.T) {
	tr := newTrap(t)
	if err := os.Link(tr.victim, tr.theirs("file")); err != nil {
		t.Fatal(err)
	}
	if err := tr.keeps(tr.theirs("file")); err != nil || content(tr.theirs("file")) != "new" {
		t.Errorf("%v, and it holds %q", err, content(tr.theirs("file")))
	}
	tr.untouched()
}

func TestAHugeFileIsNotRead(t *testing.T) {
	tr := newTrap(t)
	path := tr.theirs("file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 8<<40); err != nil {
		t.Skipf("this file system has no sparse file of 8 TiB: %v", err)
	}
	_, err := ReadTemplate(path)
	tr.fails(err, "it is longer than 64 MiB")
	if err := tr.keeps(path); err != nil || content(path) != "new" {
		t.Errorf("%v, and it holds %.20q", err, content(path))
	}
}

func TestATemplateIsReadFromWhatTheShellOpens(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	if _, err := write.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	write.Close()
	text, err := ReadTemplate("/dev/fd/" + strconv.Itoa(int(read.Fd())))
	if err != nil || text != "text" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestARelativePathIsInTheWorkingFolder(t *testing.T) {
	tr := newTrap(t)
	t.Chdir(tr.dir)
	if err := tr.keeps("root's/../theirs/file"); err != nil || content(tr.theirs("file")) != "new" {
		t.Errorf("%v, and it holds %q", err, content(tr.theirs("file")))
	}
}
