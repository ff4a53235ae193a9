package localaws

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// readsAccount has the actions that read a whole account.
var readsAccount = map[string]iamAction{
	"GetAccountAuthorizationDetails": (*directory).iamGetAccountAuthorizationDetails,
	"GenerateCredentialReport":       (*directory).iamGenerateCredentialReport,
	"GetCredentialReport":            (*directory).iamGetCredentialReport,
}

// inOrder returns the values of a map in the order of their keys, so that pages fit together.
func inOrder[V any](of map[string]V) (all []V) {
	for _, key := range slices.Sorted(maps.Keys(of)) {
		all = append(all, of[key])
	}
	return all
}

// iamGetAccountAuthorizationDetails pages through users, groups and policies as one list:
// IsTruncated and Marker are for all of them together ("GetAccountAuthorizationDetails", IAM API
// Reference). This package has no roles.
func (d *directory) iamGetAccountAuthorizationDetails(r *iamRequest) (any, error) {
	wanted := r.entityTypes()
	var all []any
	if wanted["User"] {
		for _, u := range inOrder(d.users) {
			all = append(all, u)
		}
	}
	if wanted["Group"] {
		for _, g := range inOrder(d.groups) {
			all = append(all, g)
		}
	}
	for _, p := range inOrder(d.policies) {
		if p.awsOwn() && wanted["AWSManagedPolicy"] || !p.awsOwn() && wanted["LocalManagedPolicy"] {
			all = append(all, p)
		}
	}
	part, next, err := iamPage(d, r, all)
	if err != nil {
		return nil, err
	}
	result := authorizationDetailsResult{IsTruncated: next != "", Marker: next}
	for _, item := range part {
		switch item := item.(type) {
		case *user:
			result.Users = append(result.Users, item.detail())
		case *group:
			result.Groups = append(result.Groups, item.detail())
		case *managedPolicy:
			result.Policies = append(result.Policies, item.detail())
		}
	}
	return result, nil
}

// entityTypes returns the types in the call's Filter.member.1 and so on, or all types if there are
// none.
func (r *iamRequest) entityTypes() map[string]bool {
	wanted := map[string]bool{}
	for i := 1; ; i++ {
		name := r.form.Get(fmt.Sprintf("Filter.member.%d", i))
		if name == "" {
			break
		}
		wanted[name] = true
	}
	if len(wanted) == 0 {
		for _, name := range []string{"User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"} {
			wanted[name] = true
		}
	}
	return wanted
}

// awsOwn reports whether AWS made the policy, and not the account.
func (p *managedPolicy) awsOwn() bool { return strings.HasPrefix(p.arn, "arn:aws:iam::aws:") }

func (u *user) detail() userDetailXML {
	detail := userDetailXML{userXML: u.xml(), Groups: u.groups, Policies: u.rights.details()}
	for _, arn := range u.rights.attached {
		detail.Attached = append(detail.Attached, asAttached(arn))
	}
	return detail
}

func (g *group) detail() groupDetailXML {
	detail := groupDetailXML{groupXML: g.xml(), Policies: g.rights.details()}
	for _, arn := range g.rights.attached {
		detail.Attached = append(detail.Attached, asAttached(arn))
	}
	return detail
}

func (r *rights) details() (all []inlineXML) {
	for _, p := range r.inline {
		all = append(all, inlineXML{p.name, encoded(p.document)})
	}
	return all
}

func (p *managedPolicy) detail() policyDetailXML {
	detail := policyDetailXML{policyXML: p.xml()}
	for i, text := range slices.Backward(p.texts) {
		detail.Versions = append(detail.Versions, versionXML{
			Document: encoded(text), ID: fmt.Sprintf("v%d", i+1), IsDefault: i == len(p.texts)-1,
		})
	}
	return detail
}

type userDetailXML struct {
	userXML
	Policies []inlineXML   `xml:"UserPolicyList>member,omitempty"`
	Groups   []string      `xml:"GroupList>member,omitempty"`
	Attached []attachedXML `xml:"AttachedManagedPolicies>member,omitempty"`
}

type groupDetailXML struct {
	groupXML
	Policies []inlineXML   `xml:"GroupPolicyList>member,omitempty"`
	Attached []attachedXML `xml:"AttachedManagedPolicies>member,omitempty"`
}

type policyDetailXML struct {
	policyXML
	Versions []versionXML `xml:"PolicyVersionList>member"`
}

type inlineXML struct {
	Name     string `xml:"PolicyName"`
	Document string `xml:"PolicyDocument"`
}

type authorizationDetailsResult struct {
	XMLName     xml.Name          `xml:"GetAccountAuthorizationDetailsResult"`
	Users       []userDetailXML   `xml:"UserDetailList>member,omitempty"`
	Groups      []groupDetailXML  `xml:"GroupDetailList>member,omitempty"`
	Policies    []policyDetailXML `xml:"Policies>member,omitempty"`
	IsTruncated bool
	Marker      string `xml:",omitempty"`
}
