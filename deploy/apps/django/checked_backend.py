"""Django's SMTP backend with the server's certificate checked, which older versions of Django don't do. In the settings:

EMAIL_BACKEND = "checked_backend.EmailBackend"
"""

import smtplib
import ssl

from django.core.mail.backends import smtp


class Checked(smtplib.SMTP):
    def starttls(self, *args, **kwargs):
        return super().starttls(context=ssl.create_default_context())


class CheckedSSL(smtplib.SMTP_SSL):
    def __init__(self, host, port, local_hostname=None, timeout=30, **kwargs):
        super().__init__(host, port, local_hostname, timeout=timeout, context=ssl.create_default_context())


class EmailBackend(smtp.EmailBackend):
    @property
    def connection_class(self):
        return CheckedSSL if self.use_ssl else Checked
