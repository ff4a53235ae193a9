output "rule_pattern" {
  description = "The event pattern of the rule, for rules of your own on the default event bus."
  value       = local.pattern
}

output "topic_arn" {
  description = "The topic that gets a notice for people."
  value       = aws_sns_topic.topic.arn
}

output "queue_url" {
  description = "The queue for one smtprotate follow --queue, if there is one."
  value       = one(aws_sqs_queue.queue[*].url)
}

output "queue_arn" {
  description = "ARN of that queue, for the policy of the role that runs smtprotate follow."
  value       = one(aws_sqs_queue.queue[*].arn)
}
