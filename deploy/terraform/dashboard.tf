# All of it at a glance.

resource "aws_cloudwatch_dashboard" "dashboard" {
  count          = var.make_dashboard ? 1 : 0
  dashboard_name = "${var.name}-${data.aws_region.here.name}"
  dashboard_body = jsonencode({ widgets = local.widgets })
}

locals {
  function_name = aws_lambda_function.function.function_name
  region        = data.aws_region.here.name

  widgets = [
    { type = "alarm", x = 0, y = 0, width = 24, height = 3, properties = {
      title = "Alarms", alarms = values(aws_cloudwatch_metric_alarm.alarms)[*].arn
    } },
    { type = "metric", x = 0, y = 3, width = 12, height = 6, properties = {
      title = "Credential, in days", region = local.region, view = "timeSeries", stat = "Maximum", period = 3600, metrics = [
        ["SesSmtpRotator", "CredentialAge", "FunctionName", local.function_name, { id = "age", visible = false }],
        ["SesSmtpRotator", "SecondsUntilDue", "FunctionName", local.function_name, { id = "due", visible = false }],
        [{ expression = "age / 86400", label = "age" }],
        [{ expression = "due / 86400", label = "until it is due" }],
      ]
    } },
    { type = "metric", x = 12, y = 3, width = 12, height = 6, properties = {
      title = "Access keys of the user", region = local.region, view = "timeSeries", stacked = true, stat = "Maximum", period = 3600, metrics = [
        for name, label in { CurrentKeys = "current", PendingKeys = "pending", SupersededKeys = "superseded", OrphanKeys = "orphan" } :
        ["SesSmtpRotator", name, "FunctionName", local.function_name, { label = label }]
      ]
    } },
    { type = "metric", x = 0, y = 9, width = 6, height = 6, properties = {
      title = "What was done", region = local.region, view = "timeSeries", stat = "Sum", period = 86400, metrics = [
        for name, label in { Rotated = "rotated", Retired = "retired", Deleted = "deleted", Revoked = "revoked", RolledBack = "rolled back" } :
        ["SesSmtpRotator", name, "FunctionName", local.function_name, { label = label }]
      ]
    } },
    { type = "metric", x = 6, y = 9, width = 6, height = 6, properties = {
      title = "What failed", region = local.region, view = "timeSeries", stat = "Sum", period = 3600, metrics = concat(
        [["AWS/Lambda", "Errors", "FunctionName", local.function_name, { label = "invocations" }]],
        [for name, label in {
          VerificationFailed = "SES hasn't accepted", RotationBlocked = "blocked", Conflict = "overtaken",
          AccessDenied       = "a permission is missing", AWSError = "AWS failed", ConfigurationError = "settings are wrong"
        } : ["SesSmtpRotator", name, "FunctionName", local.function_name, { label = label }]]
      )
    } },
    { type = "metric", x = 12, y = 9, width = 6, height = 6, properties = {
      title = "What the audit found", region = local.region, view = "timeSeries", stat = "Maximum", period = 86400, metrics = [
        for name, label in { HighFindings = "high", MediumFindings = "medium", LowFindings = "low" } :
        ["SesSmtpRotator", name, "FunctionName", local.function_name, { label = label }]
      ]
    } },
    { type = "metric", x = 18, y = 9, width = 6, height = 6, properties = {
      title = "Until SES accepts, in seconds", region = local.region, view = "timeSeries", stat = "Maximum", period = 86400, metrics = [
        ["SesSmtpRotator", "VerificationTime", "FunctionName", local.function_name, { label = "verification" }],
      ]
    } },
    { type = "log", x = 0, y = 15, width = 24, height = 6, properties = {
      title = "Steps, warnings and errors", region = local.region, view = "table"
      query = "SOURCE '${aws_cloudwatch_log_group.log_group.name}' | fields @timestamp, msg, step.step, step.access_key_id, step.reason, warning.code, warning.message, error_type, error | filter msg in ['step', 'warning', 'failed', 'left to the next ticks'] | sort @timestamp desc | limit 50"
    } },
  ]
}
