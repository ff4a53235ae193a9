package localaws

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
)

const iamNamespace = "https://iam.amazonaws.com/doc/2010-05-08/"

// An iamRequest is a call in the AWS Query protocol: a form that names its action, answered in XML.
type iamRequest struct {
	action string
	form   url.Values
	signer string // the access key that signed the call
}

// credential finds the access key ID in an Authorization header.
var credential = regexp.MustCompile(`Credential=([^/]+)/`)

func newIAMRequest(r *http.Request, body []byte) *iamRequest {
	form, _ := url.ParseQuery(string(body))
	req := &iamRequest{action: form.Get("Action"), form: form}
	if found := credential.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		req.signer = found[1]
	}
	return req
}

func (r *iamRequest) about() Call {
	return Call{Service: "iam", Action: r.action, User: r.form.Get("UserName"), AccessKeyID: r.form.Get("AccessKeyId")}
}

func (r *iamRequest) effect(w *World) (any, error) {
	d := w.directory
	switch r.action {
	case "CreateUser":
		return d.iamCreateUser(r)
	case "GetUser":
		return d.iamGetUser(r)
	case "DeleteUser":
		return nil, d.deleteUser(r.form.Get("UserName"))
	case "CreateAccessKey":
		return d.iamCreateAccessKey(r)
	case "ListAccessKeys":
		return d.iamListAccessKeys(r)
	case "GetAccessKeyLastUsed":
		return d.iamGetAccessKeyLastUsed(r)
	case "UpdateAccessKey":
		return nil, d.iamUpdateAccessKey(r)
	case "DeleteAccessKey":
		return nil, d.iamDeleteAccessKey(r)
	}
	if read := readsRights[r.action]; read != nil {
		return read(d, r)
	}
	if read := readsAccount[r.action]; read != nil {
		return read(d, r)
	}
	return nil, refuse("InvalidAction", "Could not find operation %s for version 2010-05-08", r.action)
}

func (r *iamRequest) write(rw http.ResponseWriter, result any, err error) {
	rw.Header().Set("Content-Type", "text/xml")
	id := rw.Header().Get("X-Amzn-Requestid")
	if err != nil {
		refusal := asAPIError(err)
		rw.WriteHeader(refusal.Status)
		xml.NewEncoder(rw).Encode(newErrorXML(refusal, id))
		return
	}
	xml.NewEncoder(rw).Encode(responseXML{
		XMLName: xml.Name{Space: iamNamespace, Local: r.action + "Response"}, Result: result, RequestID: id,
	})
}
