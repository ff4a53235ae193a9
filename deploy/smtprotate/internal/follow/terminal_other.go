//go:build !linux

package follow

// terminal is the terminal that the program reads from.
type terminal struct{}

func (c *child) shareTerminal() {}

func (c *child) leaveTerminal() {}
