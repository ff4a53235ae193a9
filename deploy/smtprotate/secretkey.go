package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// base64Alphabet is what secret access keys are made of.
const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"

// secretLength is that of every secret access key that AWS makes.
const secretLength = 40

// mistakes are what people send instead of a secret access key, or around it. The first that fits
// is told.
var mistakes = []struct {
	is   func(text string) bool
	text string
}{
	{is(""), "nothing on standard input"},
	{longer(longestSecret), fmt.Sprintf("more than %d characters on standard input", longestSecret)},
	{startsWith("\uFEFF"), "a byte order mark stands in front of it; save the file without one"},
	{matches(`^\s*[{[]\s*["{]`), "this is JSON; the value of SecretAccessKey alone is wanted, without quotes"},
	{matches(`(?im)^\W*(user name|access key id|iam user name|smtp username)\b.*,`),
		"this is a CSV file, as the console's download is; the column Secret access key alone is wanted, of one row"},
	{matches(`(?m)^[^\r\n]*,`), "this is a row of a CSV file; the column Secret access key alone is wanted"},
	{matches(`(?i)^\s*(export |set )?[\["']*\w*\s*(access.?key|secret|smtp|aws|default|password)\w*[\]"']*\s*[=:\]]`),
		"this is name=value, as in a file of settings; the secret access key's value alone is wanted"},
	{matches(`^["'\x60]|["'\x60]\s*$`), "it is in quotes; leave them out"},
	{contains("\r\n"), "several lines on standard input, and one is wanted"},
	{has(unicode.IsSpace), "it contains spaces, and secret access keys don't"},
	{matches(`^A[KS]IA[A-Z0-9]{16,}$`),
		"this is an access key ID, the SMTP username; the secret that belongs to it is wanted"},
	{isSMTPPassword,
		"this is an SMTP password already; nothing can be derived from it, not even one for another Region"},
	{matches(`^(IQoJ|FwoG|FQoG).{60,}`), "this is a session token of temporary credentials, which SES's SMTP doesn't take"},
	{matches(`^[A-Za-z_]\w*=`), "this is name=value; the secret access key's value alone is wanted"},
	{has(odd), "it contains characters that secret access keys don't have"},
}

// parseSecret takes one line ending off and looks at what is left. What may be a secret access key,
// but isn't as AWS makes them, gives a doubt. Errors and doubts never quote the input.
func parseSecret(input string) (secret sessmtp.SecretAccessKey, doubt, err error) {
	line := strings.TrimSuffix(strings.TrimSuffix(input, "\n"), "\r")
	for _, mistake := range mistakes {
		if mistake.is(line) {
			return "", nil, errors.New(mistake.text)
		}
	}
	if len(line) != secretLength || strings.Trim(line, base64Alphabet) != "" {
		doubt = fmt.Errorf("this doesn't look like a secret access key, which has %d characters of A-Z, a-z, 0-9, / "+
			"and + (this has %d characters); if it isn't one, SES refuses the password", secretLength, len(line))
	}
	return sessmtp.SecretAccessKey(line), doubt, nil
}

// isSMTPPassword knows SES's SMTP passwords, which are 33 bytes in base64. The first byte is the
// version: 4, and 2 before 2019.
func isSMTPPassword(text string) bool {
	decoded, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(decoded) == 33 && (decoded[0] == 4 || decoded[0] == 2)
}

// odd is no character of a secret access key, nor of the made-up ones in published examples.
func odd(r rune) bool { return r != '_' && !strings.ContainsRune(base64Alphabet, r) }

func is(text string) func(string) bool { return func(s string) bool { return s == text } }

func longer(than int) func(string) bool { return func(s string) bool { return len(s) > than } }

func startsWith(text string) func(string) bool {
	return func(s string) bool { return strings.HasPrefix(s, text) }
}

func contains(anyOf string) func(string) bool {
	return func(s string) bool { return strings.ContainsAny(s, anyOf) }
}

func has(kind func(rune) bool) func(string) bool {
	return func(s string) bool { return strings.ContainsFunc(s, kind) }
}

func matches(expression string) func(string) bool { return regexp.MustCompile(expression).MatchString }
