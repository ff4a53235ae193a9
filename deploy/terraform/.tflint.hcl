# All rules of the ruleset that tflint has built in. The tests run it: tflint --recursive --config "$PWD/.tflint.hcl"
plugin "terraform" {
  enabled = true
  preset  = "all"
}
