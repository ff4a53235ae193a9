//go:build unix && !linux

package follow

import "syscall"

// diesWithUs does nothing: this kernel has no such signal.
func diesWithUs(*syscall.SysProcAttr) {}

// rest is what has outlived the first process, as far as it can be known here: its group.
func (c *child) rest() []remaining { return c.restOfGroup() }
