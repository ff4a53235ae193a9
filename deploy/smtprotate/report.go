package main

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// report prints a result for a person: what was done, what there is now, and what comes next.
func (c *console) report(r rotation.Result) error {
	var out strings.Builder
	now := c.time()
	section := func(name string, lines ...string) {
		for i, line := range lines {
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(&out, "%s%s\n", layout.Pad(name, 12), line)
		}
	}
	if r.Action != rotation.Status {
		section("Outcome", strings.ReplaceAll(string(r.Outcome), "_", " "))
	}
	for i, line := range done(r.Steps) {
		section(first(i, "Done"), wrapped(line)...)
	}
	if r.Credential == nil {
		section("Credential", "none yet")
	} else {
		section("Credential", fmt.Sprintf("access key %s, since %s", r.Credential.AccessKeyID,
			when(r.Credential.Created)))
	}
	for i, k := range r.Keys {
		section(first(i, "Keys"), fmt.Sprintf("%s %s %s %s", k.AccessKeyID, layout.Pad(string(k.Role), 10),
			layout.Pad(string(k.Status), 8), used(k, now)))
	}
	if line := lifeline(r, now); line != "" {
		section("", strings.Split(line, "\n")...)
	}
	section("Copies", copies(r.Copies)...)
	for i, w := range r.Warnings {
		section(first(i, "Warnings"), wrapped(fmt.Sprintf("%s: %s", w.Code, w.Message))...)
	}
	if r.Next != nil {
		section("Next", upNext(r.Next, now)...)
	}
	_, err := fmt.Fprint(c.out, out.String())
	return err
}

// done describes the steps that were done, a line for each; all copies share one line.
func done(steps []rotation.Step) (lines []string) {
	written := 0
	for _, s := range steps {
		if s.Kind == rotation.CopyTo {
			written++
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", s.Kind, s.AccessKeyID, s.Reason))
	}
	if written > 0 {
		lines = append(lines, fmt.Sprintf("%s: to %d parameters, which didn't hold the current credential",
			rotation.CopyTo, written))
	}
	return lines
}

// copies describes where the credential is copied to, and which copies are outdated.
func copies(all []rotation.CopyReport) (lines []string) {
	var last time.Time
	for _, c := range all {
		if !c.Current {
			lines = append(lines, c.Parameter+" doesn't hold the current credential")
		}
		if c.Modified.After(last) {
			last = c.Modified
		}
	}
	if lines == nil && len(all) > 0 {
		lines = []string{fmt.Sprintf("%d parameters at %s hold the current credential, since %s", len(all),
			path.Dir(all[0].Parameter), when(last))}
	}
	return lines
}

// upNext describes the next step, and when it comes.
func upNext(n *rotation.Step, now time.Time) []string {
	text := fmt.Sprintf("%s %s", n.Kind, n.AccessKeyID)
	if !n.At.IsZero() {
		text = strings.TrimSpace(text) + " " + at(n.At, now)
	}
	return wrapped(strings.TrimSpace(text) + ": " + n.Reason)
}

func first(i int, name string) string {
	if i > 0 {
		return ""
	}
	return name
}

func wrapped(text string) []string {
	return layout.Wrap(strings.ReplaceAll(text, " :", ":"), 80-12)
}

// when formats a time for people.
func when(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 UTC") }

// at formats a future time, and how far off it is.
func at(t, now time.Time) string {
	if !t.After(now) {
		return "now"
	}
	return "in " + roughly(t.Sub(now)) + ", on " + t.UTC().Format("Mon 2 Jan 15:04 UTC")
}

func roughly(d time.Duration) string {
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%d d %d h", int(d.Hours())/24, int(d.Hours())%24)
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}

func used(k rotation.KeyReport, now time.Time) string {
	if k.LastUsed.IsZero() {
		return "not seen in use"
	}
	return "last used " + roughly(now.Sub(k.LastUsed)) + " ago"
}

// Widths of a lifeline's columns: the access key ID, and its life.
const (
	keyColumn  = 20
	lifeColumn = 34
)

// lifeline draws each key's life and next step: ━ is past, ┄ is future.
func lifeline(r rotation.Result, now time.Time) string {
	if len(r.Keys) == 0 {
		return ""
	}
	from, to := now, now
	for _, k := range r.Keys {
		if k.Created.Before(from) {
			from = k.Created
		}
	}
	if r.Next != nil && r.Next.At.After(to) {
		to = r.Next.At
	}
	if to.Sub(from) < time.Minute {
		return ""
	}
	column := func(t time.Time) int { return int(float64(lifeColumn) * float64(t.Sub(from)) / float64(to.Sub(from))) }
	lines := []string{layout.Pad("", keyColumn+1) + layout.Pad("", column(now)) + "now"}
	for _, k := range r.Keys {
		born, today := column(k.Created), column(now)
		life := strings.Repeat(" ", min(born, today)) + strings.Repeat("━", max(1, today-born))
		if n := r.Next; n != nil && n.At.After(now) &&
			(n.AccessKeyID == k.AccessKeyID || n.AccessKeyID == "" && k.Role == rotation.RoleCurrent) {
			life += strings.Repeat("┄", max(1, column(n.At)-today)) + " " + upcoming(n.Kind)
		}
		lines = append(lines, layout.Pad(k.AccessKeyID, keyColumn)+" "+life)
	}
	return strings.Join(lines, "\n")
}

// upcoming says what a step does to its key.
func upcoming(kind rotation.StepKind) string {
	switch kind {
	case rotation.Create:
		return "replaced"
	case rotation.Deactivate:
		return "deactivated"
	case rotation.Delete:
		return "deleted"
	}
	return string(kind)
}
