package follow

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// runCommand has the shell run a command, and passes on what it says. A command that is under way
// when ctx ends may finish.
func runCommand(ctx context.Context, command string, timeout time.Duration, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second // for what it has left in the background
	together(cmd)
	noted := noteFamily()
	err := startWaited(cmd)
	if err == nil {
		err = waitFor(cmd)
	}
	noted.leave(cmd)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the command %q was ended after %v", command, timeout)
	case err != nil:
		return fmt.Errorf("the command %q failed: %w", command, err)
	}
	return nil
}
