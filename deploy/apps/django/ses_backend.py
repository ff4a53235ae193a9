"""Django's SMTP backend, with the credential in a secret. It needs ses_mail.py in the same folder, and in the settings:

EMAIL_BACKEND = "ses_backend.EmailBackend"
SES_SECRET = "the secret's name or ARN"
"""

import functools
import smtplib
import time

from django.conf import settings
from django.core.mail.backends import smtp

from ses_mail import SesCredential, connect, refused


@functools.cache
def credential():
    """The process's one credential."""
    return SesCredential(settings.SES_SECRET)


class EmailBackend(smtp.EmailBackend):
    """Sends many mails over one connection, as Django's does. If SES refuses the credential, it goes on with the new one."""

    _used = 0.0  # when the connection was last used

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
        except Exception:  # of SES, the network or Secrets Manager
            if not self.fail_silently:
                raise
            return None
        self._used = time.monotonic()
        return True

    def _send(self, message):
        silently, self.fail_silently = self.fail_silently, False
        try:
            try:
                if self._is_gone():
                    self._open_anew()
                return super()._send(message)
            except smtplib.SMTPResponseException as error:  # if it is a refusal, nothing of this mail has been sent
                self._read_again(error)
                self._open_anew()
                return super()._send(message)
        except OSError:  # includes SMTPException
            if not silently:
                raise
            return False
        finally:
            self.fail_silently = silently
            self._used = time.monotonic()

    def _is_gone(self):
        """Whether the connection has ended since it was used. SES ends a connection after ten seconds of silence."""
        if self.connection.sock is None:
            return True
        if time.monotonic() - self._used < 5:
            return False
        try:
            return self.connection.noop()[0] != 250
        except OSError:
            return True

    def _open_anew(self):
        self.connection.close()
        self.connection = None
        self.open()

    def _read_again(self, error):
        """Takes the new credential after a refusal. Raises any other error again."""
        try:
            fresh = credential().after_refusal(self._value) if refused(error) else None
        except Exception as unread:
            raise error from unread
        if fresh is None:
            raise error
        self._value = fresh
