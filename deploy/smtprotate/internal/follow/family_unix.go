//go:build unix && !linux

package follow

import "syscall"

// diesWithUs does nothing: this kernel has no such signal.
func diesWithUs(*syscall.SysProcAttr) {}

// rest is the group, for as long as anybody is in it.
func (c *child) rest() []remaining {
	if c.group == 0 || syscall.Kill(-c.group, 0) != nil {
		return nil
	}
	return []remaining{{-c.group, true}}
}
