//go:build !unix

package follow

import (
	"io/fs"
	"os"
	"path/filepath"
)

// folder is an open folder. It stays the same folder even if its path changes.
type folder struct {
	root *os.Root
	path string
}

// locate opens the folder of the file that a path leads to, and returns the file's name in it. This
// system has no folder owners to check.
func locate(path string) (*folder, string, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // replace what a link leads to, not the link
	}
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, "", err
	}
	return &folder{root, filepath.Dir(path)}, filepath.Base(path), nil
}

func (d *folder) close() { _ = d.root.Close() }

// kind returns what a name stands for, without permissions.
func (d *folder) kind(name string) (fs.FileMode, error) {
	info, err := d.root.Lstat(name)
	if err != nil {
		return 0, err
	}
	return info.Mode().Type(), nil
}

// has reports whether a name still stands for this file.
func (d *folder) has(name string, file fs.FileInfo) bool {
	there, err := d.root.Lstat(name)
	return err == nil && os.SameFile(there, file)
}

func (d *folder) openRegular(name string) (*os.File, error) { return d.root.Open(name) }

func (d *folder) create(name string) (*os.File, error) {
	return d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d *folder) rename(from, to string) error { return d.root.Rename(from, to) }

func (d *folder) remove(name string) error { return d.root.Remove(name) }

func (d *folder) list() (*os.File, error) { return d.root.Open(".") }

// sync does nothing: here, a name is on the disk together with its file.
func (d *folder) sync() error { return nil }
