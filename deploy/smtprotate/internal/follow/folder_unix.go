//go:build unix

package follow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// folder is a handle of a folder. Whatever its path means later, the folder stays this one.
type folder struct {
	fd   int
	path string // for errors
}

// locate opens the folder of what a path leads to, and returns the name in it. It goes part by part,
// each from the handle of the one before. A link is followed only if nobody but root and this user
// can have made it: /var/run may lead to /run, but a folder of the application's user leads nowhere
// else, however often that user swaps it.
func locate(path string) (*folder, string, error) {
	if path == "" || strings.HasSuffix(path, "/") {
		return nil, "", errors.New("that is no file's name")
	}
	w := &walk{rest: parts(path)}
	if err := w.start(path); err != nil {
		return nil, "", err
	}
	name, err := w.toTheFolder()
	if err != nil {
		_ = unix.Close(w.at.fd)
		return nil, "", err
	}
	return w.at, name, nil
}

// walk is on the way along a path.
type walk struct {
	at    *folder
	rest  []string
	links int
	// others says who else may have made what is at this point, and in which folder; empty if
	// nobody.
	others string
}

// maxLinks is how many links one path may lead over, as in Linux.
const maxLinks = 40

func parts(path string) []string {
	var all []string
	for _, part := range strings.Split(path, "/") {
		if part != "" && part != "." {
			all = append(all, part)
		}
	}
	return all
}

// start is at the root, or in the working folder for a relative path.
func (w *walk) start(path string) error {
	from := "."
	if strings.HasPrefix(path, "/") {
		from = "/"
	}
	fd, err := openat(unix.AT_FDCWD, from, walkFlags|unix.O_DIRECTORY)
	if err != nil {
		return &fs.PathError{Op: "open", Path: from, Err: err}
	}
	if w.at != nil {
		_ = unix.Close(w.at.fd)
	}
	w.at = &folder{fd, from}
	return nil
}

// toTheFolder takes the walk to the last folder, and returns the name in it.
func (w *walk) toTheFolder() (string, error) {
	for len(w.rest) > 0 {
		name := w.rest[0]
		w.rest = w.rest[1:]
		sticky, err := w.lookAround()
		if err != nil {
			return "", err
		}
		mode, err := w.at.kind(name)
		switch {
		case errors.Is(err, fs.ErrNotExist) && len(w.rest) == 0:
			return name, nil
		case err != nil:
			return "", err
		case mode&fs.ModeSymlink != 0:
			err = w.follow(name, sticky)
		case len(w.rest) == 0 && name != "..":
			return name, nil
		default:
			err = w.enter(name)
		}
		if err != nil {
			return "", err
		}
	}
	return "", errors.New("that is a folder")
}

// lookAround notes who may have made what is in this folder. Once somebody else may, so it is with
// all that comes after: they can have put one of root's own folders in the place of another. Where
// the sticky bit is set, as in /tmp, they can't, but they can make a link.
func (w *walk) lookAround() (sticky string, err error) {
	var stat unix.Stat_t
	if err := unix.Fstat(w.at.fd, &stat); err != nil {
		return "", &fs.PathError{Op: "stat", Path: w.at.path, Err: err}
	}
	who, canSwap := writers(&stat)
	if who == "" || readOnly(w.at.fd) && isOurs(stat.Uid) {
		return "", nil
	}
	who = fmt.Sprintf("%s may write %s", who, w.at.path)
	if canSwap && w.others == "" {
		w.others = who
	}
	return who, nil
}

// isOurs is so of root and of this user, who can do anyway what this process does.
func isOurs(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }

// writers says who may write a folder beside root and this user, and whether they may rename and
// remove what others have put there. Access control lists show in the group's bits.
func writers(stat *unix.Stat_t) (who string, canSwap bool) {
	sticky := stat.Mode&unix.S_ISVTX != 0
	switch {
	case !isOurs(stat.Uid):
		return fmt.Sprintf("user %d", stat.Uid), true
	case stat.Mode&0o002 != 0:
		return "everybody", !sticky
	case stat.Mode&0o020 != 0:
		return fmt.Sprintf("group %d", stat.Gid), !sticky
	}
	return "", false
}

// follow goes where a link leads.
func (w *walk) follow(name, sticky string) error {
	path := filepath.Join(w.at.path, name)
	if who := w.others + sticky; who != "" {
		if w.others != "" {
			who = w.others
		}
		return fmt.Errorf("%s is a link, and %s: a link that others may have made isn't followed, for it may lead to "+
			"anybody's file. Name the path that it leads to, or take that permission away", path, who)
	}
	if w.links++; w.links > maxLinks {
		return fmt.Errorf("%s: too many links", path)
	}
	target := make([]byte, 4096)
	n, err := unix.Readlinkat(w.at.fd, name, target)
	if err != nil || n == 0 || n == len(target) {
		return &fs.PathError{Op: "readlink", Path: path, Err: errors.Join(err, unix.EINVAL)}
	}
	to := string(target[:n])
	rest := parts(to)
	if len(rest) == 0 && len(w.rest) == 0 || strings.HasSuffix(to, "/") && len(w.rest) == 0 {
		return fmt.Errorf("%s leads to the folder %s, and not to a file", path, to)
	}
	w.rest = append(rest, w.rest...)
	if strings.HasPrefix(to, "/") {
		return w.start(to)
	}
	return nil
}

// enter goes into a folder, which can't have become a link meanwhile.
func (w *walk) enter(name string) error {
	path := filepath.Join(w.at.path, name)
	fd, err := openat(w.at.fd, name, walkFlags|unix.O_DIRECTORY|unix.O_NOFOLLOW)
	if err != nil {
		return &fs.PathError{Op: "open", Path: path, Err: err}
	}
	_ = unix.Close(w.at.fd)
	w.at = &folder{fd, path}
	return nil
}

// kind is what stands under a name, without its permissions.
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

// has tells whether a name is that of a file.
func (d *folder) has(name string, file fs.FileInfo) bool {
	there, err := d.stat(name)
	ours, ok := file.Sys().(*syscall.Stat_t)
	return err == nil && ok && there.Dev == ours.Dev && there.Ino == ours.Ino
}

// openat opens a file, and never hangs in it.
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

// openRegular opens a file for reading. It doesn't wait for a named pipe, nor follow a link.
func (d *folder) openRegular(name string) (*os.File, error) {
	return d.open(name, unix.O_RDONLY|unix.O_NOFOLLOW)
}

// create makes a file that wasn't there.
func (d *folder) create(name string) (*os.File, error) {
	return d.open(name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW)
}

// list opens the folder for reading its names.
func (d *folder) list() (*os.File, error) { return d.open(".", unix.O_RDONLY|unix.O_DIRECTORY) }

func (d *folder) rename(from, to string) error {
	err := unix.Renameat(d.fd, from, d.fd, to)
	if errors.Is(err, unix.EBUSY) {
		return fmt.Errorf("%s is mounted by itself, so it can't be replaced: mount its folder instead, and leave the "+
			"file to smtprotate follow (%w)", filepath.Join(d.path, to), err)
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

// sync has the new name on the disk as well.
func (d *folder) sync() error {
	handle, err := d.list()
	if err != nil {
		return err
	}
	defer handle.Close()
	return handle.Sync()
}
