// Package apps is recipes for applications that send with the credential: README.md is where to
// begin. Its tests run them.
package apps
