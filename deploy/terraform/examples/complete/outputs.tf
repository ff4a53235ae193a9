output "secret_arn" {
  description = "The secret that applications read."
  value       = module.mail.secret_arn
}

output "function_name" {
  description = "The function; invoke it with {\"action\":\"status\"} for the current state."
  value       = module.mail.function_name
}

output "alarm_topic_arn" {
  description = "The topic that alarms are sent to."
  value       = module.mail.alarm_topic_arn
}
