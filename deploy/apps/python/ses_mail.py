"""Sends mail through Amazon SES with the credential in a secret, and goes on when it is rotated.

    mail = SesMail("the secret's name or ARN")
    mail.send(message)  # an email.message.EmailMessage

An ARN is read in its own Region, and a name in the program's. It needs boto3, and
secretsmanager:GetSecretValue on the secret. One SesMail is enough for a program and all its threads.
"""

import json
import logging
import random
import re
import smtplib
import ssl
import threading
import time

import boto3
from botocore.config import Config

log = logging.getLogger(__name__)

IMPLICIT_TLS_PORTS = (465, 2465)  # on all others, SES starts in the clear and switches to TLS with STARTTLS


ARN = re.compile(r"arn:(aws[a-z-]*):secretsmanager:([a-z]+(?:-[a-z]+)+-\d+):\d{12}:secret:[\w/+=.@!-]+", re.ASCII)


def region_of(secret_id):
    """The Region in a secret's ARN, because no client follows an ARN to another Region. None for a name."""
    if ":" not in secret_id:  # which no name has
        return None
    arn = ARN.fullmatch(secret_id)
    if not arn or (arn[1] == "aws") != (partition(arn[2]) is None):  # not quoted: it may be a password in the wrong field
        raise ValueError(
            "the secret's ID has a colon but isn't the ARN of a secret; give its name or its ARN, "
            "such as arn:aws:secretsmanager:eu-west-1:111122223333:secret:mail-AbCdEf"
        )
    region = arn[2]
    ours = (boto3.DEFAULT_SESSION or boto3.Session()).region_name or region
    if partition(ours) != partition(region):
        raise ValueError(f"the secret's ARN is of Region {region}, in another partition of AWS than this program's Region {ours}")
    return region


def partition(region):
    """The prefix of a Region's name if it is in a partition with credentials of its own, or else None."""
    found = re.match(r"(cn|eusc|us-gov|us-iso[a-z]*|eu-iso[a-z]*)-", region)
    return found[1] if found else None


class SesCredential:
    """The secret's value, read again every few minutes, and at once when SES refuses it. A client that you pass is used unchanged."""

    def __init__(self, secret_id, client=None, refresh_every=300):
        self._secret_id = secret_id
        self._client = client or boto3.client(
            "secretsmanager",
            region_name=region_of(secret_id),
            config=Config(connect_timeout=3, read_timeout=5, retries={"max_attempts": 2}),
        )
        self._refresh_every = refresh_every
        self._lock = threading.Lock()
        self._value = None
        self._due = 0.0

    def get(self):
        """The value as a dict. If Secrets Manager fails, it is the last one."""
        if self._value is None:
            with self._lock:
                if self._value is None:
                    self._read()
        elif time.time() >= self._due and self._lock.acquire(blocking=False):  # the other threads go on with the old value
            try:
                self._read()
            except Exception:
                log.warning("can't read the SMTP credential; still using the last one", exc_info=True)
                self._due = time.time() + 10
            finally:
                self._lock.release()
        return self._value

    def after_refusal(self, value):
        """The new value after SES answered 535 to this one, or None if the secret still has this one."""
        with self._lock:
            if self._value == value:  # otherwise another thread has already read it again
                self._read()
            return None if self._value == value else self._value

    def _read(self):
        answer = self._client.get_secret_value(SecretId=self._secret_id, VersionStage="AWSCURRENT")
        value = json.loads(answer["SecretString"])
        for name in ("username", "password", "host", "port"):
            if not value.get(name):
                raise ValueError(f"the secret {self._secret_id} has no {name}: is there a first credential yet?")
        self._value = value
        self._due = time.time() + self._refresh_every * random.uniform(0.9, 1.1)


class SesMail:
    """Sends each mail on its own connection."""

    def __init__(self, secret_id, client=None, refresh_every=300, timeout=30):
        self._credential = SesCredential(secret_id, client, refresh_every)
        self._timeout = timeout

    def send(self, message):
        value = self._credential.get()
        try:
            self._send(value, message)
        except smtplib.SMTPResponseException as error:
            if not refused(error):
                raise
            fresh = self._credential.after_refusal(value)
            if fresh is None:
                raise
            self._send(fresh, message)

    def _send(self, value, message):
        with connect(value, self._timeout) as smtp:
            smtp.send_message(message)


def connect(value, timeout):
    """Returns an smtplib.SMTP that is logged in, over TLS with the certificate checked."""
    context = ssl.create_default_context()
    name = "localhost"  # for EHLO: smtplib takes the machine's name, and fails if that isn't ASCII
    if int(value["port"]) in IMPLICIT_TLS_PORTS:
        smtp = smtplib.SMTP_SSL(value["host"], int(value["port"]), name, timeout=timeout, context=context)
    else:
        smtp = smtplib.SMTP(value["host"], int(value["port"]), name, timeout=timeout)
    try:
        if not isinstance(smtp, smtplib.SMTP_SSL):
            smtp.starttls(context=context)
        smtp.login(value["username"], value["password"])
    except BaseException:
        smtp.close()
        raise
    return smtp


def refused(error):
    """Whether SES refused the credential, at the login or later. If so, nothing of that mail has been sent."""
    return error.smtp_code == 535
