# Where the function comes from: one of three places.

# AWS's own provider, which asks nobody to plan what isn't there yet, but for whose account it is.
provider "aws" {
  region                      = "eu-west-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.here
  values = { account_id = "123456789012" }
}

variables {
  name          = "mail"
  identity_arns = ["arn:aws:ses:eu-west-1:123456789012:identity/example.com"]
}

run "from_a_file" {
  command = plan

  variables {
    function_zip = "versions.tf" # any file will do
  }

  assert {
    condition     = aws_lambda_function.function.filename == "versions.tf" && aws_lambda_function.function.source_code_hash == filebase64sha256("versions.tf") && aws_lambda_function.function.s3_bucket == null
    error_message = "It isn't that file."
  }
}

run "from_s3" {
  command = plan

  variables {
    function_bucket  = "code"
    function_key     = "code/function.zip"
    function_version = "abc"
    architecture     = "x86_64"
  }

  assert {
    condition     = aws_lambda_function.function.s3_bucket == "code" && aws_lambda_function.function.s3_key == "code/function.zip" && aws_lambda_function.function.s3_object_version == "abc" && aws_lambda_function.function.filename == null
    error_message = "It isn't that object."
  }

  assert {
    condition     = aws_lambda_function.function.architectures == tolist(["x86_64"])
    error_message = "It is for another architecture."
  }
}

run "from_a_url" {
  command = plan

  variables {
    function_url    = "https://example.com/function.zip"
    function_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  assert {
    condition     = aws_lambda_function.function.source_code_hash == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    error_message = "That isn't the checksum in base64: ${aws_lambda_function.function.source_code_hash}"
  }

  assert {
    condition     = endswith(aws_lambda_function.function.filename, "/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.zip") && length(terraform_data.download) == 1
    error_message = "It isn't downloaded."
  }
}

run "checksum_counting" {
  command = plan

  variables {
    function_url    = "http://example.com/function.zip"
    function_sha256 = "030b131b232b333b434b535b636b737b838b939ba3abb3bbc3cbd3dbe3ebf3fb"
  }

  assert {
    condition     = aws_lambda_function.function.source_code_hash == "AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s="
    error_message = "That isn't the checksum in base64: ${aws_lambda_function.function.source_code_hash}"
  }
}

run "refuses_no_place" {
  command = plan

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "refuses_a_file_and_s3" {
  command = plan

  variables {
    function_zip    = "versions.tf"
    function_bucket = "code"
    function_key    = "function.zip"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "refuses_a_file_and_a_url" {
  command = plan

  variables {
    function_zip    = "versions.tf"
    function_url    = "https://example.com/function.zip"
    function_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "refuses_a_bucket_without_a_key" {
  command = plan

  variables {
    function_bucket = "code"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "refuses_a_key_without_a_bucket" {
  command = plan

  variables {
    function_zip = "versions.tf"
    function_key = "function.zip"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "refuses_a_version_without_a_bucket" {
  command = plan

  variables {
    function_zip     = "versions.tf"
    function_version = "abc"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "refuses_a_url_without_a_checksum" {
  command = plan

  variables {
    function_url = "https://example.com/function.zip"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}

run "refuses_a_checksum_without_a_url" {
  command = plan

  variables {
    function_zip    = "versions.tf"
    function_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
  }

  expect_failures = [
    aws_lambda_function.function,
  ]
}
