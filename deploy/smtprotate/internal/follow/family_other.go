//go:build !linux

package follow

import "os/exec"

func startWaited(cmd *exec.Cmd) error { return cmd.Start() }

func waitFor(cmd *exec.Cmd) error { return cmd.Wait() }

// noted is nothing: orphans don't come to this process here.
type noted struct{}

func noteFamily() noted { return noted{} }

func (noted) leave(*exec.Cmd) {}
