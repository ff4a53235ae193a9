package localaws

import (
	"encoding/xml"
	"time"
)

// These are the forms of IAM's answers. Actions without a result answer with metadata only.

// xmlTime formats a time as IAM does: in whole seconds.
func xmlTime(t time.Time) string { return t.UTC().Format(time.RFC3339) }

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
