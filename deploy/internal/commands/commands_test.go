package commands

import (
	"slices"
	"testing"
)

const document = "Build it:\n" + `
    bash build.sh
    aws s3 cp a \
      s3://BUCKET

1. With ` + "`go test ./...`" + `, or ` + "`WHOLE=1 go\ntest ./...`, but not `smtprotate` alone\n    or `{\"action\":\"status\"}`:" + `

       aws two   # said why

       aws three
   - Text that goes on.

` + "```json\n{\"no\": \"command\"}\n```\n```sh\naws four\n```\n" + `

    ── a drawing
       aws five

    bash build.sh
`

func TestCommandsAreWhatPeopleType(t *testing.T) {
	want := []string{
		"bash build.sh", "aws s3 cp a s3://BUCKET", "go test ./...", "WHOLE=1 go test ./...",
		"aws two # said why", "aws three", "aws four",
	}
	if got := Of(document); !slices.Equal(got, want) {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}
