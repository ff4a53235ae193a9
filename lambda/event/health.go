package event

import "encoding/json"

// exposed is the AWS Health event of an access key that was found in public ("AWS Health event type
// codes").
const exposed = "AWS_RISK_CREDENTIALS_EXPOSED"

// parseHealth reads which access keys AWS found in public.
func parseHealth(text json.RawMessage) (Event, error) {
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
		return Tick{}, nil
	}
	leak := Leak{Reason: exposed}
	for _, entity := range detail.AffectedEntities {
		if !isAccessKeyID(entity.EntityValue) {
			return nil, invalid("detail.affectedEntities: %q is not an access key ID", entity.EntityValue)
		}
		leak.AccessKeyIDs = append(leak.AccessKeyIDs, entity.EntityValue)
	}
	if len(leak.AccessKeyIDs) == 0 {
		const nobody = "detail.affectedEntities: %s names no access key; run an emergency with its access_key_id"
		return nil, invalid(nobody, exposed)
	}
	return leak, nil
}
