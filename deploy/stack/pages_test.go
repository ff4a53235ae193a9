package stack

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// documents are the names of all files in Markdown, from the repository's top.
func documents(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(top, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != top && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if path.Ext(file) == ".md" {
			all = append(all, strings.TrimPrefix(file, top))
		}
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("there are %d documents: %v", len(all), err)
	}
	return all
}

// prose returns a document's lines by their number, without blocks of code and tables.
func prose(markdown string) map[int]string {
	lines := map[int]string{}
	var fenced, indented bool
	afterBlank := true
	for i, line := range strings.Split(markdown, "\n") {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		blank := strings.TrimSpace(line) == ""
		if fence {
			fenced = !fenced
		}
		indented = strings.HasPrefix(line, "    ") && (afterBlank || indented) || indented && blank
		if !fence && !fenced && !indented && !strings.HasPrefix(line, "|") {
			lines[i+1] = line
		}
		afterBlank = blank
	}
	return lines
}

func TestProseInDocumentsIsAtMost120ColumnsWide(t *testing.T) {
	for _, document := range documents(t) {
		for number, line := range prose(contents(t, top+document)) {
			if n := utf8.RuneCountInString(line); n > 120 {
				t.Errorf("%s:%d has %d columns", document, number, n)
			}
		}
	}
}

func TestTheREADMEIsOnePage(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(contents(t, top+"README.md"), "\n"), "\n")
	if len(lines) > 180 {
		t.Errorf("README.md has %d lines, want at most 180: move something to deploy/docs", len(lines))
	}
	for i, line := range lines {
		if n := utf8.RuneCountInString(line); n > 120 {
			t.Errorf("README.md:%d has %d columns, want at most 120", i+1, n)
		}
	}
}

// TestNoOtherDocumentHasExamplesInGo: TestTheExamplesInGoCompile of pkg/smtpcreds knows these two.
func TestNoOtherDocumentHasExamplesInGo(t *testing.T) {
	for _, document := range documents(t) {
		known := document == "README.md" || document == "deploy/docs/secret.md"
		if !known && strings.Contains(contents(t, top+document), "```go\n") {
			t.Errorf("%s has an example in Go, and no test compiles it", document)
		}
	}
}

func TestTheREADMELeadsToEveryPage(t *testing.T) {
	readme := contents(t, top+"README.md")
	for _, page := range pages(t) {
		if !strings.Contains(readme, "]("+page+")") {
			t.Errorf("README.md has no link to %s", page)
		}
	}
}

// TestTheREADMEHasEveryPromise compares its list with the page that has them in full.
func TestTheREADMEHasEveryPromise(t *testing.T) {
	promise := regexp.MustCompile(`\*\*(P\d)\*\*`)
	readme := promise.FindAllString(contents(t, top+"README.md"), -1)
	page := promise.FindAllString(contents(t, top+"deploy/docs/promises.md"), -1)
	if len(page) != 8 || !slices.Equal(readme, page) {
		t.Errorf("README.md promises %v, and promises.md %v; want P1 to P8 in both", readme, page)
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// TestEveryLinkInTheDocumentsLeadsSomewhere follows links to files and to anchors, but not to other
// hosts.
func TestEveryLinkInTheDocumentsLeadsSomewhere(t *testing.T) {
	for _, document := range documents(t) {
		text := contents(t, top+document)
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			file, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(match[1], "://") {
				continue
			}
			target := document
			if file != "" {
				target = path.Join(path.Dir(document), file)
			}
			if _, err := os.Stat(top + target); err != nil {
				t.Errorf("%s links to %s: %v", document, match[1], err)
			} else if anchor != "" && !slices.Contains(anchors(contents(t, top+target)), anchor) {
				t.Errorf("%s links to %s: %s has no heading of that name", document, match[1], target)
			}
		}
	}
}

var (
	heading = regexp.MustCompile(`^#+ (.*)`)
	named   = regexp.MustCompile(`<a id="([^"]+)">`)
	dropped = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors are the names that GitHub gives to a document's headings, and those of its own.
func anchors(markdown string) []string {
	var all []string
	for _, line := range prose(markdown) {
		if match := heading.FindStringSubmatch(line); match != nil {
			name := dropped.ReplaceAllString(strings.ToLower(match[1]), "")
			all = append(all, strings.ReplaceAll(name, " ", "-"))
		}
		for _, match := range named.FindAllStringSubmatch(line, -1) {
			all = append(all, match[1])
		}
	}
	return all
}
