// Package calls makes the AWS calls that the function makes, each once and to no purpose: a program
// that links it has their code, and nothing else of the function's.
package calls
