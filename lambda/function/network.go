package function

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// wayOut tells people what to do where the function has no way to what it needs. That is how a
// function in private subnets without a NAT gateway shows, and its first invocation should say it.
func wayOut(err error) error {
	var hints []string
	walk(err, func(err error) {
		if hint := wayTo(err); hint != "" && !slices.Contains(hints, hint) {
			hints = append(hints, hint)
		}
	})
	if len(hints) == 0 {
		return err
	}
	return rotation.Errorf(rotation.TypeOf(err), "%w. %s", err, strings.Join(hints, ". "))
}

// walk visits an error and all that it wraps.
func walk(err error, visit func(error)) {
	if err == nil {
		return
	}
	visit(err)
	switch wrapper := err.(type) {
	case interface{ Unwrap() error }:
		walk(wrapper.Unwrap(), visit)
	case interface{ Unwrap() []error }:
		for _, inner := range wrapper.Unwrap() {
			walk(inner, visit)
		}
	}
}

// wayTo is what one failed call needs.
func wayTo(err error) string {
	const hint = "There is no way to %s from here: if the function runs in a VPC's subnets, they need %s"
	switch failed := err.(type) {
	case *sessmtp.ReplyError:
		if failed.Unreachable && !errors.Is(failed, syscall.ECONNREFUSED) && !unnamed(failed) {
			return fmt.Sprintf(hint, failed.Addr,
				"a NAT gateway or a VPC endpoint of SES's, and security groups that let out the SMTP port")
		}
	case *smithy.OperationError:
		if !noWay(failed) {
			return ""
		}
		needs := "a NAT gateway or a VPC endpoint of that service"
		if failed.Service() == "IAM" { // "Interface VPC endpoints", IAM User Guide
			needs = "a NAT gateway, because IAM has a VPC endpoint in us-east-1, cn-north-1 and us-gov-west-1 alone"
		}
		return fmt.Sprintf(hint, failed.Service(), needs+", and security groups that let out HTTPS")
	}
	return ""
}

// noWay: no connection was made, and nobody said no. Packets got lost, or there is no route.
func noWay(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "dial" || unnamed(op) {
		return false
	}
	_, lookup := errors.AsType[*net.DNSError](op)
	return lookup || op.Timeout() || errors.Is(op, syscall.ENETUNREACH) || errors.Is(op, syscall.EHOSTUNREACH)
}

// unnamed: a name server has said that there is no such name. A VPC's knows AWS's names, so there
// is a typo somewhere.
func unnamed(err error) bool {
	lookup, ok := errors.AsType[*net.DNSError](err)
	return ok && lookup.IsNotFound
}
