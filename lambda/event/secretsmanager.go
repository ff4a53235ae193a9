package event

import (
	"slices"
	"strings"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
)

// RotationStep is one step of Secrets Manager's own rotation of the function's secret ("Lambda
// rotation functions", Secrets Manager User Guide).
type RotationStep struct {
	Step      rotation.Action // createSecret, setSecret, testSecret or finishSecret
	VersionID string          // of the new version, as Secrets Manager chose it
}

func (RotationStep) isEvent() {}

// parseRotationStep refuses steps for other secrets, because the function has one credential and
// one secret to store it in.
func parseRotationStep(f fields, secretID string) (Event, error) {
	var step RotationStep
	var secret string
	if !f.read(map[string]any{"Step": &step.Step, "SecretId": &secret, "ClientRequestToken": &step.VersionID}) {
		return nil, invalid("Step, SecretId and ClientRequestToken: must be text")
	}
	for _, name := range []string{"Step", "SecretId", "ClientRequestToken"} {
		if !f.has(name) {
			return nil, invalid("%s: is missing; a rotation step has Step, SecretId and ClientRequestToken", name)
		}
	}
	steps := []rotation.Action{rotation.CreateSecret, rotation.SetSecret, rotation.TestSecret, rotation.FinishSecret}
	switch {
	case !slices.Contains(steps, step.Step):
		return nil, invalid("Step: unknown %q; there are createSecret, setSecret, testSecret and finishSecret",
			step.Step)
	case !isSameSecret(secret, secretID):
		return nil, invalid("SecretId: %q isn't the function's secret, %s (SECRET_ID)", secret, secretID)
	case !isVersionID(step.VersionID):
		return nil, invalid("ClientRequestToken: %q isn't the ID of a version", step.VersionID)
	}
	return step, nil
}

// isSameSecret compares the ARN that Secrets Manager sends with the function's setting, which may
// be the name alone. In an ARN, Secrets Manager adds a hyphen and six characters to the name.
func isSameSecret(sent, setting string) bool {
	if sent == setting {
		return true
	}
	_, name, ok := strings.Cut(sent, ":secret:")
	return ok && len(name) > 7 && name[len(name)-7] == '-' && name[:len(name)-7] == setting
}
