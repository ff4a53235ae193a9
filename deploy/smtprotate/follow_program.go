package main

import (
	"errors"
	"os"
	"os/exec"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/follow"
)

// program returns the program after --, or nil if there is none.
func (f followCommand) program(c *console, delims follow.Delimiters) (*follow.Program, error) {
	args := f.Program
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		if f.Signal != "" || len(f.Env) > 0 {
			return nil, errors.New("--signal and --env are for a program, but none is given: give one after --")
		}
		return nil, nil
	}
	p := &follow.Program{
		Args: args, Environment: map[string]*follow.Template{}, KillAfter: f.KillAfter, Alone: f.SignalsTo == "program",
		Stdin: c.in, Stdout: c.raw.out, Stderr: c.raw.err,
	}
	if self, err := os.Executable(); err == nil {
		p.Guardian = []string{self, "guard", p.KillAfter.String()}
	}
	_, err := exec.LookPath(args[0])
	if f.Signal != "" {
		var signalErr error
		p.Signal, signalErr = signalNamed(f.Signal)
		err = errors.Join(err, signalErr)
	}
	for name, text := range f.Env {
		template, parseErr := delims.Parse("--env "+name, text)
		err = errors.Join(err, parseErr)
		p.Environment[name] = template
	}
	return p, err
}

// guardCommand runs next to a program of follow, and ends the program if follow is killed.
type guardCommand struct {
	Patience time.Duration `arg:""`
}

// Run waits until follow is gone, and then ends the program.
func (g guardCommand) Run(c *console) error {
	follow.Guard(c.in, g.Patience)
	return nil
}
