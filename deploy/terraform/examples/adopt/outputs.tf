output "function_name" {
  description = "The function, which tells where things stand."
  value       = module.mail.function_name
}

output "user_name" {
  description = "The user that was taken over."
  value       = module.mail.user_name
}
