package event

import "encoding/json"

// mediumSeverity is where GuardDuty's Medium begins ("Findings severity levels", Amazon GuardDuty
// User Guide). Most findings that a stolen user key causes are of that severity.
const mediumSeverity = 4

// finding is what matters of one ("GuardDuty IAM finding types").
type finding struct {
	Type      string   `json:"type"`
	Severity  *float64 `json:"severity"`
	AccountID string   `json:"accountId"`
	Service   struct {
		Archived bool `json:"archived"`
	} `json:"service"`
	Resource struct {
		AccessKeyDetails struct {
			AccessKeyID string `json:"accessKeyId"`
			UserName    string `json:"userName"`
			UserType    string `json:"userType"`
		} `json:"accessKeyDetails"`
	} `json:"resource"`
}

// parseGuardDuty reads a finding about the use of an access key. A user that only sends mail calls
// no API that GuardDuty watches, so whatever it sees wasn't an application.
func parseGuardDuty(f fields) (Event, error) {
	var detail finding
	if json.Unmarshal(f["detail"], &detail) != nil {
		return nil, invalid("detail: not that of a GuardDuty finding")
	}
	const where = "detail.resource.accessKeyDetails.accessKeyId"
	key := detail.Resource.AccessKeyDetails
	about := Exposed{Reason: withoutSecrets("GuardDuty: " + detail.Type), Where: where}
	switch {
	case key.AccessKeyID == "", detail.Service.Archived: // about something else, or settled by a person
		return parseOther(f)
	case detail.Severity != nil && *detail.Severity < mediumSeverity:
		return parseOther(f)
	case isAccessKeyID(key.AccessKeyID) && !isTemporary(key.AccessKeyID):
		about.AccessKeyID = key.AccessKeyID
	case !isAnyKeyID(key.AccessKeyID):
		return nil, invalid(where + ": isn't an access key ID")
	default: // temporary credentials don't say from which of the user's keys they were had
		about.UserName, about.Account, about.Told = key.UserName, detail.AccountID, f.told()
		if key.UserType != "" && key.UserType != "IAMUser" { // a role's; no user has such a name
			about.UserName = key.UserType + "/" + key.UserName
		}
	}
	return Leak{Exposed: []Exposed{about}}, nil
}
