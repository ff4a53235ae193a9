package event

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/credential"
)

// mediumSeverity is the lowest severity that GuardDuty calls Medium ("Findings severity levels",
// Amazon GuardDuty User Guide). Most findings about a stolen user key have that severity.
const mediumSeverity = 4

// finding has the members of a finding that matter here ("GuardDuty IAM finding types").
type finding struct {
	Type      lenient `json:"type"`
	Severity  lenient `json:"severity"`
	AccountID lenient `json:"accountId"`
	Service   struct {
		Archived       lenient `json:"archived"`
		EventFirstSeen lenient `json:"eventFirstSeen"`
	} `json:"service"`
	Resource struct {
		ResourceType     lenient `json:"resourceType"`
		AccessKeyDetails struct {
			AccessKeyID lenient `json:"accessKeyId"`
			UserName    lenient `json:"userName"`
			UserType    lenient `json:"userType"`
		} `json:"accessKeyDetails"`
	} `json:"resource"`
}

// parseGuardDuty reads a finding about the use of an access key. A user that only sends mail calls
// no API that GuardDuty watches, so whatever GuardDuty saw, it wasn't an application.
func parseGuardDuty(f fields) (Event, error) {
	var detail finding
	if json.Unmarshal(f["detail"], &detail) != nil {
		return nil, invalid("detail: isn't that of a GuardDuty finding")
	}
	if why := detail.settled(); why != "" {
		if !f.isEnvelope() {
			return nil, invalid("detail-type: is missing; and %s, so nothing was done; a tick is {}", why)
		}
		return parseOther(f)
	}
	about := Exposed{
		Account: f.account(detail.AccountID), Noticed: f.noticed(string(detail.Service.EventFirstSeen)),
		Reason: withoutSecrets("GuardDuty: " + string(detail.Type)),
	}
	return detail.leak(about), nil
}

// settled says why a finding needs no action. It returns "" if it needs one.
func (d finding) settled() string {
	key := d.Resource.AccessKeyDetails
	severity, err := strconv.ParseFloat(strings.TrimSpace(string(d.Severity)), 64)
	switch {
	case key.AccessKeyID == "" && key.UserName == "" && d.Resource.ResourceType != "AccessKey":
		return "the finding isn't about an access key"
	case strings.EqualFold(string(d.Service.Archived), "true"):
		return "the finding is archived"
	case err == nil && severity < mediumSeverity:
		return "the finding is of low severity"
	}
	return ""
}

// leak returns a leak of the key that the finding names, or else of the user: temporary credentials
// don't say from which of the user's keys they came.
func (d finding) leak(about Exposed) (leak Leak) {
	const where = "detail.resource.accessKeyDetails."
	key := d.Resource.AccessKeyDetails
	about.Where = where + "accessKeyId"
	leak.addKeys(keyIDsIn(string(key.AccessKeyID)), about)
	if len(leak.Exposed) > 0 {
		return leak
	}
	about.Where = where + "userName"
	name, kind := strings.TrimSpace(string(key.UserName)), string(key.UserType)
	switch {
	case kind != "" && kind != "IAMUser" && kind != "FederatedUser": // such as a role; no user has such a name
		about.UserName = kind + "/" + name
	case kind != "FederatedUser" && credential.IsUserName(name) && !isNobody(name):
		about.UserName = name
	default:
		leak.unread(about.Reason +
			": detail.resource.accessKeyDetails names neither a user nor a user's access key")
		return leak
	}
	leak.Exposed = append(leak.Exposed, about)
	return leak
}
