//go:build !unix

package follow

import "io/fs"

// guarded has nothing to look at: there are no modes here.
func (f File) guarded(fs.FileInfo) bool { return true }
