package localaws

import (
	"encoding/xml"
	"maps"
	"slices"
	"strings"
)

// handlesUsers has the actions about users.
var handlesUsers = map[string]iamAction{
	"CreateUser":   (*directory).iamCreateUser,
	"GetUser":      ofUser((*directory).iamGetUser),
	"ListUsers":    (*directory).iamListUsers,
	"ListUserTags": ofUser((*directory).iamListUserTags),
	"DeleteUser":   (*directory).iamDeleteUser,
}

// iamCreateUser checks everything before it makes the user.
func (d *directory) iamCreateUser(r *iamRequest) (any, error) {
	path, boundary := r.form.Get("Path"), r.form.Get("PermissionsBoundary")
	if path != "" && !userPath.MatchString(path) {
		return nil, refuse("ValidationError", "The specified value for path is invalid. It must begin and end with / "+
			"and contain only alphanumeric characters and/or / characters.")
	}
	tags, err := r.tags()
	if err != nil {
		return nil, err
	}
	if boundary != "" && d.policies[boundary] == nil {
		return nil, refuse("NoSuchEntity", "Scope ARN: %s does not exist or is not attachable.", boundary)
	}
	u, err := d.createUser(r.form.Get("UserName"))
	if err != nil {
		return nil, err
	}
	u.path, u.tags, u.boundary = path, tags, boundary
	d.hold(u)
	return createUserResult{User: u.xml()}, nil
}

func (d *directory) iamGetUser(_ *iamRequest, u *user) (any, error) {
	return getUserResult{User: u.xml()}, nil
}

// iamListUsers lists the users whose path begins with PathPrefix. Like IAM, it leaves out
// boundaries and tags ("ListUsers", IAM API Reference).
func (d *directory) iamListUsers(r *iamRequest) (any, error) {
	prefix := r.form.Get("PathPrefix")
	users := slices.DeleteFunc(inOrder(d.users), func(u *user) bool { return !strings.HasPrefix(u.pathOf(), prefix) })
	return iamList(d, r, "Users", users, func(u *user) userXML {
		listed := u.xml()
		listed.Boundary, listed.Tags = nil, nil
		return listed
	})
}

func (d *directory) iamListUserTags(r *iamRequest, u *user) (any, error) {
	return iamList(d, r, "Tags", u.tagList(), func(t tag) tag { return t })
}

func (d *directory) iamDeleteUser(r *iamRequest) (any, error) {
	return nil, d.deleteUser(r.form.Get("UserName"))
}

type userXML struct {
	Path       string
	UserName   string
	UserID     string `xml:"UserId"`
	ARN        string `xml:"Arn"`
	CreateDate string
	Boundary   *boundaryXML `xml:"PermissionsBoundary"`
	Tags       *tagsXML
}

// tagsXML is nil if there are no tags, so that the answer has no such element.
type tagsXML struct {
	Members []tag `xml:"member"`
}

func (u *user) xml() userXML {
	answer := userXML{u.pathOf(), u.name, u.id, u.arn(), xmlTime(u.created), nil, nil}
	if u.boundary != "" {
		answer.Boundary = &boundaryXML{"PermissionsBoundaryPolicy", u.boundary}
	}
	if tags := u.tagList(); tags != nil {
		answer.Tags = &tagsXML{tags}
	}
	return answer
}

// tagList returns the user's tags, by key.
func (u *user) tagList() (all []tag) {
	for _, key := range slices.Sorted(maps.Keys(u.tags)) {
		all = append(all, tag{key, u.tags[key]})
	}
	return all
}

type createUserResult struct {
	XMLName xml.Name `xml:"CreateUserResult"`
	User    userXML
}

type getUserResult struct {
	XMLName xml.Name `xml:"GetUserResult"`
	User    userXML
}
