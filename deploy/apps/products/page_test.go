//go:build linux

package products_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// page is a product's page, with the files that it tells people to write, and its commands.
type page struct {
	t        *testing.T
	name     string
	text     string
	files    []file
	commands []string
}

type file struct{ path, text string }

// fileNamed matches the line before a file's block: it ends with the path, in code, and a colon.
var fileNamed = regexp.MustCompile("`(/[^`]+)`[^`]*:$")

func readPage(t *testing.T, product string) page {
	t.Helper()
	text, err := os.ReadFile(product + ".md")
	if err != nil {
		t.Fatal(err)
	}
	p := page{t: t, name: product, text: string(text)}
	var block []string
	before, named := "", ""
	for line := range strings.SplitSeq(p.text+"\n.", "\n") {
		if code, ok := strings.CutPrefix(line, "    "); ok || line == "" && len(block) > 0 {
			block = append(block, code)
			continue
		}
		if len(block) > 0 {
			p.add(named, strings.TrimRight(strings.Join(block, "\n"), "\n")+"\n")
			block = nil
		}
		if line != "" {
			before = line
		}
		named = ""
		if m := fileNamed.FindStringSubmatch(before); m != nil {
			named = m[1]
		}
	}
	return p
}

// add records a block as a file if the line before names one, or else as commands.
func (p *page) add(path, block string) {
	if path != "" {
		p.files = append(p.files, file{path, block})
		return
	}
	whole := strings.ReplaceAll(block, "\\\n", " ")
	for line := range strings.Lines(whole) {
		p.commands = append(p.commands, strings.Join(strings.Fields(strings.TrimSpace(line)), " "))
	}
}

// command returns the page's command that begins with prefix.
func (p *page) command(prefix string) string {
	p.t.Helper()
	for _, c := range p.commands {
		if strings.HasPrefix(c, prefix) {
			return c
		}
	}
	p.t.Fatalf("%s.md has no command %q", p.name, prefix)
	return ""
}
