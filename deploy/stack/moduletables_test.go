package stack

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the tables in the READMEs of the Terraform modules anew")

// folders are those of the module, of the ones beside it, and of the examples.
func folders(t *testing.T, kinds ...string) (found []string) {
	t.Helper()
	for _, kind := range kinds {
		some, err := filepath.Glob(filepath.Join(moduleFolder, kind))
		if err != nil || len(some) == 0 {
			t.Fatalf("no folder is %s: %v", kind, err)
		}
		found = append(found, some...)
	}
	return found
}

// block is one that terraform fmt has formatted, with its arguments at the outermost level.
type block struct {
	name string
	args map[string]string
}

var argument = regexp.MustCompile(`(?m)^  (\w+) += (.*)$`)

// blocks are those of a kind, such as variable.
func blocks(text, kind string) (found []block) {
	for _, match := range regexp.MustCompile(`(?ms)^`+kind+` "(\w+)" \{\n(.*?)^\}`).FindAllStringSubmatch(text, -1) {
		b := block{match[1], map[string]string{}}
		for _, a := range argument.FindAllStringSubmatch(match[2], -1) {
			b.args[a[1]] = a[2]
		}
		found = append(found, b)
	}
	return found
}

func sources(t *testing.T, folder string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no configuration: %v", folder, err)
	}
	var text strings.Builder
	for _, file := range files {
		text.WriteString(contents(t, file) + "\n")
	}
	return text.String()
}

// TestTheModulesTablesAreThoseOfTheCode compares each README with the code, or writes its tables.
func TestTheModulesTablesAreThoseOfTheCode(t *testing.T) {
	for _, folder := range folders(t, ".", "modules/*") {
		file, code := filepath.Join(folder, "README.md"), sources(t, folder)
		page := contents(t, file)
		text := between(t, page, "inputs", inputsTable(t, code))
		text = between(t, text, "outputs", outputsTable(t, code))
		if *update {
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if text != page {
			t.Errorf("%s says otherwise: go test ./deploy/stack -run %s -update\n%s", file, t.Name(), text)
		}
	}
}

// between puts a table between its two marks.
func between(t *testing.T, page, name, table string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->"
	before, rest, begins := strings.Cut(page, begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("the page has no place for %s", name)
	}
	return before + begin + table + end + after
}

func inputsTable(t *testing.T, code string) string {
	t.Helper()
	rows := "| name | type | default | description |\n|---|---|---|---|\n"
	for _, variable := range blocks(code, "variable") {
		standard := "required"
		if value, ok := variable.args["default"]; ok {
			standard = "`" + value + "`"
		}
		rows += "| `" + variable.name + "` | `" + variable.args["type"] + "` | " + standard + " | " +
			described(t, variable) + " |\n"
	}
	return rows
}

func outputsTable(t *testing.T, code string) string {
	t.Helper()
	rows := "| name | description |\n|---|---|\n"
	for _, output := range blocks(code, "output") {
		rows += "| `" + output.name + "` | " + described(t, output) + " |\n"
	}
	return rows
}

// described is the description as Markdown in a table.
func described(t *testing.T, b block) string {
	t.Helper()
	text, err := strconv.Unquote(b.args["description"])
	if err != nil {
		t.Fatalf("the description of %s: %v", b.name, err)
	}
	return strings.NewReplacer("|", `\|`, "*", `\*`, "<", "&lt;").Replace(text)
}

// TestEveryConfigurationSaysWhatItNeeds as registries want it: versions, and what is what.
func TestEveryConfigurationSaysWhatItNeeds(t *testing.T) {
	for _, folder := range folders(t, ".", "modules/*", "examples/*") {
		code := sources(t, folder)
		for _, says := range []string{"required_version = \">= ", "source  = \"hashicorp/aws\"", "version = \">= "} {
			if !strings.Contains(code, says) {
				t.Errorf("%s doesn't say %s", folder, says)
			}
		}
		for _, file := range []string{"main.tf", "variables.tf", "outputs.tf", "versions.tf"} {
			if _, err := os.Stat(filepath.Join(folder, file)); err != nil {
				t.Errorf("registries expect %s in every module: %v", file, err)
			}
		}
		for _, b := range slices.Concat(blocks(code, "variable"), blocks(code, "output")) {
			if described(t, b) == "" {
				t.Errorf("%s says nothing of %s", folder, b.name)
			}
		}
	}
	readme := contents(t, filepath.Join(moduleFolder, "README.md"))
	for _, folder := range folders(t, "modules/*", "examples/*") {
		name, err := filepath.Rel(moduleFolder, folder)
		if err != nil || !strings.Contains(readme, "]("+name) {
			t.Errorf("the module's README doesn't lead to %s: %v", folder, err)
		}
	}
}
