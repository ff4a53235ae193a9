package event

import (
	"encoding/json"
	"fmt"
	"strings"
)

// AWS Health tells of access keys in the wrong hands with several codes: EXPOSED, COMPROMISED, both
// with _SUSPECTED if AWS isn't sure, and that it has quarantined the user (the list in
// aws-health-tools, "AWS_RISK_CREDENTIALS_EXPOSED"). Later codes of the first kind count as well.
const (
	riskCredentials = "AWS_RISK_CREDENTIALS_"
	riskQuarantine  = "AWS_RISK_IAM_QUARANTINE"
	suspected       = "_SUSPECTED"
)

// parseHealth reads who leaked. An event may have several pages, come again with updates, and from
// a second Region. None of that matters, nor does its status: a key that has been revoked is gone,
// and AWS's closing the case doesn't make a key secret that is still there ("Reference: AWS Health
// events Amazon EventBridge schema", AWS Health User Guide).
func parseHealth(f fields) (Event, error) {
	var detail fields
	var code, account string
	var entities []json.RawMessage
	if json.Unmarshal(f["detail"], &detail) != nil || !detail.read(map[string]any{"eventTypeCode": &code}) {
		return nil, invalid("detail: not that of an AWS Health event")
	}
	if !strings.HasPrefix(code, riskCredentials) && code != riskQuarantine {
		return parseOther(f)
	}
	if !detail.read(map[string]any{"affectedEntities": &entities}) {
		return nil, invalid("detail.affectedEntities: not that of an AWS Health event")
	}
	_ = detail.read(map[string]any{"affectedAccount": &account})
	var leak Leak
	about := Exposed{
		Account: account, Told: f.told(), Suspected: strings.HasSuffix(code, suspected), Reason: withoutSecrets(code),
	}
	for i, raw := range entities {
		var entity struct {
			EntityValue string `json:"entityValue"`
		}
		_ = json.Unmarshal(raw, &entity) // then it is empty, and can't be read
		about.Where = fmt.Sprintf("detail.affectedEntities[%d]", i)
		leak.add(entity.EntityValue, about)
	}
	if len(entities) == 0 {
		leak.addResources(f, about)
	}
	if len(leak.Exposed) == 0 {
		const nobody = "detail.affectedEntities: %s names no access key and no user; " +
			"look in AWS Health, and run an emergency with the access_key_id"
		return nil, invalid(nobody, code)
	}
	return leak, nil
}

// addResources reads where EventBridge repeats the entities.
func (l *Leak) addResources(f fields, about Exposed) {
	var resources []string
	_ = f.read(map[string]any{"resources": &resources})
	for i, resource := range resources {
		about.Where = fmt.Sprintf("resources[%d]", i)
		l.add(resource, about)
	}
}
