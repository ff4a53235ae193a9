//go:build unix && !linux

package follow

import "golang.org/x/sys/unix"

// walkFlags open a folder on the way.
const walkFlags = unix.O_RDONLY

// readOnly goes by the modes alone here.
func readOnly(int) bool { return false }
