package follow

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

// File is a file that is rendered from a template.
type File struct {
	Path     string
	Template *Template
	Mode     fs.FileMode // default: 0600
	Owner    *Owner      // default: the user who runs this
}

// Owner is a file's owner. A GID of -1 leaves the group unchanged.
type Owner struct{ UID, GID int }

// tempMark is part of the names of files that are being written, such as
// .sasl_passwd.smtprotate-Q3ZK….
const tempMark = ".smtprotate-"

// keep writes the file if it differs, and reports whether it did. The first time, it always removes
// what an earlier process left half-written.
func (f File) keep(content []byte, first bool) (written bool, err error) {
	dir, name, err := locate(f.Path)
	if err != nil {
		return false, fmt.Errorf("writing %s: %w", f.Path, err)
	}
	defer dir.close()
	same, err := f.same(dir, name, content)
	if err != nil {
		return false, fmt.Errorf("writing %s, which stays as it was: %w", f.Path, err)
	}
	if first || !same {
		if err := dir.sweep("." + name + tempMark); err != nil {
			return false, fmt.Errorf("removing half-written files next to %s: %w", f.Path, err)
		}
	}
	if same {
		return false, nil
	}
	return true, f.write(dir, name, content)
}

// same reports whether the file is as it should be. It reads only as much as necessary, and only
// regular files: the owner of the folder may have put anything there.
func (f File) same(dir *folder, name string, content []byte) (bool, error) {
	switch mode, err := dir.kind(name); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !mode.IsRegular():
		return false, fmt.Errorf("it is %s, but only regular files are replaced: remove it, or name another path",
			described(mode))
	}
	there, err := dir.openRegular(name)
	if err != nil {
		return false, nil // try to replace it
	}
	defer there.Close()
	info, err := there.Stat()
	if err != nil || !info.Mode().IsRegular() || !f.guarded(info) || info.Size() != int64(len(content)) {
		return false, nil
	}
	text, err := io.ReadAll(io.LimitReader(there, int64(len(content))+1))
	return err == nil && bytes.Equal(text, content), nil
}

// described says what a file is that isn't regular.
func described(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a link"
	case mode&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// write replaces the file as a whole, or leaves it as it is. Only the owner can ever read the
// content, and the content is on the disk before the name is. It works on the folder that dir has
// open and on the file that temp has open, so changes to their names don't matter.
func (f File) write(dir *folder, name string, content []byte) (err error) {
	tempName := "." + name + tempMark + rand.Text()
	temp, err := dir.create(tempName) // 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, err)
	}
	ours, err := f.fill(temp, content)
	if err := errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("writing %s, which stays as it was: %w", f.Path, errors.Join(err, dir.remove(tempName)))
	}
	if err := dir.rename(tempName, name); err != nil {
		return fmt.Errorf("writing %s, which stays as it was: %w", f.Path, errors.Join(err, dir.remove(tempName)))
	}
	if !dir.has(name, ours) {
		return fmt.Errorf("writing %s: somebody put another file there at the same moment", f.Path)
	}
	return dir.sync()
}

func (f File) fill(temp *os.File, content []byte) (fs.FileInfo, error) {
	if f.Owner != nil {
		if err := temp.Chown(f.Owner.UID, f.Owner.GID); err != nil {
			return nil, err
		}
	}
	if err := temp.Chmod(f.mode()); err != nil {
		return nil, err
	}
	if _, err := temp.Write(content); err != nil {
		return nil, err
	}
	if err := temp.Sync(); err != nil {
		return nil, err
	}
	return temp.Stat()
}

func (f File) mode() fs.FileMode {
	if f.Mode == 0 {
		return 0o600
	}
	return f.Mode
}

// sweep removes files that a process left when it was killed while writing: they may contain a
// password.
func (d *folder) sweep(prefix string) error {
	list, err := d.list()
	if err != nil {
		return err
	}
	defer list.Close()
	for {
		names, err := list.Readdirnames(1000) // the owner of the folder may have put a million there
		for _, name := range names {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if mode, err := d.kind(name); err != nil || mode.IsDir() {
				continue // gone, or not one of ours
			}
			if err := d.remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
