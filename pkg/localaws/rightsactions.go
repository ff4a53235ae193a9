package localaws

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
)

// readsRights has the actions that read what gives a user rights or a way in.
var readsRights = map[string]iamAction{
	"ListUserPolicies":               ofUser((*directory).iamListUserPolicies),
	"GetUserPolicy":                  ofUser((*directory).iamGetUserPolicy),
	"ListAttachedUserPolicies":       ofUser((*directory).iamListAttachedUserPolicies),
	"ListGroupsForUser":              ofUser((*directory).iamListGroupsForUser),
	"GetLoginProfile":                ofUser((*directory).iamGetLoginProfile),
	"ListMFADevices":                 ofUser((*directory).iamListMFADevices),
	"ListSSHPublicKeys":              ofUser((*directory).iamListSSHPublicKeys),
	"ListServiceSpecificCredentials": ofUser((*directory).iamListServiceSpecificCredentials),
	"ListSigningCertificates":        ofUser((*directory).iamListSigningCertificates),
	"ListGroupPolicies":              (*directory).iamListGroupPolicies,
	"GetGroupPolicy":                 (*directory).iamGetGroupPolicy,
	"ListAttachedGroupPolicies":      (*directory).iamListAttachedGroupPolicies,
	"GetPolicy":                      (*directory).iamGetPolicy,
	"GetPolicyVersion":               (*directory).iamGetPolicyVersion,
}

// ofUser makes an action about a user: it finds the user first.
func ofUser(act func(*directory, *iamRequest, *user) (any, error)) iamAction {
	return func(d *directory, r *iamRequest) (any, error) {
		name, err := d.userName(r)
		if err != nil {
			return nil, err
		}
		u, err := d.user(name)
		if err != nil {
			return nil, err
		}
		return act(d, r, u)
	}
}

// iamPage returns the page of a list that a call asks for.
func iamPage[T any](d *directory, r *iamRequest, items []T) (part []T, next string, err error) {
	size, _ := strconv.Atoi(r.form.Get("MaxItems"))
	if d.pageSize > 0 && (size < 1 || size > d.pageSize) {
		size = d.pageSize
	}
	part, next, err = page(items, r.form.Get("Marker"), size)
	if err != nil {
		return nil, "", refuse("ValidationError", "Invalid Marker.")
	}
	return part, next, nil
}

// iamList answers a call that lists: it returns the page that the call asks for, under the list's
// name.
func iamList[T, X any](d *directory, r *iamRequest, name string, items []T, xmlOf func(T) X) (any, error) {
	part, next, err := iamPage(d, r, items)
	if err != nil {
		return nil, err
	}
	listed := make([]X, len(part))
	for i, item := range part {
		listed[i] = xmlOf(item)
	}
	return listXML{
		XMLName: xml.Name{Local: r.action + "Result"}, Items: itemsXML{xml.Name{Local: name}, listed},
		IsTruncated: next != "", Marker: next,
	}, nil
}

func asIs(name string) string { return name }

func asAttached(arn string) attachedXML { return attachedXML{policyName(arn), arn} }

func (d *directory) iamListUserPolicies(r *iamRequest, u *user) (any, error) {
	return iamList(d, r, "PolicyNames", u.rights.names(), asIs)
}

func (d *directory) iamGetUserPolicy(r *iamRequest, u *user) (any, error) {
	p, err := u.rights.find("user", r.form.Get("PolicyName"))
	if err != nil {
		return nil, err
	}
	return getUserPolicyResult{UserName: u.name, Name: p.name, Document: encoded(p.document)}, nil
}

func (d *directory) iamListAttachedUserPolicies(r *iamRequest, u *user) (any, error) {
	return iamList(d, r, "AttachedPolicies", u.rights.attached, asAttached)
}

func (d *directory) iamListGroupsForUser(r *iamRequest, u *user) (any, error) {
	return iamList(d, r, "Groups", u.groups, func(name string) groupXML {
		return d.groups[name].xml()
	})
}

func (g *group) xml() groupXML {
	return groupXML{"/", g.name, g.id, "arn:aws:iam::" + account + ":group/" + g.name, xmlTime(g.created)}
}

func (d *directory) iamListGroupPolicies(r *iamRequest) (any, error) {
	g, err := d.group(r.form.Get("GroupName"))
	if err != nil {
		return nil, err
	}
	return iamList(d, r, "PolicyNames", g.rights.names(), asIs)
}

func (d *directory) iamGetGroupPolicy(r *iamRequest) (any, error) {
	g, err := d.group(r.form.Get("GroupName"))
	if err != nil {
		return nil, err
	}
	p, err := g.rights.find("group", r.form.Get("PolicyName"))
	if err != nil {
		return nil, err
	}
	return getGroupPolicyResult{GroupName: g.name, Name: p.name, Document: encoded(p.document)}, nil
}

func (d *directory) iamListAttachedGroupPolicies(r *iamRequest) (any, error) {
	g, err := d.group(r.form.Get("GroupName"))
	if err != nil {
		return nil, err
	}
	return iamList(d, r, "AttachedPolicies", g.rights.attached, asAttached)
}

func (d *directory) iamGetPolicy(r *iamRequest) (any, error) {
	p, err := d.policy(r.form.Get("PolicyArn"))
	if err != nil {
		return nil, err
	}
	return getPolicyResult{Policy: p.xml()}, nil
}

func (p *managedPolicy) xml() policyXML {
	return policyXML{
		Name: policyName(p.arn), ID: p.id, ARN: p.arn, DefaultVersion: fmt.Sprintf("v%d", len(p.texts)),
		IsAttachable: true,
		CreateDate:   xmlTime(p.created), UpdateDate: xmlTime(p.updated),
	}
}

func (d *directory) iamGetPolicyVersion(r *iamRequest) (any, error) {
	p, err := d.policy(r.form.Get("PolicyArn"))
	if err != nil {
		return nil, err
	}
	id := r.form.Get("VersionId")
	n, err := strconv.Atoi(strings.TrimPrefix(id, "v"))
	if err != nil || n < 1 || n > len(p.texts) {
		return nil, refuse("NoSuchEntity", "Policy %s version %s does not exist or is not attachable.", p.arn, id)
	}
	return getPolicyVersionResult{Version: versionXML{
		Document: encoded(p.texts[n-1]), ID: fmt.Sprintf("v%d", n), IsDefault: n == len(p.texts),
	}}, nil
}
