// Package calls makes each of the function's AWS calls once, for nothing. A program that links it
// has the code of these calls, and no other part of the function.
package calls
