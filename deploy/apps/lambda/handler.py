"""An AWS Lambda function that sends mail. Each execution environment reads the credential once, and keeps it fresh.

Deploy it together with ses_mail.py. Its role needs secretsmanager:GetSecretValue on the secret that SMTP_SECRET names.
"""

import os
from email.message import EmailMessage

from ses_mail import SesMail

mail = SesMail(os.environ["SMTP_SECRET"])  # outside the handler: all invocations of an execution environment share it


def handler(event, context):
    message = EmailMessage()
    message["From"] = event["from"]
    message["To"] = event["to"]
    message["Subject"] = event["subject"]
    message["Message-ID"] = event["message_id"]  # from the caller, so that a repeated event is recognisable
    message.set_content(event["text"])
    mail.send(message)
