package event

import (
	"net/url"

	"github.com/aws/aws-lambda-go/cfn"
)

// StackChange is CloudFormation's request for a custom resource. Creating the resource makes the
// first credential. Deleting it deletes the user's keys, because CloudFormation can't delete a user
// that has any. Anybody who may invoke the function can write such a request, so the function
// checks that it comes from its own stack.
type StackChange struct {
	Request  cfn.Event // the answer goes to its ResponseURL
	OnDelete OnDelete
	// Fault says what can't be understood. Parse returns it here and not as an error, because
	// CloudFormation needs an answer all the same: it waits an hour for one.
	Fault error
}

func (StackChange) isEvent() {}

// OnDelete says which of the user's access keys to delete with the resource. It is a property of
// the resource.
type OnDelete string

const (
	// DeleteKeys deletes all of them.
	DeleteKeys OnDelete = "decommission"
	// DeleteStoredKeys deletes those that the secret names; it is for a user that stays when its
	// secret is deleted. It is the default: a key that the secret doesn't name may belong to
	// somebody else, so deleting it has to be asked for.
	DeleteStoredKeys OnDelete = "decommission-stored"
	// KeepKeys deletes none, because the user and the secret both stay.
	KeepKeys OnDelete = "keep"
)

func parseStackChange(f fields) (Event, error) {
	var r cfn.Event
	understood := f.read(map[string]any{
		"RequestType":           &r.RequestType,
		"RequestId":             &r.RequestID,
		"ResponseURL":           &r.ResponseURL,
		"ResourceType":          &r.ResourceType,
		"PhysicalResourceId":    &r.PhysicalResourceID,
		"LogicalResourceId":     &r.LogicalResourceID,
		"StackId":               &r.StackID,
		"ResourceProperties":    &r.ResourceProperties,
		"OldResourceProperties": &r.OldResourceProperties,
	})
	to, err := url.Parse(r.ResponseURL)
	if !understood || r.RequestType == "" || err != nil || to.Host == "" {
		return nil, invalid("RequestType and ResponseURL: must be text and a URL, as CloudFormation sends them")
	}
	change := StackChange{Request: r}
	change.OnDelete, change.Fault = parseOnDelete(r.ResourceProperties["OnDelete"])
	switch r.RequestType {
	case cfn.RequestCreate, cfn.RequestUpdate, cfn.RequestDelete:
	default:
		if change.Fault == nil {
			change.Fault = invalid("RequestType: unknown %q; there are Create, Update and Delete", r.RequestType)
		}
	}
	return change, nil
}

func parseOnDelete(property any) (OnDelete, error) {
	if property == nil {
		return DeleteStoredKeys, nil
	}
	text, _ := property.(string)
	switch on := OnDelete(text); on {
	case DeleteKeys, DeleteStoredKeys, KeepKeys:
		return on, nil
	}
	return "", invalid(`OnDelete: unknown %q; there are "decommission", "decommission-stored" and "keep"`, property)
}
