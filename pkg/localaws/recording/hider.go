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

// hider replaces what differs between two accounts that behave equally: names, IDs, accounts.
type hider struct {
	region string
	known  []known // the longest first: names contain each other
}

// known is a text that is replaced.
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

// is has a text replaced from now on, in capitals and small letters.
func (h *hider) is(text, placeholder string) {
	if text == "" {
		return
	}
	h.known = append(h.known, known{regexp.MustCompile("(?i)" + regexp.QuoteMeta(text)), placeholder, len(text)})
	slices.SortStableFunc(h.known, func(a, b known) int { return b.length - a.length })
}

// patterns are what nobody knows beforehand.
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
	{regexp.MustCompile(`\b[0-9a-f]{16}-[0-9a-f-]{20,}`), "{id}"}, // a mail's
	{regexp.MustCompile(`\b[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b`), "{id}"},
	{regexp.MustCompile(`\b[0-9]{12}\b`), "{account}"},
	{regexp.MustCompile(`\bA[KS]IA[A-Z0-9]{12,}\b`), "{key}"},
	{regexp.MustCompile(`\{secret\}-[A-Za-z0-9]{6}\b`), "{secret}"},
	{regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b`), "{address}"},
	{regexp.MustCompile(`\[[0-9a-fA-F:.]*:[0-9a-fA-F:.]*\](:\d+)?`), "{address}"},
	{regexp.MustCompile(`(?i)(/home|/root|/Users|C:\\Users)[^\s:'"]*`), "{file}"},
}

// from is a text with all of that replaced, in one line.
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

// isNoAnswer tells an error that says nothing about what was asked: a permission that is missing,
// credentials that have expired, a service that is too busy or has failed.
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

// isExpired tells that the credentials are of no use any more, so that nothing can be asked.
func isExpired(err error) bool {
	said, is := errors.AsType[smithy.APIError](err)
	return is && slices.Contains([]string{"ExpiredToken", "ExpiredTokenException", "RequestExpired",
		"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch"}, said.ErrorCode())
}

// Hide replaces in a text what is the stage's, as answers have it.
func (s Stage) Hide(text string) string { return newHider(s).from(text) }
