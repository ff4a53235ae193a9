//go:build !linux

package follow

import "os/exec"

func startWaited(cmd *exec.Cmd) error { return cmd.Start() }

func waitFor(cmd *exec.Cmd) error { return cmd.Wait() }

// noted is empty: this process doesn't inherit orphans here.
type noted struct{}

func noteFamily() noted { return noted{} }

func (noted) leave(*exec.Cmd) {}
