# The clock. A lost tick costs an hour, so it isn't retried for longer than that.

resource "aws_scheduler_schedule" "schedule" {
  name_prefix         = "${var.name}-"
  description         = "Rotates the SES SMTP credential of ${var.name} when it is due"
  state               = var.schedule_state
  schedule_expression = var.schedule_expression

  # Spreads the ticks of many credentials in an account over different minutes.
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 15
  }

  target {
    arn      = aws_lambda_function.function.arn
    role_arn = aws_iam_role.schedule_role.arn
    input    = "{}"
    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 1800
    }
    dead_letter_config { arn = aws_sqs_queue.failure_queue.arn }
  }
}

resource "aws_scheduler_schedule" "audit" {
  name_prefix         = "${var.name}-audit-"
  description         = "Looks once a day for what is wide in what the SMTP user of ${var.name} may do"
  state               = var.schedule_state
  schedule_expression = "rate(1 day)"

  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 60
  }

  target {
    arn      = aws_lambda_function.function.arn
    role_arn = aws_iam_role.schedule_role.arn
    input    = jsonencode({ action = "audit" })
    retry_policy {
      maximum_retry_attempts       = 3
      maximum_event_age_in_seconds = 3600
    }
    dead_letter_config { arn = aws_sqs_queue.failure_queue.arn }
  }
}

resource "aws_iam_role" "schedule_role" {
  name_prefix = "${substr(var.name, 0, 20)}-schedule-"
  description = "Lets EventBridge Scheduler wake the function of ${var.name}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "scheduler.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = {
        "aws:SourceAccount" = data.aws_caller_identity.here.account_id
        "aws:SourceArn"     = "arn:${data.aws_partition.here.partition}:scheduler:${local.here}:${data.aws_caller_identity.here.account_id}:schedule-group/default"
      } }
    }]
  })
  tags = var.tags
}

resource "aws_iam_role_policy" "schedule_role" {
  role = aws_iam_role.schedule_role.name
  name = "invoke"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "lambda:InvokeFunction", Resource = aws_lambda_function.function.arn },
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.failure_queue.arn },
    ]
  })
}

# Events that were given up: by Lambda after the function failed three times, or by the schedule because it couldn't deliver
# them.
resource "aws_sqs_queue" "failure_queue" {
  name_prefix               = "${var.name}-failures-"
  message_retention_seconds = 1209600 # 14 days, the longest
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}
