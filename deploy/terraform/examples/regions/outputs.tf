output "secret_arn" {
  description = "The secret that applications read; each other Region has a copy with the same name."
  value       = module.mail.secret_arn
}

output "function_name" {
  description = "The function; invoke it with {\"action\":\"status\"} for the current state."
  value       = module.mail.function_name
}
