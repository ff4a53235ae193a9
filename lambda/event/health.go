package event

import (
	"encoding/json"
	"fmt"
	"strings"
)

// AWS Health reports leaked access keys with several codes: EXPOSED and COMPROMISED, both with
// _SUSPECTED if AWS isn't sure, and one that says that it has quarantined the user (the list in
// aws-health-tools, "AWS_RISK_CREDENTIALS_EXPOSED"). New codes that begin with
// AWS_RISK_CREDENTIALS_ count as well.
const (
	riskCredentials = "AWS_RISK_CREDENTIALS_"
	riskQuarantine  = "AWS_RISK_IAM_QUARANTINE"
	suspected       = "_SUSPECTED"
)

func tellsOfLeak(code string) bool {
	return strings.HasPrefix(code, riskCredentials) || code == riskQuarantine
}

// parseHealth reads which users or keys leaked. An event may have several pages, be repeated with
// updates, and come from a second Region as well. None of that matters, nor does the event's
// status: a revoked key is gone, and an existing one isn't secret again because AWS closed the case
// ("Reference: AWS Health events Amazon EventBridge schema", AWS Health User Guide).
func parseHealth(f fields) (Event, error) {
	var detail fields
	var code string
	var account, began lenient
	if json.Unmarshal(f["detail"], &detail) != nil || !detail.read(map[string]any{"eventTypeCode": &code}) {
		return nil, invalid("detail: isn't that of an AWS Health event")
	}
	entities := detail.entities()
	if !tellsOfLeak(code) {
		return parseOtherHealth(f, code, len(entities) > 0)
	}
	_ = detail.read(map[string]any{"affectedAccount": &account, "startTime": &began})
	about := Exposed{
		Account: f.account(account), Noticed: f.noticed(string(began)), Suspected: strings.HasSuffix(code, suspected),
		Reason: withoutSecrets(code),
	}
	var leak Leak
	for i, raw := range entities {
		about.Where = fmt.Sprintf("detail.affectedEntities[%d]", i)
		leak.add(entityIn(raw), about)
	}
	if len(leak.Exposed) == 0 {
		leak.addResources(f, about)
	}
	if len(leak.Exposed)+len(leak.Unread) == 0 {
		leak.unread("detail.affectedEntities: " + code + " names nothing that can be read")
	}
	return leak, nil
}

// parseOtherHealth refuses an event that would be a leak if its code were written as AWS writes it.
func parseOtherHealth(f fields, code string, affects bool) (Event, error) {
	const passOn = "; have the rule pass AWS Health's event on as it is, or send an action"
	if aws := strings.ToUpper(strings.TrimSpace(code)); tellsOfLeak(aws) {
		return nil, invalid("detail.eventTypeCode: %q must be written %s"+passOn, code, aws)
	}
	if code == "" && affects {
		return nil, invalid("detail.eventTypeCode: is missing, but there are affectedEntities" + passOn)
	}
	return parseOther(f)
}

// entities returns a Health event's entities. If the field isn't a list, it counts as one entity.
func (f fields) entities() (all []json.RawMessage) {
	raw, ok := f["affectedEntities"]
	if ok && json.Unmarshal(raw, &all) != nil {
		return []json.RawMessage{raw}
	}
	return all
}

// entityIn returns the text of an entity. If there is none where AWS puts it, it returns the
// entity's whole JSON: no user has such a name, and access key IDs are found in it.
func entityIn(raw json.RawMessage) string {
	var entity struct {
		EntityValue string `json:"entityValue"`
	}
	if json.Unmarshal(raw, &entity) == nil && entity.EntityValue != "" {
		return entity.EntityValue
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return "[" + string(raw) + "]"
}

// addResources reads the field in which EventBridge repeats the entities.
func (l *Leak) addResources(f fields, about Exposed) {
	var resources []string
	_ = f.read(map[string]any{"resources": &resources})
	var repeated Leak
	for i, resource := range resources {
		about.Where = fmt.Sprintf("resources[%d]", i)
		repeated.add(resource, about)
	}
	l.Exposed = append(l.Exposed, repeated.Exposed...)
}
