//go:build unix

package follow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// folder is an open folder. It stays the same folder even if its path changes.
type folder struct {
	fd   int
	path string // for errors
}

// kind returns what a name stands for, without permissions.
func (d *folder) kind(name string) (fs.FileMode, error) {
	stat, err := d.stat(name)
	if err != nil {
		return 0, err
	}
	switch stat.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return 0, nil
	case unix.S_IFDIR:
		return fs.ModeDir, nil
	case unix.S_IFLNK:
		return fs.ModeSymlink, nil
	case unix.S_IFIFO:
		return fs.ModeNamedPipe, nil
	case unix.S_IFSOCK:
		return fs.ModeSocket, nil
	}
	return fs.ModeDevice, nil
}

func (d *folder) stat(name string) (stat unix.Stat_t, err error) {
	if err = unix.Fstatat(d.fd, name, &stat, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		err = &fs.PathError{Op: "stat", Path: filepath.Join(d.path, name), Err: err}
	}
	return stat, err
}

// has reports whether a name still stands for this file.
func (d *folder) has(name string, file fs.FileInfo) bool {
	there, err := d.stat(name)
	ours, ok := file.Sys().(*syscall.Stat_t)
	return err == nil && ok && there.Dev == ours.Dev && there.Ino == ours.Ino
}

// openat opens a file and never blocks.
func openat(fd int, name string, flags int) (int, error) {
	for {
		opened, err := unix.Openat(fd, name, flags|unix.O_CLOEXEC|unix.O_NONBLOCK, 0o600)
		if err != unix.EINTR {
			return opened, err
		}
	}
}

func (d *folder) close() { _ = unix.Close(d.fd) }

func (d *folder) open(name string, flags int) (*os.File, error) {
	path := filepath.Join(d.path, name)
	fd, err := openat(d.fd, name, flags)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(fd), path), nil
}

// openRegular opens a file for reading. It doesn't wait for a named pipe, and doesn't follow a
// link.
func (d *folder) openRegular(name string) (*os.File, error) {
	return d.open(name, unix.O_RDONLY|unix.O_NOFOLLOW)
}

// create creates a file that must not exist yet.
func (d *folder) create(name string) (*os.File, error) {
	return d.open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW)
}

// list opens the folder to read the names in it.
func (d *folder) list() (*os.File, error) { return d.open(".", unix.O_RDONLY|unix.O_DIRECTORY) }

func (d *folder) rename(from, to string) error {
	err := unix.Renameat(d.fd, from, d.fd, to)
	if errors.Is(err, unix.EBUSY) {
		return fmt.Errorf("%s is mounted by itself, so it can't be replaced: mount its folder instead, and let "+
			"smtprotate follow create the file (%w)", filepath.Join(d.path, to), err)
	}
	if err != nil {
		return &os.LinkError{Op: "rename", Old: filepath.Join(d.path, from), New: filepath.Join(d.path, to), Err: err}
	}
	return nil
}

func (d *folder) remove(name string) error {
	if err := unix.Unlinkat(d.fd, name, 0); err != nil {
		return &fs.PathError{Op: "remove", Path: filepath.Join(d.path, name), Err: err}
	}
	return nil
}

// sync makes sure that new names are on the disk.
func (d *folder) sync() error {
	handle, err := d.list()
	if err != nil {
		return err
	}
	defer handle.Close()
	return handle.Sync()
}
