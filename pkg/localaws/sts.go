package localaws

import (
	"encoding/xml"
	"net/http"
	"net/url"
)

const (
	stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"
	stsVersion   = "2011-06-15" // distinguishes its calls from IAM's, which use the same protocol
)

// An stsRequest is a call to the Security Token Service, in the Query protocol.
type stsRequest struct {
	action string
	signer string // the access key that signed the call
}

func newSTSRequest(r *http.Request, form url.Values) *stsRequest {
	return &stsRequest{action: form.Get("Action"), signer: signedWith(r)}
}

func (r *stsRequest) about() Call { return Call{Service: "sts", Action: r.action} }

func (r *stsRequest) effect(w *World) (any, error) {
	if r.action != "GetCallerIdentity" {
		return nil, refuse("InvalidAction", "Could not find operation %s for version %s", r.action, stsVersion)
	}
	id, arn := w.directory.caller(r.signer)
	return callerIdentityResult{UserID: id, Account: account, ARN: arn}, nil
}

func (r *stsRequest) write(rw http.ResponseWriter, result any, err error) {
	writeQuery(rw, stsNamespace, r.action, result, err)
}

type callerIdentityResult struct {
	XMLName xml.Name `xml:"GetCallerIdentityResult"`
	ARN     string   `xml:"Arn"`
	UserID  string   `xml:"UserId"`
	Account string
}
