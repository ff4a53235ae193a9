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

// wayOut adds what to do if the function can't reach something that it needs. That is the symptom
// of a function in private subnets without a NAT gateway, and its first invocation should say so.
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

// walk visits an error and all errors that it wraps.
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

// wayTo returns the hint for one failed call, or "".
func wayTo(err error) string {
	const hint = "The function can't reach %s: if it runs in a VPC's subnets, they need %s"
	switch failed := err.(type) {
	case *sessmtp.ReplyError:
		if failed.Unreachable && !errors.Is(failed, syscall.ECONNREFUSED) && !unnamed(failed) {
			return fmt.Sprintf(hint, failed.Addr,
				"a NAT gateway or a VPC endpoint of SES, and security groups that let out the SMTP port")
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

// noWay reports whether no connection was made and nothing refused it: packets were lost, or there
// is no route.
func noWay(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "dial" || unnamed(op) {
		return false
	}
	_, lookup := errors.AsType[*net.DNSError](op)
	return lookup || op.Timeout() || errors.Is(op, syscall.ENETUNREACH) || errors.Is(op, syscall.EHOSTUNREACH)
}

// unnamed reports whether a name server said that there is no such name. A VPC's name server knows
// AWS's names, so the name has a typo.
func unnamed(err error) bool {
	lookup, ok := errors.AsType[*net.DNSError](err)
	return ok && lookup.IsNotFound
}
