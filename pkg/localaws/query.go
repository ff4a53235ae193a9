package localaws

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"regexp"
)

// newQueryRequest reads a call in the AWS Query protocol: a form that names its action, answered in
// XML. IAM and STS use it, each with its own version.
func newQueryRequest(r *http.Request, body []byte) request {
	form, _ := url.ParseQuery(string(body))
	if form.Get("Version") == stsVersion {
		return newSTSRequest(r, form)
	}
	return newIAMRequest(r, form)
}

// credential finds the access key ID in an Authorization header.
var credential = regexp.MustCompile(`Credential=([^/]+)/`)

// signedWith returns the ID of the access key that signed a request, or "".
func signedWith(r *http.Request) string {
	if found := credential.FindStringSubmatch(r.Header.Get("Authorization")); found != nil {
		return found[1]
	}
	return ""
}

// writeQuery answers a call to the service with that namespace.
func writeQuery(rw http.ResponseWriter, namespace, action string, result any, err error) {
	rw.Header().Set("Content-Type", "text/xml")
	id := rw.Header().Get("X-Amzn-Requestid")
	if err != nil {
		refusal := asAPIError(err)
		rw.WriteHeader(refusal.Status)
		xml.NewEncoder(rw).Encode(newErrorXML(namespace, refusal, id))
		return
	}
	xml.NewEncoder(rw).Encode(responseXML{
		XMLName: xml.Name{Space: namespace, Local: action + "Response"}, Result: result, RequestID: id,
	})
}

type responseXML struct {
	XMLName   xml.Name
	Result    any
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

type errorXML struct {
	XMLName xml.Name
	Error   struct {
		Type    string // whose fault it was: Sender or Receiver
		Code    string
		Message string
	}
	RequestID string `xml:"RequestId"`
}

func newErrorXML(namespace string, e *apiError, requestID string) errorXML {
	answer := errorXML{XMLName: xml.Name{Space: namespace, Local: "ErrorResponse"}, RequestID: requestID}
	answer.Error.Type, answer.Error.Code, answer.Error.Message = "Sender", e.Code, e.Message
	if e.Status >= 500 {
		answer.Error.Type = "Receiver"
	}
	return answer
}
