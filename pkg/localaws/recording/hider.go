package recording

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// hider replaces what differs between two accounts that behave the same: names, IDs, accounts.
type hider struct {
	region string
	known  []known // the longest first, because one may contain another
}

// known is a text that is replaced with a placeholder.
type known struct {
	is          *regexp.Regexp
	placeholder string
	length      int
}

func newHider(s Stage) *hider {
	h := &hider{region: s.Endpoint.Region}
	h.is(s.User, "{user}")
	h.is(s.Secret, "{secret}")
	h.is(s.From, "{from}")
	if _, domain, _ := strings.Cut(s.From, "@"); domain != "" {
		h.is(domain, "{domain}")
	}
	h.is(s.Endpoint.Host, "{host}")
	return h
}

// is makes the hider replace a text from now on, in upper and lower case.
func (h *hider) is(text, placeholder string) {
	if text == "" {
		return
	}
	h.known = append(h.known, known{regexp.MustCompile("(?i)" + regexp.QuoteMeta(text)), placeholder, len(text)})
	slices.SortStableFunc(h.known, func(a, b known) int { return b.length - a.length })
}

// patterns match texts that aren't known beforehand.
var patterns = []struct {
	is          *regexp.Regexp
	placeholder string
}{
	{regexp.MustCompile(`User: \S+ is not authorized`), "User: {caller} is not authorized"},
	{regexp.MustCompile(`\barn:aws[a-z-]*:`), "arn:aws:"},
	{regexp.MustCompile(`arn:aws:(iam|sts)::[0-9]+:(assumed-role|role|federated-user|root)[^\s'"]*`), "{caller}"},
	{regexp.MustCompile(`(user/[^\s'"{]*)ses-smtp-rehearsal-[\w{}-]+`), "${1}{user}"},
	{regexp.MustCompile(`\bses-smtp-rehearsal-[\w{}-]+(/[a-z]+)?`), "{name}"},
	// An identity may be the sender's domain or one above it.
	{regexp.MustCompile(`identity/[^\s'"{]+`), "identity/{domain}"},
	{regexp.MustCompile(`\b[0-9a-f]{16}-[0-9a-f-]{20,}`), "{id}"}, // a mail's ID
	{regexp.MustCompile(`\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b`), "{id}"},
	{regexp.MustCompile(`\b[0-9]{12}\b`), "{account}"},
	{regexp.MustCompile(`\bA[KS]IA[A-Z0-9]{12,}\b`), "{key}"},
	{regexp.MustCompile(`\{secret\}-[A-Za-z0-9]{6}\b`), "{secret}"},
	{regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b`), "{address}"},
	{regexp.MustCompile(`\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\](:\d+)?`), "{address}"},
	{regexp.MustCompile(`(?i)(/home|/root|/Users|C:\\Users)[^\s:'"]*`), "{file}"},
}

// from returns a text with all of these replaced, on one line.
func (h *hider) from(text string) string {
	for _, k := range h.known {
		text = k.is.ReplaceAllLiteralString(text, k.placeholder)
	}
	if h.region != "" {
		text = strings.NewReplacer(h.region, "{region}", strings.ToUpper(h.region), "{REGION}").Replace(text)
	}
	for _, p := range patterns {
		text = p.is.ReplaceAllString(text, p.placeholder)
	}
	return strings.Join(strings.Fields(text), " ")
}

// refusal returns AWS's answer to a call: its status, code and text. If err isn't an answer of AWS,
// it returns err.
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

// isNoAnswer reports whether an error says nothing about the question: a permission is missing, the
// credentials have expired, or the service is too busy or has failed.
func isNoAnswer(err error) bool {
	said, is := errors.AsType[smithy.APIError](err)
	if !is {
		return false
	}
	r, is := errors.AsType[*smithyhttp.ResponseError](err)
	return is && r.HTTPStatusCode() >= http.StatusInternalServerError || isExpired(err) ||
		strings.HasPrefix(said.ErrorCode(), "AccessDenied") || retry.IsErrorThrottles(retry.DefaultThrottles).
		IsErrorThrottle(err).Bool()
}

// isExpired reports whether the credentials no longer work, so that nothing can be asked.
func isExpired(err error) bool {
	said, is := errors.AsType[smithy.APIError](err)
	return is && slices.Contains([]string{"ExpiredToken", "ExpiredTokenException", "RequestExpired",
		"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}, said.ErrorCode())
}

// Hide replaces the stage's names in a text with the placeholders that answers use.
func (s Stage) Hide(text string) string { return newHider(s).from(text) }
