// Package apps has recipes for applications that send with the credential, and tests that run them.
// Begin with README.md.
package apps
