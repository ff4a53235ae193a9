package function

import (
	"errors"
	"net"
	"syscall"

	"github.com/aws/smithy-go"

	"github.com/seed-486a873a/ses-smtp-rotator/pkg/rotation"
	"github.com/seed-486a873a/ses-smtp-rotator/pkg/sessmtp"
)

// wayOut tells people what to do where the function has no way to what it needs. That is how a
// function in private subnets without a NAT gateway shows, and its first invocation should say it.
func wayOut(err error) error {
	needs := ""
	if reply, ok := errors.AsType[*sessmtp.ReplyError](err); ok {
		if reply.Unreachable && !errors.Is(reply, syscall.ECONNREFUSED) {
			needs = "a NAT gateway or a VPC endpoint of SES's, and security groups that let out the SMTP port"
		}
	} else if noWay(err) {
		needs = "a NAT gateway or a VPC endpoint of that service, and security groups that let out HTTPS"
		// "Interface VPC endpoints", IAM User Guide.
		if op, ok := errors.AsType[*smithy.OperationError](err); ok && op.Service() == "IAM" {
			needs = "a NAT gateway, because IAM has a VPC endpoint in us-east-1, cn-north-1 and us-gov-west-1 alone, " +
				"and security groups that let out HTTPS"
		}
	}
	if needs == "" {
		return err
	}
	return rotation.Errorf(rotation.TypeOf(err),
		"%w. There is no way to it from here: if the function runs in a VPC's subnets, they need %s", err, needs)
}

// noWay: no connection was made, and nobody said no. Packets got lost, or there is no route or no
// name server.
func noWay(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "dial" {
		return false
	}
	_, unnamed := errors.AsType[*net.DNSError](op)
	return unnamed || op.Timeout() || errors.Is(op, syscall.ENETUNREACH) || errors.Is(op, syscall.EHOSTUNREACH)
}
