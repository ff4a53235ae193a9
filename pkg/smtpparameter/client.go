package smtpparameter

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithytime "github.com/aws/smithy-go/time"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Client calls Parameter Store. It does only what this package needs: the SDK's own client would
// make the function an eighth larger, and its start slower for everybody.
type Client struct {
	Config   aws.Config // its Credentials, HTTPClient (nil is Go's own) and RetryMaxAttempts
	Region   string
	Endpoint string // a URL
}

var _ API = (*Client)(nil)

// Get implements API.
func (c *Client) Get(ctx context.Context, names []string) (map[string]Parameter, error) {
	var answer struct {
		Parameters []struct {
			Name, Type, Value string
			LastModifiedDate  float64 // seconds since 1970
		}
	}
	err := c.call(ctx, "GetParameters", map[string]any{"Names": names, "WithDecryption": true}, &answer)
	found := map[string]Parameter{}
	for _, p := range answer.Parameters {
		found[p.Name] = Parameter{p.Type, sessmtp.Password(p.Value), timeOf(p.LastModifiedDate)}
	}
	return found, err
}

func timeOf(seconds float64) time.Time {
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*1e9)).UTC().Truncate(time.Millisecond)
}

// Put implements API.
func (c *Client) Put(ctx context.Context, secure Secure) error {
	request := map[string]any{"Name": secure.Name, "Value": string(secure.Value), "Type": secureString,
		"Overwrite": true}
	if secure.KMSKey != "" {
		request["KeyId"] = secure.KMSKey
	}
	return c.call(ctx, putParameter, request, &struct{}{})
}

const putParameter = "PutParameter"

// Delete implements API.
func (c *Client) Delete(ctx context.Context, names []string) error {
	return c.call(ctx, "DeleteParameters", map[string]any{"Names": names}, &struct{}{})
}

// call makes one call, and returns errors in the SDK's form.
func (c *Client) call(ctx context.Context, action string, request, answer any) error {
	body, err := json.Marshal(request)
	if err == nil {
		err = c.insist(ctx, action, body, answer)
	}
	if err != nil {
		return &smithy.OperationError{ServiceID: "SSM", OperationName: action, Err: err}
	}
	return nil
}

// insist makes one call, and retries it if that may help, as the SDK does.
func (c *Client) insist(ctx context.Context, action string, body []byte, answer any) error {
	again := retry.NewStandard(func(o *retry.StandardOptions) {
		if action == putParameter {
			o.MaxAttempts = attempts
		}
		if c.Config.RetryMaxAttempts > 0 {
			o.MaxAttempts = c.Config.RetryMaxAttempts
		}
	})
	for attempt := 1; ; attempt++ {
		err := c.try(ctx, action, body, answer)
		if err == nil || attempt >= again.MaxAttempts() || ctx.Err() != nil || !again.IsErrorRetryable(err) {
			return err
		}
		delay, delayErr := again.RetryDelay(attempt, err)
		if delayErr != nil || smithytime.SleepWithContext(ctx, delay) != nil {
			return err
		}
	}
}

// attempts is how often PutParameter is tried. The SDK's three are too few: AWS allows a few calls
// a second in the whole account (3, says AWS's support in
// github-aws-runners/terraform-aws-github-runner#2944), and all functions of a fleet rotate at
// once. PutParameter is never the first call, so an endpoint that can't be reached still shows
// soon.
const attempts = 10

// try makes one call over AWS's JSON protocol, version 1.1.
func (c *Client) try(ctx context.Context, action string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if request.URL.Path == "" {
		request.URL.Path = "/"
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "AmazonSSM."+action)
	keys, err := c.Config.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	err = v4.NewSigner().SignHTTP(ctx, keys, request, hex.EncodeToString(hash[:]), "ssm", c.Region, time.Now())
	if err != nil {
		return err
	}
	response, err := c.http().Do(request)
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, mostAnswered))
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err}
	}
	if response.StatusCode != http.StatusOK {
		return refusal(action, response, text)
	}
	return json.Unmarshal(text, answer)
}

func (c *Client) http() aws.HTTPClient {
	if c.Config.HTTPClient == nil {
		return http.DefaultClient
	}
	return c.Config.HTTPClient
}

// mostAnswered is more than an answer with ten parameters of 8 KB needs.
const mostAnswered = 1 << 20

// refusal turns an answer other than 200 OK into an error in the SDK's form. The code may follow a
// namespace, or be in the header, with a URL after it.
func refusal(action string, response *http.Response, text []byte) error {
	var said struct {
		Code    string `json:"__type"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(text, &said) // a proxy's answer needn't be JSON
	code := said.Code
	if header := response.Header.Get("X-Amzn-Errortype"); code == "" {
		code = header
	}
	code, _, _ = strings.Cut(code[strings.LastIndex(code, "#")+1:], ":")
	if code == "" {
		code = response.Status
	}
	if action == putParameter && !harmless[code] {
		said.Message = "AWS's text isn't repeated here, because it may hold the value"
	}
	return &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: response},
		Err:      &smithy.GenericAPIError{Code: code, Message: said.Message},
	}
}

// harmless lists the codes of answers to PutParameter whose texts never mention the value. Texts
// that find a fault with the value quote it.
var harmless = map[string]bool{
	"AccessDeniedException": true, "ThrottlingException": true, "InvalidKeyId": true, "ParameterLimitExceeded": true,
	"HierarchyTypeMismatchException": true, "ParameterMaxVersionLimitExceeded": true, "TooManyUpdates": true,
	"InternalServerError": true, "UnrecognizedClientException": true, "ExpiredTokenException": true,
}
