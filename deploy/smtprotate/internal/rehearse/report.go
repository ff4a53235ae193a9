package rehearse

import (
	"fmt"
	"io"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/deploy/smtprotate/internal/layout"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws/recording"
)

// width is the most columns of a report.
const width = 100

// Report prints what was found out, for people, and localaws's answers if they differ. Without
// local answers it prints only the recorded ones.
func Report(to io.Writer, recorded recording.Recording, local []recording.Answer) error {
	var out strings.Builder
	differs := map[string]string{}
	for _, d := range recording.Compare(recorded.Answers, local) {
		differs[d.ID] = d.Here
	}
	answered := 0
	for _, a := range recorded.Answers {
		if a.Answer != "" {
			answered++
		}
		report(&out, a, differs[a.ID])
	}
	fmt.Fprintf(&out, "%d of %d questions have an answer.", answered, len(recorded.Answers))
	switch {
	case len(local) == 0:
	case len(differs) == 0:
		fmt.Fprint(&out, " localaws gives the same ones.")
	default:
		fmt.Fprintf(&out, " localaws answers %d of them differently (≠).", len(differs))
	}
	fmt.Fprintln(&out)
	_, err := io.WriteString(to, out.String())
	return err
}

// report prints one question and its answer.
func report(out *strings.Builder, a recording.Answer, local string) {
	mark, answer := "  ", a.Answer
	switch {
	case a.Answer == "":
		mark, answer = "? ", "no answer: "+a.Unanswered
	case local != "":
		mark = "≠ "
	}
	if took := a.Took(); took != "" {
		answer += " (" + took + ")"
	}
	lines(out, mark, a.Question)
	lines(out, "    ", answer)
	if local != "" {
		lines(out, "    ", "localaws: "+local)
	}
	out.WriteString("\n")
}

func lines(out *strings.Builder, indent, text string) {
	for i, line := range layout.Wrap(text, width-layout.Length(indent)) {
		if i > 0 {
			indent = strings.Repeat(" ", layout.Length(indent))
		}
		fmt.Fprintf(out, "%s%s\n", indent, line)
	}
}
