package localaws

func (d *directory) iamGetLoginProfile(_ *iamRequest, u *user) (any, error) {
	if u.ways.password.IsZero() {
		return nil, refuse("NoSuchEntity", "Login Profile for User %s cannot be found.", u.name)
	}
	return getLoginProfileResult{UserName: u.name, CreateDate: xmlTime(u.ways.password)}, nil
}

func (d *directory) iamListMFADevices(r *iamRequest, u *user) (any, error) {
	return iamList(d, r, "MFADevices", u.ways.mfa, func(m device) mfaXML {
		return mfaXML{u.name, m.serial, xmlTime(m.enabled)}
	})
}

func (d *directory) iamListSSHPublicKeys(r *iamRequest, u *user) (any, error) {
	return iamList(d, r, "SSHPublicKeys", u.ways.sshKeys, func(k login) sshKeyXML {
		return sshKeyXML{u.name, k.id, k.status, xmlTime(k.created)}
	})
}

func (d *directory) iamListServiceSpecificCredentials(r *iamRequest, u *user) (any, error) {
	return iamList(d, r, "ServiceSpecificCredentials", u.ways.services, func(c login) serviceCredentialXML {
		return serviceCredentialXML{u.name, c.status, u.name + "-at-" + account, xmlTime(c.created), c.id, c.service}
	})
}

func (d *directory) iamListSigningCertificates(r *iamRequest, u *user) (any, error) {
	return iamList(d, r, "Certificates", u.ways.certificates, func(c login) certificateXML {
		return certificateXML{u.name, c.id, "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", c.status,
			xmlTime(c.created)}
	})
}
