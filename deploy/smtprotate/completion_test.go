package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/version"
)

// written runs a command line that must succeed, and returns what it prints.
func written(t *testing.T, args ...string) string {
	t.Helper()
	var out, stderr strings.Builder
	c := &console{in: strings.NewReader(""), out: &out, err: &stderr, getenv: func(string) string { return "" }}
	if code := run(t.Context(), args, c); code != 0 {
		t.Fatalf("%q: exit code %d: %s", args, code, stderr.String())
	}
	return out.String()
}

func TestTheVersionIsSaid(t *testing.T) {
	if got := written(t, "--version"); !strings.HasPrefix(got, "smtprotate "+version.Number) {
		t.Errorf("%q", got)
	}
}

// shown returns the commands that the help shows.
func shown(t *testing.T) []*kong.Node {
	app := newParser(t.Context(), &console{out: io.Discard, err: io.Discard}, func(int) {}).Model
	return slices.DeleteFunc(slices.Clone(app.Children), func(c *kong.Node) bool { return c.Hidden })
}

func TestTheHelpShowsEveryCommandOnOneLineOfAGroup(t *testing.T) {
	help, last := written(t), -1
	for _, command := range shown(t) {
		at := slices.IndexFunc(groups, func(g kong.Group) bool { return command.Group != nil && g == *command.Group })
		if at < last || at < 0 {
			t.Errorf("%s is in group number %d, after number %d", command.Name, at, last)
			continue
		}
		last = at
		_, below, _ := strings.Cut(help, "\n"+groups[at].Title+"\n")
		below, _, _ = strings.Cut(below, "\n\n")
		line := regexp.MustCompile(`(?m)^  ` + command.Name + ` +` + regexp.QuoteMeta(command.Help) + `$`)
		if !line.MatchString(below) {
			t.Errorf("%s isn't on a line below %s\n%s", command.Name, groups[at].Title, help)
		}
	}
}

func TestNoCommandsHelpIsWiderThanATerminal(t *testing.T) {
	for _, command := range shown(t) {
		wantNarrow(t, written(t, command.Name, "--help"))
	}
}

// shell runs a script in a shell, with FILE replaced by the path of the completions.
func shell(t *testing.T, name, script string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skip(name + " isn't installed")
	}
	file := filepath.Join(t.TempDir(), "_smtprotate")
	if err := os.WriteFile(file, []byte(written(t, "completion", name)), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, "-c", strings.ReplaceAll(script, "FILE", file))
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}

func TestBashCompletesCommandsFlagsAndChoices(t *testing.T) {
	for line, want := range map[string]string{
		"smtprotate ro":            "rotate rollback",
		"smtprotate emergency --c": "--contain-first",
		"smtprotate completion f":  "fish",
		"smtprotate follow x":      "", // Bash itself completes file names
	} {
		got := shell(t, "bash", `set -u; source FILE; COMP_WORDS=(`+line+`); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_smtprotate; echo "${COMPREPLY[*]:-}"`)
		if strings.TrimSpace(got) != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestFishCompletesCommandsFlagsAndChoices(t *testing.T) {
	for line, want := range map[string]string{
		"smtprotate rotat": "rotate\tRotate now, with the ordinary grace period.",
		"smtprotate emergency --c": "--contain-first\tDeactivate the key before its replacement exists. Mail stops " +
			"until then.",
		"smtprotate completion f": "fish",
	} {
		if got := shell(t, "fish", `source FILE; complete -C '`+line+`'`); !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// Zsh completes only on a terminal, so this test replaces the functions that take the completions
// by ones that print them.
func TestZshTakesTheFlagsOfEachCommand(t *testing.T) {
	for line, want := range map[string]string{
		"smtprotate em":          "emergency:Replace",
		"smtprotate emergency -": "--contain-first[Deactivate",
		"smtprotate follow -":    "*--template=[Render the template FROM to the file TO.",
		"smtprotate completion ": "1: :(bash zsh fish)",
	} {
		got := shell(t, "zsh", `compdef() { }; source FILE
			_describe() { print -l -- "${(@P)2}" }; _arguments() { print -l -- "$@" }
			words=(`+line+`); CURRENT=${#words}
			[[ '`+line+`' != *' ' ]] || { words+=(''); CURRENT=${#words} }
			_smtprotate`)
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestTheManualPageIsOneForMan(t *testing.T) {
	page := written(t, "manual")
	for _, want := range []string{`.TH "SMTPROTATE" "1"`, "\n.SS \"emergency", `\-\-contain\-first`, "SMTPROTATE_FUNCTION",
		version.Number[:5]} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if _, err := exec.LookPath("mandoc"); err != nil {
		t.Skip("mandoc isn't installed")
	}
	cmd := exec.Command("mandoc", "-Tlint", "-Wwarning")
	cmd.Stdin = strings.NewReader(page)
	out, _ := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "missing date") { // with a date, the same source would give different bytes
			t.Error(line)
		}
	}
}
