// Package stack holds the tests that keep template.yaml and the code in step: the role may do what the code calls, the
// environment is what the function reads, the defaults are the function's. They need only Go; where cfn-lint is
// installed, it is asked too.
package stack
