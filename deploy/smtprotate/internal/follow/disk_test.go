//go:build linux

package follow

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestAFullDiskLeavesTheOldFileWhole(t *testing.T) {
	s := newStage(t)
	disk := filepath.Join(s.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("a small file system can't be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	path, ran := s.file(filepath.Join(disk, "file"), ordinary), filepath.Join(s.dir, "ran")
	s.follower.Command = "echo >>" + ran
	s.start()
	s.holds(path, line(1))
	fillUp(t, filepath.Join(disk, "somebody else's"))
	s.promote()
	s.says(1, "writing "+path+", which stays as it was: write "+disk)
	s.says(1, "no space left on device. Everything stays as it is, and this is tried again.")
	s.looks()
	if content(path) != line(1) || content(ran) != "\n" {
		t.Errorf("the file holds %q, and the command ran %q", content(path), content(ran))
	}
	s.only(disk, "file", "somebody else's")
	if err := os.Remove(filepath.Join(disk, "somebody else's")); err != nil {
		t.Fatal(err)
	}
	s.holds(path, line(2))
	s.holds(ran, "\n\n")
	s.says(1, "everything works again")
	s.only(disk, "file")
}

// fillUp fills the disk.
func fillUp(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; {
		_, err = f.Write(block)
	}
}

func TestAFolderThatIsNotThereIsWaitedFor(t *testing.T) {
	s := newStage(t)
	later := filepath.Join(s.dir, "later")
	first, path := s.file("first", ordinary), s.file("later/file", ordinary)
	ran := filepath.Join(s.dir, "ran")
	s.follower.Command = "echo >>" + ran
	s.start()
	s.says(1, "writing "+path)
	s.says(1, "no such file or directory. Everything stays as it is")
	s.looks()
	if content(ran) != "" {
		t.Error("the command ran though a file is missing")
	}
	if err := os.Mkdir(later, 0o700); err != nil {
		t.Fatal(err)
	}
	s.holds(path, line(1))
	s.holds(first, line(1))
	s.holds(ran, "\n")
}

func TestWhatAKilledProcessHasLeftIsSwept(t *testing.T) {
	s := newStage(t)
	path := s.file("file", ordinary)
	for _, name := range []string{".file.smtprotate-123", ".file.smtprotate-", ".other.smtprotate-1", ".file.swp"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte("a password"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.start()
	s.holds(path, line(1))
	s.only(s.dir, ".file.swp", ".other.smtprotate-1", "file")
}

func TestFilesGetTheOwnerThatIsAskedFor(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can give files away, and this isn't root")
	}
	s := newStage(t)
	path := s.file("file", ordinary)
	s.follower.Files[0].Owner = &Owner{UID: 65534, GID: 65533}
	s.start()
	s.holds(path, line(1))
	owner := func() (uid, gid uint32) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		stat := info.Sys().(*syscall.Stat_t)
		return stat.Uid, stat.Gid
	}
	if uid, gid := owner(); uid != 65534 || gid != 65533 {
		t.Errorf("it belongs to %d:%d", uid, gid)
	}
	if err := os.Chown(path, 0, 0); err != nil {
		t.Fatal(err)
	}
	s.soon("it is given back", func() bool { uid, _ := owner(); return uid == 65534 })
}

func TestAFileThatIsMountedByItselfIsReported(t *testing.T) {
	s := newStage(t)
	path, host := s.file("file", ordinary), filepath.Join(s.dir, "the host's")
	for _, name := range []string{path, host} {
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mount(host, path, "", syscall.MS_BIND, ""); err != nil {
		t.Skipf("a file can't be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(path, syscall.MNT_DETACH) })
	s.start()
	s.says(1, path+" is mounted by itself, so it can't be replaced: mount its folder instead")
	s.only(s.dir, "file", "the host's")
}

func TestLinksInAFolderThatNobodyCanWriteAreFollowed(t *testing.T) {
	s := newStage(t)
	disk := filepath.Join(s.dir, "disk")
	if err := os.Mkdir(disk, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "mode=0777"); err != nil {
		t.Skipf("a file system can't be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) })
	// This is how Kubernetes mounts a ConfigMap.
	template := filepath.Join(disk, "tmpl")
	if err := errors.Join(os.Mkdir(filepath.Join(disk, "..2026"), 0o755),
		os.Symlink("..2026", filepath.Join(disk, "..data")), os.Symlink("..data/tmpl", template),
		os.WriteFile(filepath.Join(disk, "..2026/tmpl"), []byte("x"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTemplate(template); err == nil {
		t.Error("a link is followed in a folder that everybody may write to")
	}
	if err := syscall.Mount("", disk, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("it can't be mounted read-only here: %v", err)
	}
	if text, err := ReadTemplate(template); err != nil || text != "x" {
		t.Errorf("%q, %v", text, err)
	}
}

func TestWhatAKilledProcessHasLeftIsSweptEvenIfTheFileIsRight(t *testing.T) {
	s := newStage(t)
	path, left := s.file("file", ordinary), filepath.Join(s.dir, ".file.smtprotate-1")
	for name, text := range map[string]string{path: line(1), left: line(1)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// A file that only looks like one of ours doesn't disturb anything.
	if err := os.Mkdir(left+"-folder", 0o700); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.says(1, "the files already have access key AKIA1")
	s.only(s.dir, ".file.smtprotate-1-folder", "file")
}
