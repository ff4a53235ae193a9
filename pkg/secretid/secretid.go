// Package secretid tells which Region a secret is in, from the ID that people configure: the
// secret's name or its ARN. Secrets Manager is Regional, and no client follows an ARN to another
// Region: there it answers ResourceNotFoundException, as if the secret didn't exist.
package secretid

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// Region returns the Region whose Secrets Manager has the secret: the ARN's, and the client's own
// for a name. The client's Region is empty if nobody has said it yet. The ARN may name any account.
//
// An ARN that isn't a secret's, or that is of another partition than the client's Region, is an
// error. It says what is wanted, and quotes nothing that could be a password: people paste one into
// the wrong field.
func Region(id, client string) (string, error) {
	if !strings.Contains(id, ":") { // which no secret's name does
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
		"whose credentials aren't known there; wanted is a secret in partition %s",
		parsed.Region, parsed.Partition, client, ours, ours)
}

// check finds what keeps an ARN from being a secret's.
func check(a arn.ARN) error {
	kind, name, _ := strings.Cut(a.Resource, ":")
	switch regions, err := sessmtp.ParseRegions(a.Region); {
	case a.Service != "secretsmanager":
		return fault("the ARN is of service " + quoted(a.Service) + ", not of secretsmanager")
	case err != nil || len(regions) != 1 || regions[0] != a.Region:
		return fault("the ARN has " + quoted(a.Region) + " where the Region belongs")
	case a.Partition != sessmtp.Partition(a.Region):
		return fault(fmt.Sprintf("the ARN has %s where the partition belongs, and Region %s is in partition %s",
			quoted(a.Partition), a.Region, sessmtp.Partition(a.Region)))
	case len(a.AccountID) != 12 || strings.Trim(a.AccountID, digits) != "":
		return fault("the ARN has no account of 12 digits")
	case kind != "secret" || name == "":
		return fault("the ARN names no secret")
	case strings.Trim(name, letters+digits+"/_+=.@!-") != "":
		return fault("the ARN goes on with what no secret's name has, such as ECS's :json-key:: or a policy's *")
	}
	return nil
}

func fault(text string) error {
	return errors.New(text + "; wanted is the secret's name, or its ARN, " +
		"such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf")
}

const (
	letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	digits  = "0123456789"
)

// quoted is a part of an ARN. What is longer than any, or has other characters, may be a password.
func quoted(part string) string {
	switch {
	case part == "":
		return "nothing"
	case len(part) > 24 || strings.Trim(part, letters+digits+"-") != "":
		return "something else"
	}
	return fmt.Sprintf("%q", part)
}
