//go:build unix

package follow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// locate opens the folder of the file that a path leads to, and returns the file's name in it. It
// walks the path part by part, opening each from the handle of the one before. It follows a link
// only if nobody except root and this user can have made it: /var/run may lead to /run, but nobody
// can redirect the walk from a folder that the application's user may write to, however often that
// user swaps it.
func locate(path string) (*folder, string, error) {
	if path == "" || strings.HasSuffix(path, "/") {
		return nil, "", errors.New("this isn't the name of a file")
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

// walk is the state of walking along a path.
type walk struct {
	at    *folder
	rest  []string
	links int
	// others says who else may have made the folder at this point, and where; empty if nobody.
	others string
}

// maxLinks is how many links a path may go through, as in Linux.
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

// start begins at the root, or in the working directory for a relative path.
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

// toTheFolder walks to the last folder, and returns the file's name in it.
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
	return "", errors.New("this is a folder, not a file")
}

// lookAround notes who else may have made what is in this folder. Once somebody else may, this
// holds for everything after it, because they may have replaced one of root's folders by another.
// If the sticky bit is set, as in /tmp, they can't replace anything, but they can make a link.
func (w *walk) lookAround() (sticky string, err error) {
	var stat unix.Stat_t
	if err := unix.Fstat(w.at.fd, &stat); err != nil {
		return "", &fs.PathError{Op: "stat", Path: w.at.path, Err: err}
	}
	who, canSwap := writers(&stat)
	if who == "" || readOnly(w.at.fd) && isOurs(stat.Uid) {
		return "", nil
	}
	who = fmt.Sprintf("%s may write to %s", who, w.at.path)
	if canSwap && w.others == "" {
		w.others = who
	}
	return who, nil
}

// isOurs reports whether a user is root or this user, who may do anyway what this process does.
func isOurs(uid uint32) bool { return uid == 0 || int(uid) == os.Geteuid() }

// writers says who may write to a folder, other than root and this user, and whether they may
// rename and remove files of others there. Access control lists show in the group's bits.
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
		return fmt.Errorf("%s is a link, and %s: a link that others may have made isn't followed, because it may "+
			"lead to any file. Name the path that it leads to, or take that permission away", path, who)
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
		return fmt.Errorf("%s leads to the folder %s, not to a file", path, to)
	}
	w.rest = append(rest, w.rest...)
	if strings.HasPrefix(to, "/") {
		return w.start(to)
	}
	return nil
}

// enter goes into a folder. It fails if the folder has become a link meanwhile.
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
