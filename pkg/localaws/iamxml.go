package localaws

import (
	"encoding/xml"
	"time"
)

// The shapes of IAM's answers. Those of actions with no result have metadata only.

// xmlTime is a time as IAM writes it: in whole seconds.
func xmlTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

type responseXML struct {
	XMLName   xml.Name
	Result    any
	RequestID string `xml:"ResponseMetadata>RequestId"`
}

type errorXML struct {
	XMLName xml.Name `xml:"https://iam.amazonaws.com/doc/2010-05-08/ ErrorResponse"`
	Error   struct {
		Type    string // whose fault it was: Sender or Receiver
		Code    string
		Message string
	}
	RequestID string `xml:"RequestId"`
}

func newErrorXML(e *apiError, requestID string) errorXML {
	answer := errorXML{RequestID: requestID}
	answer.Error.Type, answer.Error.Code, answer.Error.Message = "Sender", e.Code, e.Message
	if e.Status >= 500 {
		answer.Error.Type = "Receiver"
	}
	return answer
}

type userXML struct {
	Path       string
	UserName   string
	UserID     string `xml:"UserId"`
	ARN        string `xml:"Arn"`
	CreateDate string
	Boundary   *boundaryXML `xml:"PermissionsBoundary"`
}

func (u *user) xml() userXML {
	answer := userXML{u.pathOf(), u.name, u.id, u.arn(), xmlTime(u.created), nil}
	if u.boundary != "" {
		answer.Boundary = &boundaryXML{"PermissionsBoundaryPolicy", u.boundary}
	}
	return answer
}

func (u *user) arn() string { return "arn:aws:iam::" + account + ":user" + u.pathOf() + u.name }

type keyXML struct {
	UserName        string
	AccessKeyID     string `xml:"AccessKeyId"`
	Status          string
	SecretAccessKey string `xml:",omitempty"`
	CreateDate      string
}

type lastUsedXML struct {
	LastUsedDate string `xml:",omitempty"`
	ServiceName  string
	Region       string
}

type createUserResult struct {
	XMLName xml.Name `xml:"CreateUserResult"`
	User    userXML
}

type getUserResult struct {
	XMLName xml.Name `xml:"GetUserResult"`
	User    userXML
}

type createAccessKeyResult struct {
	XMLName xml.Name `xml:"CreateAccessKeyResult"`
	Key     keyXML   `xml:"AccessKey"`
}

type listAccessKeysResult struct {
	XMLName     xml.Name `xml:"ListAccessKeysResult"`
	UserName    string
	Keys        []keyXML `xml:"AccessKeyMetadata>member"`
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

type getAccessKeyLastUsedResult struct {
	XMLName  xml.Name `xml:"GetAccessKeyLastUsedResult"`
	UserName string
	LastUsed lastUsedXML `xml:"AccessKeyLastUsed"`
}
