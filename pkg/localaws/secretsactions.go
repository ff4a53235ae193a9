package localaws

import "time"

func (v *vault) createSecret(in *secretsInput) (any, error) {
	if err := checkName(in.Name); err != nil {
		return nil, err
	}
	token, err := in.token()
	if err != nil {
		return nil, err
	}
	c, hasContent, err := in.content()
	if err != nil {
		return nil, err
	}
	s := v.secrets[in.Name]
	if retried := s != nil && hasContent && s.deleted.IsZero() && s.version(token) != nil; !retried {
		if s, err = v.create(in.Name); err != nil {
			return nil, err
		}
		s.description, s.tags = in.Description, in.Tags
	}
	out := &secretsOutput{ARN: s.arn, Name: s.name}
	if hasContent {
		if _, err := v.put(s, token, c, nil); err != nil {
			return nil, err
		}
		out.VersionID = token
	}
	return out, nil
}

func (v *vault) describeSecret(in *secretsInput) (any, error) {
	s, err := v.find(in.SecretID)
	if err != nil {
		return nil, err
	}
	labels := s.labels.at(v.now().Add(-v.staleness))
	stages := map[string][]string{}
	for _, version := range s.versions {
		if on := labelsOf(labels, version.id); on != nil {
			stages[version.id] = on
		}
	}
	return &secretsOutput{
		ARN: s.arn, Name: s.name, Description: s.description, VersionIDsToStages: stages,
		CreatedDate: epochOf(s.created), LastChangedDate: epochOf(s.changed), DeletedDate: epochOf(s.deleted),
		Tags: s.tags,
	}, nil
}

func (v *vault) getSecretValue(in *secretsInput) (any, error) {
	s, err := v.usable(in.SecretID)
	if err != nil {
		return nil, err
	}
	found, labels, err := v.read(s, in.VersionID, in.VersionStage)
	if err != nil {
		return nil, err
	}
	out := &secretsOutput{
		ARN: s.arn, Name: s.name, VersionID: found.id, VersionStages: labels, CreatedDate: epochOf(found.created),
	}
	if found.content.binary {
		out.SecretBinary = []byte(found.content.value)
	} else {
		out.SecretString = &found.content.value
	}
	return out, nil
}

func (v *vault) putSecretValue(in *secretsInput) (any, error) {
	s, err := v.usable(in.SecretID)
	if err != nil {
		return nil, err
	}
	token, err := in.token()
	if err != nil {
		return nil, err
	}
	c, hasContent, err := in.content()
	if err == nil && !hasContent {
		err = refuse("InvalidRequestException", "You must provide either SecretString or SecretBinary.")
	}
	if err != nil {
		return nil, err
	}
	for _, label := range in.VersionStages {
		if err := checkLabel("versionStages", label); err != nil {
			return nil, err
		}
	}
	put, err := v.put(s, token, c, in.VersionStages)
	if err != nil {
		return nil, err
	}
	stages := labelsOf(s.labels.latest(), put.id)
	return &secretsOutput{ARN: s.arn, Name: s.name, VersionID: put.id, VersionStages: stages}, nil
}

func (v *vault) updateSecretVersionStage(in *secretsInput) (any, error) {
	s, err := v.usable(in.SecretID)
	if err != nil {
		return nil, err
	}
	if in.VersionStage == "" {
		return nil, refuse("ValidationException", "1 validation error detected: Value null at 'versionStage' failed "+
			"to satisfy constraint: Member must not be null")
	}
	if err := checkLabel("versionStage", in.VersionStage); err != nil {
		return nil, err
	}
	if err := v.move(s, in.VersionStage, in.MoveToVersionID, in.RemoveFromVersionID); err != nil {
		return nil, err
	}
	return &secretsOutput{ARN: s.arn, Name: s.name}, nil
}

func (v *vault) listSecretVersionIDs(in *secretsInput) (any, error) {
	s, err := v.find(in.SecretID)
	if err != nil {
		return nil, err
	}
	out := &secretsOutput{ARN: s.arn, Name: s.name, Versions: []versionOutput{}}
	for _, version := range s.versions {
		on := labelsOf(s.labels.latest(), version.id)
		if on != nil || in.IncludeDeprecated {
			out.Versions = append(out.Versions, versionOutput{version.id, on, epochOf(version.created)})
		}
	}
	out.Versions, out.NextToken, err = page(out.Versions, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, refuse("InvalidNextTokenException", "Invalid NextToken: %v", err)
	}
	return out, nil
}

func (v *vault) deleteSecret(in *secretsInput) (any, error) {
	if in.ForceDeleteWithoutRecovery && in.RecoveryWindowInDays != 0 {
		return nil, refuse("InvalidParameterException", "You can't use ForceDeleteWithoutRecovery in conjunction with "+
			"RecoveryWindowInDays.")
	}
	s, err := v.find(in.SecretID)
	if in.ForceDeleteWithoutRecovery && err != nil && asAPIError(err).Code == "ResourceNotFoundException" {
		return &secretsOutput{Name: in.SecretID, DeletionDate: epochOf(v.time())}, nil
	}
	if err != nil {
		return nil, err
	}
	if in.ForceDeleteWithoutRecovery {
		delete(v.secrets, s.name)
		return &secretsOutput{ARN: s.arn, Name: s.name, DeletionDate: epochOf(v.time())}, nil
	}
	if s, err = v.usable(in.SecretID); err != nil {
		return nil, err
	}
	days := in.RecoveryWindowInDays
	if days == 0 {
		days = 30
	}
	if days < 7 || days > 30 {
		return nil, refuse("InvalidParameterException", "The RecoveryWindowInDays value must be between 7 and 30 days "+
			"(inclusive).")
	}
	s.deleted = v.time()
	gone := s.deleted.Add(time.Duration(days) * 24 * time.Hour)
	return &secretsOutput{ARN: s.arn, Name: s.name, DeletionDate: epochOf(gone)}, nil
}
