//go:build unix && !linux

package follow

import "golang.org/x/sys/unix"

// walkFlags open a folder on the way.
const walkFlags = unix.O_RDONLY

// readOnly returns false: only the modes count here.
func readOnly(int) bool { return false }
