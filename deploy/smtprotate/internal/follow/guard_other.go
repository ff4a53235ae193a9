//go:build !unix

package follow

import "io/fs"

// guarded returns true: this system has no modes.
func (f File) guarded(fs.FileInfo) bool { return true }
