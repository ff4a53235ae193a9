output "secret_arns" {
  description = "The secret of each application."
  value       = { for name, mail in merge(module.mail_eu, module.mail_us) : name => mail.secret_arn }
}

output "function_names" {
  description = "The function of each application; invoke it with {\"action\":\"status\"} for the current state."
  value       = { for name, mail in merge(module.mail_eu, module.mail_us) : name => mail.function_name }
}
