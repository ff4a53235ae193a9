output "function_name" {
  description = "The function; invoke it with {\"action\":\"status\"} to see the current state."
  value       = aws_lambda_function.function.function_name
}

output "function_arn" {
  description = "The function's ARN."
  value       = aws_lambda_function.function.arn
}

output "secret_arn" {
  description = "The secret that applications read."
  value       = local.secret_arn
}

output "parameters_arn" {
  description = "The copies of the credential below parameter_path, for their readers' policies: an ARN that ends in /*. null: there are none."
  value       = local.parameters_arn
}

output "user_name" {
  description = "The IAM user that sends."
  value       = local.user_name
}

output "alarm_topic_arn" {
  description = "The topic that alarms go to."
  value       = aws_sns_topic.alarm_topic.arn
}

output "failure_queue_url" {
  description = "The queue of events that were given up, each with the reason."
  value       = aws_sqs_queue.failure_queue.url
}
