package localaws

import "unicode/utf8"

// checkLabel refuses impossible staging labels: a label has 1 to 256 characters.
func checkLabel(member, label string) error {
	if n := utf8.RuneCountInString(label); n >= 1 && n <= 256 {
		return nil
	}
	return refuse("ValidationException",
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: "+
			"Member must satisfy constraint: [Member must have length less than or equal to 256, "+
			"Member must have length "+
			"greater than or equal to 1]", label, member)
}

// move implements UpdateSecretVersionStage: it takes a label from one version, puts it on another,
// or both. If the call names the version that has the label, it is a compare-and-swap.
func (v *vault) move(s *secret, label, to, from string) error {
	at := s.labels.latest()[label]
	switch {
	case to == "" && from == "":
		return refuse("InvalidParameterException", "You must specify MoveToVersionId or RemoveFromVersionId.")
	case to != "" && s.version(to) == nil:
		return versionNotFound(to)
	case from == "" && at != "" && at != to:
		return refuse("InvalidParameterException", "The parameter RemoveFromVersionId can't be empty. Staging label "+
			"%s is currently attached to version %s, so you must explicitly reference that version in "+
			"RemoveFromVersionId.", label, at)
	case from != "" && from != at:
		return refuse("InvalidParameterException", "When you move staging label %s, if you specify "+
			"RemoveFromVersionId, it must be set to the version that currently has the staging label %s.", label, label)
	case to == "" && label == current:
		return refuse("InvalidParameterException", "You can only move staging label AWSCURRENT to a different secret "+
			"version. It can't be completely removed.")
	case to == "":
		v.detach(s, label)
	case to != at:
		v.attach(s, to, label)
	}
	return nil
}

func versionNotFound(id string) error {
	return refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret value for "+
		"VersionId: %s", id)
}

// read finds what GetSecretValue returns: a version by its ID, by a label, or by both if they
// agree, and the version's labels. If there is staleness, it uses the labels' old places.
func (v *vault) read(s *secret, id, label string) (*version, []string, error) {
	labels := s.labels.at(v.now().Add(-v.staleness))
	if id != "" {
		found := s.version(id)
		if found == nil || found.empty {
			return nil, nil, versionNotFound(id)
		}
		if label != "" && labels[label] != id {
			return nil, nil, refuse("InvalidRequestException", "You provided a VersionStage that is not associated to "+
				"the provided VersionId.")
		}
		return found, labelsOf(labels, id), nil
	}
	if label == "" {
		label = current
	}
	found := s.version(labels[label])
	if found == nil || found.empty {
		return nil, nil, refuse("ResourceNotFoundException", "Secrets Manager can't find the specified secret value "+
			"for staging label: %s", label)
	}
	return found, labelsOf(labels, found.id), nil
}
