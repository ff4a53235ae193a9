# What a person should know. Ticks are at most an hour and a quarter apart, so what every tick reports is in at least one of
# any two hours.

resource "aws_sns_topic" "alarm_topic" {
  name_prefix  = "${var.name}-alarms-"
  display_name = "SES SMTP credential"
  tags         = var.tags
}

resource "aws_sns_topic_subscription" "alarm_subscription" {
  count     = var.alarm_email == "" ? 0 : 1
  topic_arn = aws_sns_topic.alarm_topic.arn
  protocol  = "email"
  endpoint  = var.alarm_email
}

locals {
  # Most alarms look at the last two hours, and one bad hour is enough. Hours without data count as 0. Otherwise CloudWatch
  # uses older hours, and an alarm starts late or lasts for hours too long ("Configuring how CloudWatch alarms treat missing
  # data"). `missing` is for a metric that doesn't exist at all. Each alarm uses one metric, because CloudWatch charges by
  # the metric.
  usual = {
    namespace  = "SesSmtpRotator"
    dimensions = { FunctionName = aws_lambda_function.function.function_name }
    statistic  = "Maximum"
    comparison = "GreaterThanOrEqualToThreshold"
    threshold  = 1
    period     = 3600
    periods    = 2
    datapoints = 1
    missing    = "notBreaching"
  }

  alarms = {
    CredentialBroken = {
      description = "AWSCURRENT names an access key that is gone or Inactive, or the daily audit found that SES refuses its password: mail is failing. The function replaces a dead key by itself; find out who changed it."
      metric      = "CurrentKeyBroken"
    }
    NoTick = { # InvocationsFail is about ticks that fail, InvocationsLost about ticks that were given up
      description = "Nothing has invoked the function for three hours, so nothing is rotated or retired. Applications can still send; check the schedule."
      namespace   = "AWS/Lambda"
      metric      = "Invocations"
      statistic   = "Sum"
      comparison  = "LessThanThreshold"
      periods     = 3
      datapoints  = 3
      missing     = "breaching"
    }
    CredentialOverdue = {
      description = "The credential should have been replaced more than a day ago. Applications can still send; the log says what prevents the rotation."
      metric      = "SecondsOverdue"
      threshold   = 86400
    }
    KeySlotsTaken = {
      description = "A rotation is due, but can't start: both of the user's two key slots are taken, or the value differs (ValueDiffers). The log says which."
      metric      = "Blocked"
    }
    SupersededKeyInUse = {
      description = "An access key's grace period is over, and something still sends with it: an application that hasn't read the secret again. The key stays Active until it is unused, or until max_grace_period."
      metric      = "SupersededKeyInUse"
    }
    PolicyTooWide = {
      description = "The daily audit found that the SMTP user may do more than send its mail, or that AWS has quarantined it. The log says what, and what to use instead."
      metric      = "HighFindings"
      period      = 21600
      periods     = 5 # 30 hours, in which there is always an audit
    }
    LeakUnanswered = {
      description = "AWS reported a leak, and the function did nothing: the leak is only suspected, or the event names nothing that can be read, or is too old. The log says which."
      metric      = "LeakUnanswered"
    }
    InvocationsFail = { # each tick is tried three times, and in any four hours there are three ticks at least
      description = "The function failed nine times within four hours: that is three failed ticks with all their retries. One or two failed ticks don't matter, because the next one continues."
      namespace   = "AWS/Lambda"
      metric      = "Errors"
      statistic   = "Sum"
      threshold   = 9
      period      = 14400
      periods     = 1
    }
    InvocationsLost = {
      description = "A tick or another event was given up. The queue of failures has it, with the reason."
      namespace   = "AWS/SQS"
      metric      = "NumberOfMessagesSent" # each is told, whether or not those before were taken out
      dimensions  = { QueueName = aws_sqs_queue.failure_queue.name }
      statistic   = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "alarms" {
  for_each            = { for name, alarm in local.alarms : name => merge(local.usual, alarm) }
  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  comparison_operator = each.value.comparison
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  datapoints_to_alarm = each.value.datapoints
  treat_missing_data  = each.value.missing
  alarm_actions       = [aws_sns_topic.alarm_topic.arn]
  ok_actions          = [aws_sns_topic.alarm_topic.arn]
  tags                = var.tags

  metric_query {
    id          = "filled"
    expression  = "FILL(measured, 0)"
    return_data = true
  }

  metric_query {
    id = "measured"
    metric {
      namespace   = each.value.namespace
      metric_name = each.value.metric
      dimensions  = each.value.dimensions
      stat        = each.value.statistic
      period      = each.value.period
    }
  }
}
