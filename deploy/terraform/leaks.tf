# Leaks. AWS Health reports all leaked access keys of the account in us-east-1 and, as a backup, in us-west-2 (aws-us-gov:
# us-gov-west-1). modules/leaks forwards these events to other Regions.

locals {
  leaks = merge(
    { health = {
      description = "An access key leaked; if it is the SMTP user's of ${var.name}, it is replaced and revoked"
      pattern = {
        source      = ["aws.health"]
        detail-type = ["AWS Health Event"]
        detail      = { service = ["RISK"], eventTypeCode = [{ prefix = "AWS_RISK_CREDENTIALS_" }, "AWS_RISK_IAM_QUARANTINE"] }
      }
    } },
    { for on in [var.guard_duty_findings] : "guardduty" => {
      description = "An access key of the SMTP user of ${var.name} is used for what isn't mail"
      pattern = {
        source      = ["aws.guardduty"]
        detail-type = ["GuardDuty Finding"]
        detail = {
          severity = [{ numeric = [">=", 4] }] # medium ("Findings severity levels"), as most about a stolen user key are
          resource = { accessKeyDetails = { userName = [local.user_name] } }
        }
      }
    } if on },
  )
}

resource "aws_cloudwatch_event_rule" "leaks" {
  for_each      = local.leaks
  name          = "${var.name}-${each.key}"
  description   = each.value.description
  event_pattern = jsonencode(each.value.pattern)
  tags          = var.tags
}

resource "aws_cloudwatch_event_target" "leaks" {
  for_each = local.leaks
  rule     = aws_cloudwatch_event_rule.leaks[each.key].name
  arn      = aws_lambda_function.function.arn
  dead_letter_config { arn = aws_sqs_queue.failure_queue.arn }
}

resource "aws_lambda_permission" "leaks" {
  for_each      = local.leaks
  function_name = aws_lambda_function.function.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.leaks[each.key].arn
}

resource "aws_sqs_queue_policy" "failure_queue" {
  queue_url = aws_sqs_queue.failure_queue.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Leaks"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.failure_queue.arn
      Condition = { ArnEquals = { "aws:SourceArn" = [for rule in aws_cloudwatch_event_rule.leaks : rule.arn] } }
    }]
  })
}
