package recording

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// hider replaces what differs between two accounts that behave equally: names, IDs, accounts.
type hider struct {
	known [][2]string // texts and their placeholders, the longest first: names contain each other
}

func newHider(s Stage) *hider {
	h := &hider{}
	h.is(s.User, "{user}")
	h.is(s.Secret, "{secret}")
	h.is(s.From, "{from}")
	if _, domain, _ := strings.Cut(s.From, "@"); domain != "" {
		h.is(domain, "{domain}")
	}
	h.is(s.Endpoint.Region, "{region}")
	h.is(strings.ToUpper(s.Endpoint.Region), "{REGION}")
	return h
}

// is has a text replaced from now on.
func (h *hider) is(text, placeholder string) {
	if text == "" {
		return
	}
	h.known = append(h.known, [2]string{text, placeholder})
	slices.SortStableFunc(h.known, func(a, b [2]string) int { return len(b[0]) - len(a[0]) })
}

// patterns are what nobody knows beforehand.
var patterns = []struct {
	is          *regexp.Regexp
	placeholder string
}{
	{regexp.MustCompile(`User: \S+ is not authorized`), "User: {caller} is not authorized"},
	{regexp.MustCompile(`\b[0-9a-f]{16}-[0-9a-f-]{20,}`), "{id}"}, // a mail's
	{regexp.MustCompile(`\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b`), "{id}"},
	{regexp.MustCompile(`\b[0-9]{12}\b`), "{account}"},
	{regexp.MustCompile(`\bA[KS]IA[A-Z0-9]{12,}\b`), "{key}"},
	{regexp.MustCompile(`\{secret\}-[A-Za-z0-9]{6}\b`), "{secret}"},
	{regexp.MustCompile(`\barn:aws[a-z-]*:`), "arn:aws:"},
}

// from is a text with all of that replaced, in one line.
func (h *hider) from(text string) string {
	for _, k := range h.known {
		text = strings.ReplaceAll(text, k[0], k[1])
	}
	for _, p := range patterns {
		text = p.is.ReplaceAllString(text, p.placeholder)
	}
	return strings.Join(strings.Fields(text), " ")
}

// refusal is what AWS answers to a call: its status, code and text. An error that AWS didn't answer
// with is returned.
func refusal(err error) (string, error) {
	if err == nil {
		return "nothing: it is done", nil
	}
	said, is := errors.AsType[smithy.APIError](err)
	if !is {
		return "", err
	}
	text := said.ErrorCode() + ": " + said.ErrorMessage()
	if r, is := errors.AsType[*smithyhttp.ResponseError](err); is {
		text = fmt.Sprintf("%d %s", r.HTTPStatusCode(), text)
	}
	return text, nil
}

// isDenied tells a permission that is missing. It answers nothing about AWS.
func isDenied(err error) bool {
	said, is := errors.AsType[smithy.APIError](err)
	return is && strings.HasPrefix(said.ErrorCode(), "AccessDenied")
}

// Hide replaces in a text what is the stage's, as answers have it.
func (s Stage) Hide(text string) string { return newHider(s).from(text) }
