package localaws

import (
	"context"
	"time"
)

// A Parameter is one version of a parameter in Parameter Store.
type Parameter struct {
	Name, Value string
	Type        string // String, StringList or SecureString
	KeyID       string // the KMS key of a SecureString; GetParameters doesn't return it
	Version     int64  // from 1
	Modified    time.Time
}

// ParameterStore reads, writes and deletes parameters without HTTP, as IAM does with access keys.
// Its methods are its own, not those of the SDK's ssm.Client, which nothing here needs. Each makes
// one call.
type ParameterStore struct{ world *World }

// ParameterStore returns a client of the World's Parameter Store that works within the process.
func (w *World) ParameterStore() ParameterStore { return ParameterStore{w} }

// Get is GetParameters with decryption. It takes up to ten names, and returns those parameters that
// exist.
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

// Put is PutParameter with overwriting. The type is SecureString unless p has one. It ignores p's
// version and time.
func (c ParameterStore) Put(_ context.Context, p Parameter) error {
	if p.Type == "" {
		p.Type = secureString
	}
	_, err := c.world.direct(&parametersRequest{action: "PutParameter",
		in: parametersInput{Name: p.Name, Value: p.Value, Type: p.Type, KeyID: p.KeyID, Overwrite: true}})
	return err
}

// Delete is DeleteParameters, for up to ten names. Names that don't exist are no error.
func (c ParameterStore) Delete(_ context.Context, names ...string) error {
	_, err := c.world.direct(&parametersRequest{action: "DeleteParameters", in: parametersInput{Names: names}})
	return err
}
