package follow

import "golang.org/x/sys/unix"

// walkFlags open a folder on the way. They need permission to search it, but not to read it.
const walkFlags = unix.O_PATH

// readOnly reports whether a folder is on a read-only mount, so that nobody here can write to it,
// whatever its mode: Kubernetes mounts a ConfigMap like this, with mode 0777 and its files as
// links.
func readOnly(fd int) bool {
	var stat unix.Statfs_t
	return unix.Fstatfs(fd, &stat) == nil && stat.Flags&unix.ST_RDONLY != 0
}
