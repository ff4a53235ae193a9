package event

import "encoding/json"

// parseGuardDuty reads a finding about the use of an access key ("GuardDuty IAM finding types"). A
// user that only sends mail calls no API that GuardDuty watches, so whatever it sees wasn't an
// application.
func parseGuardDuty(text json.RawMessage) (Event, error) {
	var detail struct {
		Type    string `json:"type"`
		Service struct {
			Archived bool `json:"archived"`
		} `json:"service"`
		Resource struct {
			AccessKeyDetails struct {
				AccessKeyID string `json:"accessKeyId"`
			} `json:"accessKeyDetails"`
		} `json:"resource"`
	}
	if json.Unmarshal(text, &detail) != nil {
		return nil, invalid("detail: not that of a GuardDuty finding")
	}
	id := detail.Resource.AccessKeyDetails.AccessKeyID
	switch {
	case id == "" || detail.Service.Archived: // about something else, or settled by a person
		return Tick{}, nil
	case !isAccessKeyID(id):
		return nil, invalid("detail.resource.accessKeyDetails.accessKeyId: %q is not an access key ID", id)
	}
	return Leak{AccessKeyIDs: []string{id}, Reason: "GuardDuty: " + detail.Type}, nil
}
