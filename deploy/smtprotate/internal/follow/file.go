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
	Owner    *Owner      // default: whoever runs this
}

// Owner is whom a file belongs to. A GID of -1 leaves the group as it comes.
type Owner struct{ UID, GID int }

// tempMark is in the names of files that are being written: .sasl_passwd.smtprotate-Q3ZK….
const tempMark = ".smtprotate-"

// keep writes the file unless it is as it should be, and tells whether it did. The first time, what
// an earlier process has left half-written goes in any case.
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
			return false, fmt.Errorf("removing what was left half-written beside %s: %w", f.Path, err)
		}
	}
	if same {
		return false, nil
	}
	return true, f.write(dir, name, content)
}

// same tells whether the file is as it should be. It reads no more than it has to, and nothing that
// isn't a regular file: who owns the folder may have put anything there.
func (f File) same(dir *folder, name string, content []byte) (bool, error) {
	switch mode, err := dir.kind(name); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !mode.IsRegular():
		return false, fmt.Errorf("it is %s, and only a regular file is replaced: remove it, or name another path",
			described(mode))
	}
	there, err := dir.openRegular(name)
	if err != nil {
		return false, nil // it is replaced, if it can be
	}
	defer there.Close()
	info, err := there.Stat()
	if err != nil || !info.Mode().IsRegular() || !f.guarded(info) || info.Size() != int64(len(content)) {
		return false, nil
	}
	text, err := io.ReadAll(io.LimitReader(there, int64(len(content))+1))
	return err == nil && bytes.Equal(text, content), nil
}

// described names what isn't a regular file.
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

// write replaces the file by a whole one, or leaves it as it is. Its content is never readable for
// others than its owner, and on the disk before its name is. Everything is done in the folder that
// dir holds and to the file that temp holds, whatever their names mean by now.
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

// sweep removes what a process that was killed while it wrote has left: there may be a password in
// it.
func (d *folder) sweep(prefix string) error {
	list, err := d.list()
	if err != nil {
		return err
	}
	defer list.Close()
	for {
		names, err := list.Readdirnames(1000) // whoever owns the folder may have put a million there
		for _, name := range names {
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if mode, err := d.kind(name); err != nil || mode.IsDir() {
				continue // gone, or none of ours
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
