package discover

import (
	"regexp"
	"strconv"
	"strings"
)

// plain matches text that needs no quotes in a shell.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=@,+-]+$`)

// quoted quotes text so that a shell reads it as one word.
func quoted(text string) string {
	if plain.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// hcl quotes text for Terraform, where ${ and %{ begin a template ("Strings and Templates",
// Terraform Language).
func hcl(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strconv.Quote(text))
}
