//go:build unix && !linux

package follow

import "syscall"

// diesWithUs does nothing: this kernel has no Pdeathsig.
func diesWithUs(*syscall.SysProcAttr) {}

// rest returns what outlived the first process, as far as this system shows it: its group.
func (c *child) rest() []remaining { return c.restOfGroup() }
