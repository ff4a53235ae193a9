//go:build !linux

package follow

// terminal is one that the program reads from.
type terminal struct{}

func (c *child) shareTerminal() {}

func (c *child) leaveTerminal() {}
