package follow

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// tempMark is in the names of files that are being written: .sasl_passwd.smtprotate-1234.
const tempMark = ".smtprotate-"

// differs tells whether the file isn't what it should be.
func (f File) differs(content []byte) bool {
	info, err := os.Stat(f.Path)
	if err != nil || !f.guarded(info) {
		return true
	}
	there, err := os.ReadFile(f.Path)
	return err != nil || !bytes.Equal(there, content)
}

// write replaces the file by a whole one, or leaves it as it is. Its content is never readable for
// others than its owner, and on the disk before its name is.
func (f File) write(content []byte) (err error) {
	path := f.Path
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // what a link leads to is replaced, not the link
	}
	dir, prefix := filepath.Dir(path), "."+filepath.Base(path)+tempMark
	if err := sweep(dir, prefix); err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, err)
	}
	temp, err := os.CreateTemp(dir, prefix) // 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", f.Path, err)
	}
	if err := errors.Join(f.fill(temp, content), temp.Close()); err != nil {
		return fmt.Errorf("writing %s, which stays as it was: %w", f.Path, errors.Join(err, os.Remove(temp.Name())))
	}
	if err := os.Rename(temp.Name(), path); err != nil {
		return fmt.Errorf("writing %s, which stays as it was: %w", f.Path, errors.Join(err, os.Remove(temp.Name())))
	}
	return syncDir(dir)
}

func (f File) fill(temp *os.File, content []byte) error {
	if f.Owner != nil {
		if err := temp.Chown(f.Owner.UID, f.Owner.GID); err != nil {
			return err
		}
	}
	if err := temp.Chmod(f.mode()); err != nil {
		return err
	}
	if _, err := temp.Write(content); err != nil {
		return err
	}
	return temp.Sync()
}

func (f File) mode() fs.FileMode {
	if f.Mode == 0 {
		return 0o600
	}
	return f.Mode
}

// sweep removes what a process that was killed while it wrote has left: there may be a password in
// it.
func sweep(dir, prefix string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}

// syncDir has the new name on the disk as well.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
