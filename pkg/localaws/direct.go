package localaws

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// New makes a World that doesn't listen. Use it through IAM, SecretsManager, ParameterStore and the
// methods that act as people do. It needs no Close. Start makes a World that listens.
func New(cfg Config) *World { return newWorld(cfg) }

// direct serves a call that doesn't come over HTTP.
func (w *World) direct(req request) (any, error) {
	call, fault := w.arrived(req.about())
	result, err := w.perform(req, fault)
	w.answered(call, err)
	if err != nil {
		return nil, asSDKError(req.about(), err)
	}
	return result, nil
}

// asSDKError returns the error that the SDK's clients would make of a refusal, or of no answer.
func asSDKError(about Call, err error) error {
	wrapped := func(cause error) error {
		return &smithy.OperationError{ServiceID: about.Service, OperationName: about.Action, Err: cause}
	}
	if err == errDropped {
		return wrapped(&smithyhttp.RequestSendError{Err: errors.New(dropped)})
	}
	refusal := asAPIError(err)
	return wrapped(&smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: refusal.Status}},
		Err:      &smithy.GenericAPIError{Code: refusal.Code, Message: refusal.Message},
	})
}

// iamCall makes a call with those parameters that aren't nil; names and values alternate.
func (w *World) iamCall(action string, parameters ...*string) (any, error) {
	form := url.Values{}
	for i := 0; i < len(parameters); i += 2 {
		if parameters[i+1] != nil {
			form.Set(*parameters[i], *parameters[i+1])
		}
	}
	return w.direct(&iamRequest{action: action, form: form})
}

func (w *World) secretsCall(action string, in secretsInput) (*secretsOutput, error) {
	result, err := w.direct(&secretsRequest{action: action, in: in})
	if err != nil {
		return nil, err
	}
	return result.(*secretsOutput), nil
}

// These are names of the Query protocol's parameters.
var (
	userNameParameter    = aws.String("UserName")
	accessKeyIDParameter = aws.String("AccessKeyId")
	statusParameter      = aws.String("Status")
	markerParameter      = aws.String("Marker")
)

// asTime parses a time as IAM writes it. It returns nil if there is none.
func asTime(text string) *time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	return &t
}

// time returns an epoch as a time, or nil for 0.
func (e epoch) time() *time.Time {
	if e == 0 {
		return nil
	}
	t := time.UnixMilli(int64(float64(e)*1000 + 0.5)).UTC()
	return &t
}

// set returns a pointer to text, or nil if text is empty.
func set(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
