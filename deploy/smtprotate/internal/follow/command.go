package follow

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// runCommand runs a command in the shell and passes on its output. If ctx ends while the command
// runs, the command may still finish.
func runCommand(ctx context.Context, command string, timeout time.Duration, out io.Writer) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", command)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = time.Second // for background processes that keep its output open
	together(cmd)
	noted := noteFamily()
	err := startWaited(cmd)
	if err == nil {
		err = waitFor(cmd)
	}
	noted.leave(cmd)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the command %q was ended because it took longer than %v", command, timeout)
	case err != nil:
		return fmt.Errorf("the command %q failed: %w", command, err)
	}
	return nil
}
