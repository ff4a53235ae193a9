# The place of the function's zip: a file, an object in S3, or a URL that is downloaded into a file.

locals {
  download = "${path.root}/.terraform/ses-smtp-rotator/${var.function_sha256}.zip" # a folder that is in no repository

  # Always names one of them, so that the preconditions report what is missing or too much, and not the provider.
  function_file   = var.function_zip != "" ? var.function_zip : var.function_url != "" ? local.download : var.function_bucket != "" ? null : ""
  function_bucket = local.function_file == null ? var.function_bucket : null

  # AWS reports the checksum in base64, so the plan has base64 too: three bytes, which are six hexadecimal digits, make four
  # characters. A SHA-256 has 32 bytes, so this appends a zero byte and writes its character as "=".
  base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
  sha256_in_base64 = var.function_sha256 == "" ? null : "${substr(join("", flatten([
    for i in range(0, 66, 6) : [
      for place in [262144, 4096, 64, 1] : substr(local.base64, floor(parseint(substr("${var.function_sha256}00", i, 6), 16) / place) % 64, 1)
    ]
  ])), 0, 43)}="

  function_hash = var.function_zip != "" ? filebase64sha256(var.function_zip) : local.sha256_in_base64
}

# The machine that applies needs the file if the function is created or gets different code. So it is downloaded if the
# checksum is new, and if the file is missing or has changed. In the latter case the second trigger is unknown during
# planning, which counts as a change; after applying, it is the empty text as always, so the next plan is empty. A URL can
# contain a password, so the state doesn't have the URL.
resource "terraform_data" "download" {
  count = var.function_url == "" ? 0 : 1
  triggers_replace = [
    var.function_sha256,
    try(filesha256(local.download), "") == var.function_sha256 ? "" : substr(timestamp(), 0, 0),
  ]

  provisioner "local-exec" {
    interpreter = ["sh"]
    command     = "${path.module}/download.sh"
    environment = {
      FUNCTION_URL    = var.function_url
      FUNCTION_SHA256 = var.function_sha256
      FUNCTION_FILE   = local.download
    }
  }
}
