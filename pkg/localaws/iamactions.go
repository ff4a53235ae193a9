package localaws

// handlesKeys has the actions about access keys.
var handlesKeys = map[string]iamAction{
	"CreateAccessKey":      (*directory).iamCreateAccessKey,
	"ListAccessKeys":       (*directory).iamListAccessKeys,
	"GetAccessKeyLastUsed": (*directory).iamGetAccessKeyLastUsed,
	"UpdateAccessKey":      (*directory).iamUpdateAccessKey,
	"DeleteAccessKey":      (*directory).iamDeleteAccessKey,
}

// userName returns the user that a call is about: the one it names, or else the one whose key
// signed it.
func (d *directory) userName(r *iamRequest) (string, error) {
	if name := r.form.Get("UserName"); name != "" {
		return name, nil
	}
	if k, err := d.key(r.signer); err == nil {
		return k.owner.name, nil
	}
	return "", refuse("ValidationError", "Must specify userName when calling with non-User credentials")
}

// roleID is the unique ID of the function's role.
const roleID = "AROAQ2ROTATOR2LOCAL22"

// caller returns the unique ID and the ARN of a call's signer. If the signer isn't a user here, it
// counts as the function's role.
func (d *directory) caller(signer string) (id, arn string) {
	if k, err := d.key(signer); err == nil {
		return k.owner.id, k.owner.arn()
	}
	return roleID + ":session", "arn:aws:sts::" + account + ":assumed-role/rotator/session"
}

// keyNamed returns the existing access key that a call is about.
func (d *directory) keyNamed(r *iamRequest) (*accessKey, error) {
	id := r.form.Get("AccessKeyId")
	if id == "" {
		return nil, missing("accessKeyId")
	}
	name, err := d.userName(r)
	if err != nil {
		return nil, err
	}
	return d.keyOf(name, id)
}

func (d *directory) iamCreateAccessKey(r *iamRequest) (any, error) {
	name, err := d.userName(r)
	if err != nil {
		return nil, err
	}
	k, err := d.createKey(name)
	if err != nil {
		return nil, err
	}
	return createAccessKeyResult{Key: keyXML{name, k.id, k.status, k.secret, xmlTime(k.created)}}, nil
}

func (d *directory) iamListAccessKeys(r *iamRequest) (any, error) {
	name, err := d.userName(r)
	if err != nil {
		return nil, err
	}
	u, err := d.user(name)
	if err != nil {
		return nil, err
	}
	keys := u.listed.at(d.now().Add(-d.listStaleness))
	keys, next, err := iamPage(d, r, keys)
	if err != nil {
		return nil, err
	}
	result := listAccessKeysResult{UserName: name, IsTruncated: next != "", Marker: next}
	for _, k := range keys {
		result.Keys = append(result.Keys, keyXML{name, k.ID, k.Status, "", xmlTime(k.Created)})
	}
	return result, nil
}

// iamGetAccessKeyLastUsed answers AccessDenied, not NoSuchEntity, if the key doesn't exist: IAM
// finds the user through the key, and without a user nobody has the permission.
func (d *directory) iamGetAccessKeyLastUsed(r *iamRequest) (any, error) {
	id := r.form.Get("AccessKeyId")
	if id == "" {
		return nil, missing("accessKeyId")
	}
	k, err := d.key(id)
	if err != nil {
		_, caller := d.caller(r.signer)
		return nil, refuse("AccessDenied", "User: %s is not authorized to perform iam:GetAccessKeyLastUsed on "+
			"resource: access key %s", caller, id)
	}
	result := getAccessKeyLastUsedResult{UserName: k.owner.name,
		LastUsed: lastUsedXML{ServiceName: "N/A", Region: "N/A"}}
	if last, ok := k.lastUse(d.now().Add(-d.lastUsedDelay)); ok {
		result.LastUsed = lastUsedXML{xmlTime(last.at), last.service, last.region}
	}
	return result, nil
}

func (d *directory) iamUpdateAccessKey(r *iamRequest) (any, error) {
	k, err := d.keyNamed(r)
	if err != nil {
		return nil, err
	}
	return nil, d.setStatus(k, r.form.Get("Status"))
}

func (d *directory) iamDeleteAccessKey(r *iamRequest) (any, error) {
	k, err := d.keyNamed(r)
	if err == nil {
		d.deleteKey(k)
	}
	return nil, err
}
