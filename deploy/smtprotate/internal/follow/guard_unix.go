//go:build unix

package follow

import (
	"io/fs"
	"syscall"
)

// guarded tells whether a file has the mode and the owner that it should.
func (f File) guarded(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	owned := f.Owner == nil || ok && int(stat.Uid) == f.Owner.UID && (f.Owner.GID < 0 || int(stat.Gid) == f.Owner.GID)
	return owned && info.Mode().Perm() == f.mode()
}
