package awstest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/localaws"
)

// Mirror passes every call on to another AWS, such as moto, and repeats its changes of users, keys
// and user policies in world, so that world's SMTP accepts credentials created there.
func Mirror(other string, world *localaws.World) (http.Handler, error) {
	target, err := url.Parse(other)
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ModifyResponse: func(r *http.Response) error {
			form, ok := r.Request.Context().Value(formKey{}).(url.Values)
			if !ok || r.StatusCode != http.StatusOK {
				return nil
			}
			body, err := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if err != nil {
				return err
			}
			if err := follow(world, form, body); err != nil {
				return fmt.Errorf("repeating %s in localaws: %w", form.Get("Action"), err)
			}
			return nil
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if r.Header.Get("X-Amz-Target") == "" { // IAM's calls are forms
			if form, err := url.ParseQuery(string(body)); err == nil {
				r = r.WithContext(context.WithValue(r.Context(), formKey{}, form))
			}
		}
		proxy.ServeHTTP(w, r)
	}), nil
}

type formKey struct{}

var (
	madeID     = regexp.MustCompile(`<AccessKeyId>(\w+)</AccessKeyId>`)
	madeSecret = regexp.MustCompile(`<SecretAccessKey>([^<]+)</SecretAccessKey>`)
)

// follow repeats in world what a call did.
func follow(world *localaws.World, form url.Values, answer []byte) error {
	user := form.Get("UserName")
	switch form.Get("Action") {
	case "CreateUser":
		world.CreateUser(user)
	case "DeleteUser":
		world.DeleteUser(user)
	case "PutUserPolicy":
		return world.PutUserPolicy(user, form.Get("PolicyName"), form.Get("PolicyDocument"))
	case "DeleteUserPolicy":
		return world.DeleteUserPolicy(user, form.Get("PolicyName"))
	case "CreateAccessKey":
		return world.ImportAccessKey(user, string(madeID.FindSubmatch(answer)[1]),
			string(madeSecret.FindSubmatch(answer)[1]))
	case "UpdateAccessKey":
		return world.SetKeyStatus(form.Get("AccessKeyId"), form.Get("Status"))
	case "DeleteAccessKey":
		return world.DeleteAccessKey(form.Get("AccessKeyId"))
	}
	return nil
}
