package localaws

import (
	"encoding/base64"
	"encoding/csv"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// reportLife is how long IAM returns the same report before it makes another ("Generate credential
// reports for your AWS account", IAM User Guide).
const reportLife = 4 * time.Hour

// A credentialReport is what IAM wrote about all users at one time.
type credentialReport struct {
	made time.Time
	text string
}

func (d *directory) hasReport() bool {
	return d.report != nil && d.now().Sub(d.report.made) < reportLife
}

// iamGenerateCredentialReport starts a report, and says COMPLETE only at the next call, as IAM
// does.
func (d *directory) iamGenerateCredentialReport(*iamRequest) (any, error) {
	if d.hasReport() {
		return generateReportResult{State: "COMPLETE"}, nil
	}
	d.report = &credentialReport{made: d.time(), text: d.writeReport()}
	const begun = "No report exists. Starting a new report generation task"
	return generateReportResult{State: "STARTED", Description: begun}, nil
}

func (d *directory) iamGetCredentialReport(*iamRequest) (any, error) {
	switch {
	case d.report == nil:
		return nil, &apiError{http.StatusGone, "ReportNotPresent", "No report exists."}
	case !d.hasReport():
		return nil, &apiError{http.StatusGone, "ReportExpired", "The most recent report is too old."}
	}
	return getReportResult{
		Content: base64.StdEncoding.EncodeToString([]byte(d.report.text)), ReportFormat: "text/csv",
		GeneratedTime: xmlTime(d.report.made),
	}, nil
}

// reportColumns lists the report's columns in order.
var reportColumns = strings.Fields(`user arn user_creation_time
	password_enabled password_last_used password_last_changed password_next_rotation mfa_active
	access_key_1_active access_key_1_last_rotated access_key_1_last_used_date access_key_1_last_used_region
	access_key_1_last_used_service
	access_key_2_active access_key_2_last_rotated access_key_2_last_used_date access_key_2_last_used_region
	access_key_2_last_used_service
	cert_1_active cert_1_last_rotated cert_2_active cert_2_last_rotated`)

func (d *directory) writeReport() string {
	var text strings.Builder
	out := csv.NewWriter(&text)
	out.Write(reportColumns)
	root := []string{"<root_account>", "arn:aws:iam::" + account + ":root", "2015-01-01T00:00:00+00:00",
		"not_supported", "no_information", "not_supported", "not_supported", "true"}
	out.Write(append(append(append(root, noKeyReported...), noKeyReported...), "false", "N/A", "false", "N/A"))
	for _, u := range inOrder(d.users) {
		out.Write(d.reported(u))
	}
	out.Flush()
	return text.String()
}

var noKeyReported = []string{"false", "N/A", "N/A", "N/A", "N/A"}

// reported returns a user's row.
func (d *directory) reported(u *user) []string {
	row := []string{u.name, u.arn(), reportTime(u.created)}
	if u.ways.password.IsZero() {
		row = append(row, "false", "N/A", "N/A", "N/A")
	} else {
		row = append(row, "true", "no_information", reportTime(u.ways.password), "N/A")
	}
	row = append(row, fmt.Sprint(len(u.ways.mfa) > 0))
	for i := range keyQuota {
		if i >= len(u.keys) {
			row = append(row, noKeyReported...)
			continue
		}
		k := u.keys[i]
		row = append(row, fmt.Sprint(k.status == active), reportTime(k.created))
		if last, ok := k.lastUse(d.now().Add(-d.lastUsedDelay)); ok {
			row = append(row, reportTime(last.at), last.region, last.service)
		} else {
			row = append(row, "N/A", "N/A", "N/A")
		}
	}
	for i := range 2 {
		if i >= len(u.ways.certificates) {
			row = append(row, "false", "N/A")
			continue
		}
		c := u.ways.certificates[i]
		row = append(row, fmt.Sprint(c.status == active), reportTime(c.created))
	}
	return row
}

// reportTime formats a time as the report does.
func reportTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }

type generateReportResult struct {
	XMLName     xml.Name `xml:"GenerateCredentialReportResult"`
	State       string
	Description string `xml:",omitempty"`
}

type getReportResult struct {
	XMLName       xml.Name `xml:"GetCredentialReportResult"`
	Content       string
	ReportFormat  string
	GeneratedTime string
}

// UseKeyFor marks an access key as used at some time, for any service. service is IAM's name for
// it.
func (w *World) UseKeyFor(id string, at time.Time, service, region string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.directory.use(id, use{at, service, region})
}
