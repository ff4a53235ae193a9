package event

import (
	"net/url"

	"github.com/aws/aws-lambda-go/cfn"
)

// StackChange is CloudFormation's request for a custom resource. Creating the resource makes the
// first credential. Deleting it deletes the user's keys, because CloudFormation can't delete a user
// that has any. Anybody who may invoke the function can write one: the function asks whether it is
// its own stack's.
type StackChange struct {
	Request  cfn.Event // its ResponseURL takes the answer
	OnDelete OnDelete
	// Fault says what can't be understood. It isn't an error of Parse, because CloudFormation has
	// to get an answer all the same: it waits an hour for one.
	Fault error
}

func (StackChange) isEvent() {}

// OnDelete is what becomes of the user's access keys when the resource is deleted. It is a property
// of the resource.
type OnDelete string

const (
	// DeleteKeys deletes them all.
	DeleteKeys OnDelete = "decommission"
	// DeleteStoredKeys deletes those that the secret has, for a user that stays and a secret that
	// goes. It is the default: what the secret doesn't name may be anybody's, and has to be asked
	// for.
	DeleteStoredKeys OnDelete = "decommission-stored"
	// KeepKeys deletes none, because both the user and the secret stay.
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
		return nil, invalid("RequestType: in an event of CloudFormation's it is text, " +
			"and ResponseURL a URL that takes the answer")
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
