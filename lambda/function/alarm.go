package function

import (
	"encoding/json"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// exposed is the AWS Health event that tells of a leaked access key ("AWS Health event type codes").
const exposed = "AWS_RISK_CREDENTIALS_EXPOSED"

// parseAlarm understands events in which AWS tells of a leaked access key. Others are ticks.
func parseAlarm(event map[string]json.RawMessage) ([]rotation.Request, error) {
	var source string
	if json.Unmarshal(event["source"], &source) != nil {
		return tick(), nil
	}
	switch source {
	case "aws.health":
		return parseHealth(event["detail"])
	case "aws.guardduty":
		return parseGuardDuty(event["detail"])
	}
	return tick(), nil
}

// leaked is an emergency for a key that an alarm names, which may be any user's of the account.
func leaked(id, reason string) rotation.Request {
	return rotation.Request{Action: rotation.Emergency, AccessKeyID: id, IfOurs: true, Reason: reason}
}

// parseHealth reads what AWS found in public.
func parseHealth(text json.RawMessage) ([]rotation.Request, error) {
	var detail struct {
		EventTypeCode    string `json:"eventTypeCode"`
		AffectedEntities []struct {
			EntityValue string `json:"entityValue"`
		} `json:"affectedEntities"`
	}
	if json.Unmarshal(text, &detail) != nil {
		return nil, invalid("detail: not that of an AWS Health event")
	}
	if detail.EventTypeCode != exposed {
		return tick(), nil
	}
	var reqs []rotation.Request
	for _, entity := range detail.AffectedEntities {
		if !isAccessKeyID(entity.EntityValue) {
			return nil, invalid("detail.affectedEntities: %q is not an access key ID", entity.EntityValue)
		}
		reqs = append(reqs, leaked(entity.EntityValue, exposed))
	}
	if len(reqs) == 0 {
		return nil, invalid("detail.affectedEntities: %s names no access key; run an emergency with its access_key_id", exposed)
	}
	return reqs, nil
}

// parseGuardDuty reads what is suspicious about the use of an access key ("GuardDuty IAM finding types"). A user that only sends
// mail calls no API, so any use that GuardDuty sees isn't the applications'.
func parseGuardDuty(text json.RawMessage) ([]rotation.Request, error) {
	var detail struct {
		Type     string `json:"type"`
		Service  struct{ Archived bool }
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
		return tick(), nil
	case !isAccessKeyID(id):
		return nil, invalid("detail.resource.accessKeyDetails.accessKeyId: %q is not an access key ID", id)
	}
	return []rotation.Request{leaked(id, "GuardDuty: "+detail.Type)}, nil
}
