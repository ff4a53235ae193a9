output "function_name" {
  description = "The function; invoke it with {\"action\":\"status\"} for the current state."
  value       = module.mail.function_name
}

output "user_name" {
  description = "The user that was taken over."
  value       = module.mail.user_name
}
