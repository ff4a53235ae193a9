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

// base64Alphabet holds the characters of secret access keys.
const base64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"

// secretLength is the length of every secret access key that AWS makes.
const secretLength = 40

// mistakes are things that people send instead of a secret access key, or around it. The first one
// that fits becomes the error.
var mistakes = []struct {
	is   func(text string) bool
	text string
}{
	{is(""), "standard input is empty"},
	{longer(longestSecret), fmt.Sprintf("standard input has more than %d characters", longestSecret)},
	{startsWith("\uFEFF"), "it begins with a byte order mark: save the file without one"},
	{matches(`^\s*[{[]\s*["{]`), "this is JSON: give only the value of SecretAccessKey, without quotes"},
	{matches(`(?im)^\W*(user name|access key id|iam user name|smtp username)\b.*,`),
		"this is a CSV file, such as the console's download: give only the column Secret access key of one row"},
	{matches(`(?m)^[^\r\n]*,`), "this is a row of a CSV file: give only the column Secret access key"},
	{matches(`(?i)^\s*(export |set )?[\["']*\w*\s*(access.?key|secret|smtp|aws|default|password)\w*[\]"']*\s*[=:\]]`),
		"this is name=value, as in a file of settings: give only the secret access key itself"},
	{matches(`^["'\x60]|["'\x60]\s*$`), "it is in quotes: leave them out"},
	{contains("\r\n"), "standard input has several lines: give one"},
	{has(unicode.IsSpace), "it contains spaces, which no secret access key has"},
	{matches(`^A[KS]IA[A-Z0-9]{16,}$`),
		"this is an access key ID, the SMTP username: give the secret access key that belongs to it"},
	{isSMTPPassword,
		"this is already an SMTP password: nothing can be derived from it, not even the password of another Region"},
	{matches(`^(IQoJ|FwoG|FQoG).{60,}`), "this is a session token of temporary credentials, which SES doesn't accept over SMTP"},
	{matches(`^[A-Za-z_]\w*=`), "this is name=value: give only the secret access key itself"},
	{has(odd), "it contains characters that secret access keys don't have"},
}

// parseSecret removes one line ending and checks the rest. It returns a doubt if the input may be a
// secret access key but doesn't look like one of AWS's. Errors and doubts never quote the input.
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

// isSMTPPassword recognises SES's SMTP passwords, which are 33 bytes in base64. The first byte is
// the version: 4, or 2 before 2019.
func isSMTPPassword(text string) bool {
	decoded, err := base64.StdEncoding.DecodeString(text)
	return err == nil && len(decoded) == 33 && (decoded[0] == 4 || decoded[0] == 2)
}

// odd reports whether r occurs neither in secret access keys nor in the made-up ones of published
// examples.
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
