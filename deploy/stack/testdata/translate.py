"""Translates a template as CloudFormation's SAM transform does, and writes what comes of it as JSON."""

import json
import os
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")  # the translator asks for one; it calls nothing

from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

with open(sys.argv[1], encoding="utf-8") as file:
    template = yaml_parse(file.read())

# `sam deploy` uploads the code and writes its address here before the transform sees the template.
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/function.zip"

parameters = {"IdentityArns": "arn:aws:ses:eu-west-1:111122223333:identity/example.com"}
json.dump(Translator({}, Parser()).translate(template, parameters), sys.stdout, indent=1)
