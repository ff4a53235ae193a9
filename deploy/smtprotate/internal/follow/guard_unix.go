//go:build unix

package follow

import (
	"io/fs"
	"syscall"
)

// guarded reports whether a file has the right mode and owner.
func (f File) guarded(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	owned := f.Owner == nil || ok && int(stat.Uid) == f.Owner.UID && (f.Owner.GID < 0 || int(stat.Gid) == f.Owner.GID)
	return owned && info.Mode().Perm() == f.mode()
}
