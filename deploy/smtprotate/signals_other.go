//go:build !unix

package main

import (
	"errors"
	"os"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/follow"
)

func passSignals(*follow.Follower) (end func()) { return func() {} }

func signalNamed(string) (os.Signal, error) {
	return nil, errors.New("--signal: this system has no signals: leave it out, and the program is restarted instead")
}
