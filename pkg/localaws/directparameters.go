package localaws

import (
	"context"
	"time"
)

// A Parameter is a version of a parameter in Parameter Store.
type Parameter struct {
	Name, Value string
	Type        string // String, StringList or SecureString
	KeyID       string // the KMS key of a SecureString; GetParameters doesn't tell it
	Version     int64  // from 1
	Modified    time.Time
}

// ParameterStore reads, writes and deletes parameters without the wire, as IAM does it with access
// keys. The SDK's ssm.Client isn't needed for that, so its methods are its own: each is one call.
type ParameterStore struct{ world *World }

// ParameterStore is a client of the World's Parameter Store within the process.
func (w *World) ParameterStore() ParameterStore { return ParameterStore{w} }

// Get is GetParameters with decryption: of up to ten names, those that exist.
func (c ParameterStore) Get(_ context.Context, names ...string) (map[string]Parameter, error) {
	result, err := c.world.direct(&parametersRequest{action: "GetParameters",
		in: parametersInput{Names: names, WithDecryption: true}})
	if err != nil {
		return nil, err
	}
	found := map[string]Parameter{}
	for _, p := range result.(getParametersOutput).Parameters {
		found[p.Name] = Parameter{Name: p.Name, Value: p.Value, Type: p.Type, Version: p.Version,
			Modified: *p.LastModifiedDate.time()}
	}
	return found, nil
}

// Put is PutParameter, and overwrites. The type is SecureString, unless p has one; the version and
// the time are not looked at.
func (c ParameterStore) Put(_ context.Context, p Parameter) error {
	if p.Type == "" {
		p.Type = secureString
	}
	_, err := c.world.direct(&parametersRequest{action: "PutParameter",
		in: parametersInput{Name: p.Name, Value: p.Value, Type: p.Type, KeyID: p.KeyID, Overwrite: true}})
	return err
}

// Delete is DeleteParameters, of up to ten names. Those that don't exist are no error.
func (c ParameterStore) Delete(_ context.Context, names ...string) error {
	_, err := c.world.direct(&parametersRequest{action: "DeleteParameters", in: parametersInput{Names: names}})
	return err
}
