package localaws

import (
	"net/http"
	"net/url"
)

const iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"

// An iamRequest is a call to IAM.
type iamRequest struct {
	action string
	form   url.Values
	signer string // the access key that signed the call
}

// An iamAction does what a call asks, and returns the answer.
type iamAction func(*directory, *iamRequest) (any, error)

// iamActions has all actions by name, in groups.
var iamActions = []map[string]iamAction{handlesKeys, handlesUsers, changesRights, readsRights, readsAccount}

func newIAMRequest(r *http.Request, form url.Values) *iamRequest {
	return &iamRequest{action: form.Get("Action"), form: form, signer: signedWith(r)}
}

func (r *iamRequest) about() Call {
	return Call{Service: "iam", Action: r.action, User: r.form.Get("UserName"), AccessKeyID: r.form.Get("AccessKeyId")}
}

func (r *iamRequest) effect(w *World) (any, error) {
	for _, actions := range iamActions {
		if act := actions[r.action]; act != nil {
			return act(w.directory, r)
		}
	}
	return nil, refuse("InvalidAction", "Could not find operation %s for version 2010-05-08", r.action)
}

func (r *iamRequest) write(rw http.ResponseWriter, result any, err error) {
	writeQuery(rw, iamNamespace, r.action, result, err)
}
