// Command lambda is the AWS Lambda function: Lambda's runtime around the package function.
package main

import (
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/seed-486a873a/ses-smtp-rotator/lambda/function"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/printable"
)

func main() {
	log := slog.New(slog.NewJSONHandler(printable.To(os.Stdout), nil))
	slog.SetDefault(log) // so that what the runtime prints is JSON, too
	lambda.Start(function.New(function.World{Getenv: os.Getenv, Log: log}))
}
