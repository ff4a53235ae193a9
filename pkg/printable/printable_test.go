package printable_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/printable"
)

func ExampleTo() {
	var shown strings.Builder
	fmt.Fprintf(printable.To(&shown), "policy %s\n", "\x1b]0;mine\aAllow\u202e")
	fmt.Print(&shown)
	// Output: policy \u001b]0;mine\u0007Allow\u202e
}

func written(t *testing.T, to func(io.Writer) io.Writer, text string) string {
	t.Helper()
	var out bytes.Buffer
	if n, err := to(&out).Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("%q: %d of %d, %v", text, n, len(text), err)
	}
	return out.String()
}

func TestWhatATerminalActsOnIsEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"ordinary text, in two\nlines": "ordinary text, in two\nlines",
		"a\ttab":                       "a\ttab",
		"Jürgen, 東京, 📮, ½ and \u00a0":  "Jürgen, 東京, 📮, ½ and \u00a0",
		"lines\r\nof Windows":          `lines\u000d` + "\nof Windows",
		"over\rwritten":                `over\u000dwritten`,
		"at the end\r":                 `at the end\u000d`,
		"\x1b]0;title\a":               `\u001b]0;title\u0007`,
		"\x1b[31mred\x1b[0m":           `\u001b[31mred\u001b[0m`,
		"\u009b2J\u0085":               `\u009b2J\u0085`,
		"\x00\b\v\f\x7f":               `\u0000\u0008\u000b\u000c\u007f`,
		"\u202eright to left\u202c":    `\u202eright to left\u202c`,
		"\u2066\u2069\u200e\u200f":     `\u2066\u2069\u200e\u200f`,
		"\u061c":                       `\u061c`,
		"\u2028\u2029":                 `\u2028\u2029`,
		"\xffhalf\xe2\x82":             `\ufffdhalf\ufffd\ufffd`,
		"\x9b2J":                       `\ufffd2J`, // C1, where a terminal reads Latin-1
		"it was so before: \ufffd":     "it was so before: \ufffd",
	} {
		if got := written(t, printable.To, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestColoursStayWhereTheyAreWanted(t *testing.T) {
	for text, want := range map[string]string{
		"\x1b[1;36mcyan\x1b[0m \x1b[mplain": "\x1b[1;36mcyan\x1b[0m \x1b[mplain",
		"\x1b[2J\x1b]0;title\a":             `\u001b[2J\u001b]0;title\u0007`,
		"\x1b[31\x1b":                       `\u001b[31\u001b`,
		"\u009b31m":                         `\u009b31m`,
	} {
		if got := written(t, printable.Coloured, text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// broken is a pipe without a reader.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 1, errors.New("broken pipe") }

func TestAWriterThatFailsFails(t *testing.T) {
	for text, want := range map[string]int{"text": 1, "te\x1bxt": 0} {
		if n, err := printable.To(broken{}).Write([]byte(text)); n != want || err == nil {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
}

func FuzzTo(f *testing.F) {
	for _, seed := range []string{"text", "\x1b]0;\a", "\u009b\u202e", "\xff", "\r\n\r", "日本\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		shown := written(t, printable.To, text)
		if !utf8.ValidString(shown) || strings.ContainsAny(shown,
			"\x1b\r\a\b\x7f\u0080\u0085\u009b\u009f\u202e\u2028") {
			t.Errorf("%q is shown as %q", text, shown)
		}
		if again := written(t, printable.To, shown); again != shown {
			t.Errorf("%q, again %q", shown, again)
		}
		line, err := json.Marshal(map[string]string{text: text})
		if err != nil {
			t.Fatal(err)
		}
		var want, got map[string]string
		if err := json.Unmarshal(line, &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(written(t, printable.To, string(line))), &got); err != nil ||
			fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s has become %v (%v)", line, got, err)
		}
	})
}
