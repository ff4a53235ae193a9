"""An AWS Lambda function that sends mail: the credential is read once for each execution environment, and kept fresh.

Deploy it with ses_mail.py beside it. Its role needs secretsmanager:GetSecretValue on the secret that SMTP_SECRET names.
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
    message["Message-ID"] = event["message_id"]  # the caller's, so that an event that comes twice can be told
    message.set_content(event["text"])
    mail.send(message)
