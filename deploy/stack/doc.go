// Package stack holds the tests that keep template.yaml, the Terraform module, the documents and
// the code in step: the role may do what the code calls, the environment is what the function
// reads, the defaults are the function's, and with all of that the function lives a whole life.
// They need only Go; where cfn-lint, the AWS CLI, moto and Terraform are
// installed, they are asked too.
package stack
