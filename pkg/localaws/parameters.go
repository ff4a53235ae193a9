package localaws

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// A parametersRequest is a call to Parameter Store in the AWS JSON 1.1 protocol.
type parametersRequest struct {
	action string
	in     parametersInput
	err    error // if the body can't be read
}

func newParametersRequest(action string, body []byte) *parametersRequest {
	r := &parametersRequest{action: action}
	if err := json.Unmarshal(body, &r.in); err != nil {
		r.err = refuse("SerializationException", "%v", err)
	}
	return r
}

func (r *parametersRequest) about() Call {
	call := Call{Service: "ssm", Action: r.action, Parameters: r.in.Name}
	if call.Parameters == "" {
		call.Parameters = strings.Join(r.in.Names, ",")
	}
	return call
}

// parameterActions has Systems Manager's actions for Parameter Store.
var parameterActions = map[string]func(*shelf, *parametersInput) (any, error){
	"PutParameter":        (*shelf).putParameter,
	"GetParameter":        (*shelf).getParameter,
	"GetParameters":       (*shelf).getParameters,
	"GetParameterHistory": (*shelf).getParameterHistory,
	"DeleteParameter":     (*shelf).deleteParameter,
	"DeleteParameters":    (*shelf).deleteParameters,
}

func (r *parametersRequest) effect(w *World) (any, error) {
	act := parameterActions[r.action]
	switch {
	case r.err != nil:
		return nil, r.err
	case act == nil:
		return nil, refuse("UnknownOperationException", "")
	}
	if err := r.in.check(r.action); err != nil {
		return nil, err
	}
	return act(&w.shelf, &r.in)
}

// write answers. An error's text, if any, is in "message", or for some errors in "Message": clients
// must read both.
func (r *parametersRequest) write(rw http.ResponseWriter, result any, err error) {
	rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err != nil {
		refusal := asAPIError(err)
		rw.WriteHeader(refusal.Status)
		answer := map[string]string{"__type": refusal.Code}
		switch {
		case refusal.Message == "":
		case oneOf(refusal.Code, "AccessDeniedException", "InternalServerError", "TooManyUpdates"):
			answer["Message"] = refusal.Message
		default:
			answer["message"] = refusal.Message
		}
		result = answer
	}
	json.NewEncoder(rw).Encode(result)
}

func oneOf(text string, of ...string) bool { return slices.Contains(of, text) }
