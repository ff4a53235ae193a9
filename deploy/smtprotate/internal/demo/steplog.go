package demo

import (
	"context"
	"log/slog"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// stepLog is a log handler that is called with each step the function logs, and drops everything
// else.
type stepLog func(rotation.Step)

// Handle implements slog.Handler.
func (l stepLog) Handle(_ context.Context, record slog.Record) error {
	record.Attrs(func(a slog.Attr) bool {
		if step, ok := a.Value.Any().(rotation.Step); ok {
			l(step)
		}
		return true
	})
	return nil
}

// Enabled implements slog.Handler.
func (stepLog) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs implements slog.Handler.
func (l stepLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler.
func (l stepLog) WithGroup(string) slog.Handler { return l }
