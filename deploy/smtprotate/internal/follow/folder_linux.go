package follow

import "golang.org/x/sys/unix"

// walkFlags open a folder on the way; it takes the permission to search it, not to read it.
const walkFlags = unix.O_PATH

// readOnly tells whether nobody here can write a folder, whatever its mode: Kubernetes mounts a
// ConfigMap so, with mode 0777 and its files as links.
func readOnly(fd int) bool {
	var stat unix.Statfs_t
	return unix.Fstatfs(fd, &stat) == nil && stat.Flags&unix.ST_RDONLY != 0
}
