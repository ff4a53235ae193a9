package localaws

import (
	"encoding/json"
	"net/http"
)

// A secretsRequest is a call in the AWS JSON 1.1 protocol: a header names the action, and bodies
// are JSON.
type secretsRequest struct {
	action string
	in     secretsInput
	err    error // if the body can't be read
}

func newSecretsRequest(action string, body []byte) *secretsRequest {
	r := &secretsRequest{action: action}
	if err := json.Unmarshal(body, &r.in); err != nil {
		r.err = refuse("SerializationException", "%v", err)
	}
	return r
}

func (r *secretsRequest) about() Call {
	call := Call{Service: "secretsmanager", Action: r.action, SecretID: r.in.SecretID}
	if call.SecretID == "" {
		call.SecretID = r.in.Name
	}
	return call
}

func (r *secretsRequest) effect(w *World) (any, error) {
	if r.err != nil {
		return nil, r.err
	}
	v, in := w.vault, &r.in
	switch r.action {
	case "CreateSecret":
		return v.createSecret(in)
	case "DescribeSecret":
		return v.describeSecret(in)
	case "GetSecretValue":
		return v.getSecretValue(in)
	case "PutSecretValue":
		return v.putSecretValue(in)
	case "UpdateSecretVersionStage":
		return v.updateSecretVersionStage(in)
	case "ListSecretVersionIds":
		return v.listSecretVersionIDs(in)
	case "ListSecrets":
		return v.listSecrets(in)
	case "DeleteSecret":
		return v.deleteSecret(in)
	}
	return nil, refuse("UnknownOperationException", "")
}

func (r *secretsRequest) write(rw http.ResponseWriter, result any, err error) {
	rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	if err != nil {
		refusal := asAPIError(err)
		rw.WriteHeader(refusal.Status)
		result = map[string]string{"__type": refusal.Code, "Message": refusal.Message}
	}
	json.NewEncoder(rw).Encode(result)
}
