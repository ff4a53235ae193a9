// Package growth simulates many credentials in one account: each with its stack, its hourly tick
// and its monthly rotation, under the rates at which AWS lets an account call IAM and Secrets
// Manager, and through an outage of the Region. README.md is what it finds.
package growth
