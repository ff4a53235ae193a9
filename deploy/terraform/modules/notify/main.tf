# Tells people, and smtprotate follow, when a credential has been rotated, as deploy/notify.yaml
# does. deploy/notify.md explains it.

data "aws_region" "here" {}

locals {
  # AWS's provider 6 deprecates name and id of aws_region in favour of region, which 5 lacks. So use
  # the one that exists.
  here = data.aws_region.here[contains(keys(data.aws_region.here), "region") ? "region" : "id"]

  pattern = jsonencode({
    source      = ["aws.secretsmanager"]
    detail-type = ["Secret Label Updated"]
    resources   = [var.secret_arn]
    detail      = { labelUpdated = ["AWSCURRENT"] }
  })
}

resource "aws_cloudwatch_event_rule" "rule" {
  name          = var.name
  description   = "A secret has another current version; tells its readers"
  event_pattern = local.pattern
  tags          = var.tags

  lifecycle {
    precondition {
      condition     = split(":", var.secret_arn)[3] == local.here
      error_message = "secret_arn is in another Region than the provider. Secrets Manager tells of it in its own."
    }
  }
}

resource "aws_cloudwatch_event_target" "queue" {
  count     = var.make_queue ? 1 : 0
  rule      = aws_cloudwatch_event_rule.rule.name
  target_id = "queue"
  arn       = aws_sqs_queue.queue[0].arn
}

resource "aws_cloudwatch_event_target" "topic" {
  rule      = aws_cloudwatch_event_rule.rule.name
  target_id = "topic"
  arn       = aws_sns_topic.topic.arn
  input_transformer {
    input_paths = {
      secret  = "$.detail.name"
      version = "$.detail.versionId"
      region  = "$.region"
      time    = "$.time"
    }
    input_template = join("\n", [
      "\"rotated: secret <secret> in <region>, at <time>. Its current version is <version>.\"",
      "\"Applications that read it once have to read it again: restart or deploy them within the grace period. After an emergency there is none, and the old credential is refused already.\"",
    ])
  }
}

# These notices are for people. EventBridge's guide shows a topic's policy without a condition
# ("Amazon SNS permissions", Amazon EventBridge User Guide), and used to say that a condition keeps
# EventBridge out.
resource "aws_sns_topic" "topic" {
  name         = var.name
  display_name = "SES SMTP credential rotated"
  tags         = var.tags
}

resource "aws_sns_topic_policy" "topic" {
  arn = aws_sns_topic.topic.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.topic.arn
    }]
  })
}

resource "aws_sns_topic_subscription" "notice" {
  count     = var.notice_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.topic.arn
  protocol  = "email"
  endpoint  = var.notice_email
}

resource "aws_sqs_queue" "queue" {
  count                     = var.make_queue ? 1 : 0
  name                      = var.name
  message_retention_seconds = 3600 # a follower that starts reads the secret anyway
  receive_wait_time_seconds = 20
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "queue" {
  count     = var.make_queue ? 1 : 0
  queue_url = aws_sqs_queue.queue[0].url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.queue[0].arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.rule.arn } }
    }]
  })
}
