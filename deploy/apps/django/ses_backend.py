"""Django's SMTP backend, with the credential in a secret. It needs ses_mail.py beside it, and in the settings:

EMAIL_BACKEND = "ses_backend.EmailBackend"
SES_SECRET = "the secret's name or ARN"
"""

import functools
import smtplib

from django.conf import settings
from django.core.mail.backends import smtp

from ses_mail import SesCredential, connect, refused


@functools.cache
def credential():
    """One for the process."""
    return SesCredential(settings.SES_SECRET)


class EmailBackend(smtp.EmailBackend):
    """Sends many mails over one connection, as Django's does, and goes on with another credential when SES refuses this one."""

    def open(self):
        if self.connection:
            return False
        try:
            self._value = credential().get()
            try:
                self.connection = connect(self._value, self.timeout)
            except smtplib.SMTPResponseException as error:
                self._read_again(error)
                self.connection = connect(self._value, self.timeout)
        except OSError:  # which SMTPException is
            if not self.fail_silently:
                raise
            return None
        return True

    def _send(self, message):
        silently, self.fail_silently = self.fail_silently, False
        try:
            try:
                return super()._send(message)
            except smtplib.SMTPResponseException as error:  # nothing of this mail has been sent if it is a refusal
                self._read_again(error)
                self.close()
                self.open()
                return super()._send(message)
        except smtplib.SMTPException:
            if not silently:
                raise
            return False
        finally:
            self.fail_silently = silently

    def _read_again(self, error):
        """Takes another credential after a refusal. Anything else stays an error."""
        fresh = credential().after_refusal(self._value) if refused(error) else None
        if fresh is None:
            raise error
        self._value = fresh
