package discover

import (
	"regexp"
	"strconv"
	"strings"
)

// plain needs no quotes in a shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=@,+-]+$`)

// quoted is text as a shell takes it for one word.
func quoted(text string) string {
	if plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// hcl is text in quotes of Terraform's, in which a template begins with ${ or %{ ("Strings and
// Templates", Terraform Language).
func hcl(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(text))
}
