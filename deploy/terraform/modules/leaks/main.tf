# Forwards AWS's reports of leaked access keys to the Regions whose stacks answer them, as
# deploy/leaks.yaml does, which says why. Use it in us-east-1, and again in us-west-2 as backup
# (aws-us-gov: us-gov-west-1 only), each time with that Region's provider.

data "aws_caller_identity" "here" {}
data "aws_partition" "here" {}
data "aws_region" "here" {}

locals {
  # AWS's provider 6 deprecates name and id of aws_region in favour of region, which 5 lacks. So use
  # the one that exists.
  here = data.aws_region.here[contains(keys(data.aws_region.here), "region") ? "region" : "id"]

  # This Region gets the events anyway, and would forward to itself for ever.
  buses = { for region in var.regions : region => "arn:${data.aws_partition.here.partition}:events:${region}:${data.aws_caller_identity.here.account_id}:event-bus/default"
  if region != local.here }
}

resource "aws_cloudwatch_event_rule" "rule" {
  name        = var.name
  description = "Forwards a leaked access key to the Regions whose stacks replace it"
  event_pattern = jsonencode({
    region = [local.here] # only events of this Region: forwarded ones would go round for ever
    "$or" = [
      {
        source      = ["aws.health"]
        detail-type = ["AWS Health Event"]
        detail      = { service = ["RISK"], eventTypeCode = [{ prefix = "AWS_RISK_CREDENTIALS_" }, "AWS_RISK_IAM_QUARANTINE"] }
      },
      {
        source      = ["aws.guardduty"]
        detail-type = ["GuardDuty Finding"]
        detail = {
          severity = [{ numeric = [">=", 4] }] # medium
          resource = { accessKeyDetails = { userType = ["IAMUser"] } }
        }
      },
    ]
  })
  tags = var.tags

  lifecycle {
    precondition {
      condition     = length(local.buses) > 0
      error_message = "regions names this Region alone, whose stacks hear of leaks without this module."
    }
  }
}

resource "aws_cloudwatch_event_target" "buses" {
  for_each = local.buses
  rule     = aws_cloudwatch_event_rule.rule.name
  arn      = each.value
  role_arn = aws_iam_role.role.arn
  dead_letter_config { arn = aws_sqs_queue.lost_leaks.arn }

  # EventBridge retries for a quarter of an hour, not for a day as by default: after that, a person
  # is quicker and has to be told.
  retry_policy {
    maximum_event_age_in_seconds = 900
    maximum_retry_attempts       = 185
  }
}

resource "aws_iam_role" "role" {
  name_prefix = "${substr(var.name, 0, 30)}-"
  description = "Lets EventBridge forward leaks to the event buses of some Regions"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.here.account_id } }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "forward" {
  role   = aws_iam_role.role.name
  name   = "forward"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "events:PutEvents", Resource = values(local.buses) }] })
}

# An event that couldn't be delivered is a leak that nobody answers.
resource "aws_sqs_queue" "lost_leaks" {
  name                      = "${var.name}-lost"
  message_retention_seconds = 1209600 # 14 days, the longest
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

resource "aws_sqs_queue_policy" "lost_leaks" {
  queue_url = aws_sqs_queue.lost_leaks.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.lost_leaks.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.rule.arn } }
    }]
  })
}

resource "aws_sns_topic" "alarm_topic" {
  name         = "${var.name}-alarms"
  display_name = "Leaked SMTP credential"
  tags         = var.tags
}

resource "aws_sns_topic_subscription" "alarm_subscription" {
  count     = var.alarm_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.alarm_topic.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

resource "aws_cloudwatch_metric_alarm" "leak_lost" {
  alarm_name          = "${var.name}-LeakLost"
  alarm_description   = "AWS reported a leaked access key, and the report couldn't be forwarded to a Region. The queue has the event; run an emergency there, with the key that it names."
  namespace           = "AWS/SQS"
  metric_name         = "NumberOfMessagesSent"
  dimensions          = { QueueName = aws_sqs_queue.lost_leaks.name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 3600
  evaluation_periods  = 2
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "leak_dropped" {
  alarm_name          = "${var.name}-LeakDropped"
  alarm_description   = "AWS reported a leaked access key, and the report couldn't be forwarded to a Region, nor to the queue. AWS Health's page shows which key it is; run an emergency with it."
  namespace           = "AWS/Events"
  metric_name         = "InvocationsFailedToBeSentToDlq"
  dimensions          = { RuleName = aws_cloudwatch_event_rule.rule.name }
  statistic           = "Sum"
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  period              = 3600
  evaluation_periods  = 2
  datapoints_to_alarm = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  tags                = var.tags
}
