output "endpoint_id" {
  description = "For the module's vpc_endpoint_ids, so that the credential only works through this endpoint."
  value       = aws_vpc_endpoint.endpoint.id
}

output "security_group_id" {
  description = "The security group of the endpoint."
  value       = aws_security_group.security_group.id
}
