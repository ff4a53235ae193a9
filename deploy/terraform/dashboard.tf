# Everything on one page.

resource "aws_cloudwatch_dashboard" "dashboard" {
  count          = var.make_dashboard ? 1 : 0
  dashboard_name = "${var.name}-${local.here}"
  dashboard_body = jsonencode({ widgets = local.widgets })
}

locals {
  function_name = aws_lambda_function.function.function_name

  widgets = [
    { type = "alarm", x = 0, y = 0, width = 24, height = 3, properties = {
      title = "Alarms", alarms = values(aws_cloudwatch_metric_alarm.alarms)[*].arn
    } },
    { type = "metric", x = 0, y = 3, width = 12, height = 6, properties = {
      title = "Invocations", region = local.here, view = "timeSeries", stat = "Sum", period = 3600, metrics = [
        ["AWS/Lambda", "Invocations", "FunctionName", local.function_name, { label = "all" }],
        ["AWS/Lambda", "Errors", "FunctionName", local.function_name, { label = "failed" }],
      ]
    } },
    { type = "metric", x = 12, y = 3, width = 12, height = 6, properties = {
      title = "What was done, warned of and found", region = local.here, view = "timeSeries", stat = "Maximum", period = 3600
      metrics = [
        [{ expression = "SEARCH('{SesSmtpRotator,FunctionName} FunctionName=\"${local.function_name}\"', 'Maximum', 3600)" }],
      ]
    } },
    { type = "log", x = 0, y = 9, width = 24, height = 6, properties = {
      title = "What each tick came to, and what comes next", region = local.here, view = "table"
      query = "SOURCE '${aws_cloudwatch_log_group.log_group.name}' | fields @timestamp, result.outcome, result.credential.access_key_id, result.credential.created, result.next.step, result.next.at, result.next.reason | filter msg = 'result' and result.action = 'tick' | sort @timestamp desc | limit 30"
    } },
    { type = "log", x = 0, y = 15, width = 24, height = 6, properties = {
      title = "Steps, warnings and errors", region = local.here, view = "table"
      query = "SOURCE '${aws_cloudwatch_log_group.log_group.name}' | fields @timestamp, msg, step.step, step.access_key_id, step.reason, warning.code, warning.message, error_type, error | filter msg in ['step', 'warning', 'failed', 'left to the next ticks'] | sort @timestamp desc | limit 50"
    } },
  ]
}
