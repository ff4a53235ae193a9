// Command bare is a function that does nothing, on Lambda's runtime for Go. It shows what every
// function in Go costs.
package main

import "github.com/aws/aws-lambda-go/lambda"

func main() { lambda.Start(func() {}) }
