output "alarm_topic_arn" {
  description = "The topic that gets a message when an event couldn't be forwarded."
  value       = aws_sns_topic.alarm_topic.arn
}

output "lost_leaks_url" {
  description = "The queue of events that couldn't be forwarded."
  value       = aws_sqs_queue.lost_leaks.url
}
