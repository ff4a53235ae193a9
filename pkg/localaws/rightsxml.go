package localaws

import (
	"encoding/xml"
	"net/url"
	"strings"
)

// listXML is the answer of an action that lists. Each such action has its own names for the answer
// and for the list.
type listXML struct {
	XMLName     xml.Name
	Items       itemsXML
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}

type itemsXML struct {
	XMLName xml.Name
	Items   any `xml:"member"`
}

type boundaryXML struct {
	Type string `xml:"PermissionsBoundaryType"`
	ARN  string `xml:"PermissionsBoundaryArn"`
}

type attachedXML struct {
	Name string `xml:"PolicyName"`
	ARN  string `xml:"PolicyArn"`
}

type groupXML struct {
	Path       string
	GroupName  string
	GroupID    string `xml:"GroupId"`
	ARN        string `xml:"Arn"`
	CreateDate string
}

type policyXML struct {
	Name           string `xml:"PolicyName"`
	ID             string `xml:"PolicyId"`
	ARN            string `xml:"Arn"`
	DefaultVersion string `xml:"DefaultVersionId"`
	IsAttachable   bool
	CreateDate     string
	UpdateDate     string
}

type versionXML struct {
	Document  string
	ID        string `xml:"VersionId"`
	IsDefault bool   `xml:"IsDefaultVersion"`
}

type mfaXML struct {
	UserName     string
	SerialNumber string
	EnableDate   string
}

type sshKeyXML struct {
	UserName   string
	ID         string `xml:"SSHPublicKeyId"`
	Status     string
	UploadDate string
}

type serviceCredentialXML struct {
	UserName        string
	Status          string
	ServiceUserName string
	CreateDate      string
	ID              string `xml:"ServiceSpecificCredentialId"`
	ServiceName     string
}

type certificateXML struct {
	UserName   string
	ID         string `xml:"CertificateId"`
	Body       string `xml:"CertificateBody"`
	Status     string
	UploadDate string
}

type getLoginProfileResult struct {
	XMLName               xml.Name `xml:"GetLoginProfileResult"`
	UserName              string   `xml:"LoginProfile>UserName"`
	CreateDate            string   `xml:"LoginProfile>CreateDate"`
	PasswordResetRequired bool     `xml:"LoginProfile>PasswordResetRequired"`
}

type getUserPolicyResult struct {
	XMLName  xml.Name `xml:"GetUserPolicyResult"`
	UserName string
	Name     string `xml:"PolicyName"`
	Document string `xml:"PolicyDocument"`
}

type getGroupPolicyResult struct {
	XMLName   xml.Name `xml:"GetGroupPolicyResult"`
	GroupName string
	Name      string `xml:"PolicyName"`
	Document  string `xml:"PolicyDocument"`
}

type getPolicyResult struct {
	XMLName xml.Name `xml:"GetPolicyResult"`
	Policy  policyXML
}

type getPolicyVersionResult struct {
	XMLName xml.Name   `xml:"GetPolicyVersionResult"`
	Version versionXML `xml:"PolicyVersion"`
}

// encoded returns a document as IAM writes it: it escapes everything but RFC 3986's unreserved
// characters.
func encoded(document string) string {
	return strings.ReplaceAll(url.QueryEscape(document), "+", "%20")
}
