"""Sends one mail as Sentry does, with the options of its config.yml: python3 sentry.py FILE MESSAGE-ID"""
import sys

import django.conf
from django.core import mail

options = {}
for line in open(sys.argv[1]):
    name, _, value = line.partition(": ")
    value = value.strip()
    options[name] = value.strip("'") if value.startswith("'") else {"true": True, "false": False}.get(value, value)
django.conf.settings.configure()
connection = mail.get_connection(
    backend="django.core.mail.backends.smtp.EmailBackend",
    host=options["mail.host"], port=int(options["mail.port"]),
    username=options["mail.username"], password=options["mail.password"],
    use_tls=options["mail.use-tls"], use_ssl=options["mail.use-ssl"], timeout=30,
)
message = mail.EmailMessage("Hello", "Hello.", options["mail.from"], ["you@example.net"], headers={"Message-ID": sys.argv[2]})
connection.send_messages([message])
