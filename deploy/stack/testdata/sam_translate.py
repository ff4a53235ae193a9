"""Puts the template on standard input, in JSON, through SAM's translator."""

import json
import sys

from samtranslator.translator.transform import transform


class NoManagedPolicies:
    def load(self):
        return {}


json.dump(transform(json.load(sys.stdin), {"IdentityArns": "arn:aws:ses:eu-west-1:111122223333:identity/example.com"}, NoManagedPolicies()), sys.stdout)
