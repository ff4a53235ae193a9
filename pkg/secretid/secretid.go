// Package secretid finds the Region of a secret from the ID that people configure, its name or ARN.
// Secrets Manager is Regional, and no client follows an ARN to another Region: it gets
// ResourceNotFoundException there, as if the secret didn't exist.
package secretid

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Region returns the Region of the secret: the ARN's, or for a name, the client's own. client is
// empty if the client's Region isn't known yet. The ARN may name any account.
//
// An ARN that isn't a secret's, or whose partition isn't that of the client's Region, is an error.
// The error says what is wanted, and quotes nothing that could be a password, because people paste
// passwords into the wrong field.
func Region(id, client string) (string, error) {
	if !strings.Contains(id, ":") { // which no secret's name has
		return client, nil
	}
	parsed, err := arn.Parse(id)
	if err != nil {
		return "", fault("it has a colon, so it isn't a secret's name, and it isn't a whole ARN")
	}
	if err := check(parsed); err != nil {
		return "", err
	}
	ours := sessmtp.Partition(client)
	if client == "" || ours == parsed.Partition {
		return parsed.Region, nil
	}
	// Partitions share neither credentials nor secrets: "Replicate AWS Secrets Manager secrets
	// across Regions", AWS Secrets Manager User Guide.
	return "", fmt.Errorf("the ARN is of Region %s in partition %s, and this program's Region %s is in partition %s, "+
		"whose credentials don't work there; give a secret in partition %s",
		parsed.Region, parsed.Partition, client, ours, ours)
}

// check returns what keeps an ARN from being a secret's.
func check(a arn.ARN) error {
	kind, name, _ := strings.Cut(a.Resource, ":")
	switch regions, err := sessmtp.ParseRegions(a.Region); {
	case a.Service != "secretsmanager":
		return fault("the ARN is of service " + quoted(a.Service) + ", not of secretsmanager")
	case err != nil || len(regions) != 1 || regions[0] != a.Region:
		return fault("the ARN has " + quoted(a.Region) + " where the Region belongs")
	case a.Partition != sessmtp.Partition(a.Region):
		return fault(fmt.Sprintf("the ARN has %s where the partition belongs, but Region %s is in partition %s",
			quoted(a.Partition), a.Region, sessmtp.Partition(a.Region)))
	case len(a.AccountID) != 12 || strings.Trim(a.AccountID, digits) != "":
		return fault("the ARN has no account of 12 digits")
	case kind != "secret" || name == "":
		return fault("the ARN names no secret")
	case strings.Trim(name, letters+digits+"/_+=.@!-") != "":
		return fault("the ARN ends in something that no secret's name has, such as ECS's :json-key:: or a policy's *")
	}
	return nil
}

func fault(text string) error {
	return errors.New(text + "; give the secret's name or its ARN, " +
		"such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf")
}

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// quoted returns a part of an ARN for people. If it is longer than any real one, or has other
// characters, it may be a password.
func quoted(part string) string {
	switch {
	case part == "":
		return "nothing"
	case len(part) > 24 || strings.Trim(part, letters+digits+"-") != "":
		return "something else"
	}
	return fmt.Sprintf("%q", part)
}
