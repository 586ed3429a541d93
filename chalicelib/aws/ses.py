"""Sending e-mail: one call, never repeated, behind a guard with SES's limits.

SES has no idempotency token, so this module refuses to retry: an unanswered
call is `Unanswered`, and the event that SES publishes with our tag says later
whether the mail went out.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.errors import DriplineError, LimitExceeded, Unavailable

MAIL_LIMIT = 10 * 1024 * 1024  # SES throttles above 10 MB; a marketing mail of that size is a fault
TAG = "dripline_message"


@dataclass(frozen=True)
class Mail:
    """One mail to one person: `mime` is the whole RFC 5322 message, `tag` is `<profile id>.<message id>`."""

    sender: str
    recipient: str
    mime: bytes
    tag: str


class Unanswered(Unavailable):
    """The call went out and no answer came: the mail may or may not have been sent."""


class Throttled(Unavailable):
    """SES refused for its rate or daily quota: nothing was sent, try later."""


class SendingPaused(DriplineError):
    """SES will send nothing of ours as things stand (paused, a permission or identity is missing): nothing was sent.

    Trying on is harmful or in vain, and skipping would lose every message in turn: an operator has to look.
    """


class MailRefused(DriplineError):
    """SES refused this mail for good: nothing was sent."""


class Mailer(Protocol):
    def send(self, mail: Mail) -> str:
        """Send once; the provider's message id. Raises the four above and LimitExceeded."""


def check(mail: Mail) -> None:
    """Raise LimitExceeded for what SES would refuse, or worse, accept with a forged header."""
    if len(mail.mime) > MAIL_LIMIT:
        raise LimitExceeded(f"a mail of {len(mail.mime)} bytes; at most {MAIL_LIMIT} are sent")
    for address in (mail.sender, mail.recipient):
        if any(ord(letter) < 32 or ord(letter) == 127 for letter in address) or address.count("@") != 1:
            raise LimitExceeded("not one mail address")
    if "," in mail.recipient or ";" in mail.recipient:
        raise LimitExceeded("one mail goes to one recipient")
    head = mail.mime.split(b"\n\n", 1)[0].split(b"\r\n\r\n", 1)[0].lower()
    for once in (b"list-unsubscribe:", b"list-unsubscribe-post:", b"list-id:", b"subject:", b"from:", b"to:"):
        if (b"\n" + head).count(b"\n" + once) > 1:
            raise LimitExceeded(f"header {once.decode()} appears more than once")


class SesMailer:
    """SES v2; `client` must have retries off."""

    def __init__(self, client: Any, configuration_set: str) -> None:
        self._client = client
        self._configuration_set = configuration_set

    def send(self, mail: Mail) -> str:
        from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, EndpointConnectionError

        check(mail)
        try:
            answer = self._client.send_email(
                FromEmailAddress=mail.sender,
                Destination={"ToAddresses": [mail.recipient]},
                Content={"Raw": {"Data": mail.mime}},
                ConfigurationSetName=self._configuration_set,
                EmailTags=[{"Name": TAG, "Value": mail.tag}],
            )
        except ClientError as fault:
            raise _read_refusal(fault) from fault
        except (EndpointConnectionError, ConnectTimeoutError) as fault:
            raise Throttled("SES could not be reached, so nothing was sent") from fault
        except BotoCoreError as fault:
            raise Unanswered("SES did not answer") from fault
        return answer["MessageId"]


_NOTHING_WORKS = {
    "AccountSuspendedException",
    "SendingPausedException",
    "MailFromDomainNotVerifiedException",
    "NotFoundException",  # the configuration set
    "AccessDeniedException",
}


def _read_refusal(fault: Any) -> DriplineError:
    code = fault.response["Error"]["Code"]
    status = fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in ("TooManyRequestsException", "ThrottlingException", "Throttling", "LimitExceededException"):
        return Throttled(f"SES: {code}")
    if status == 403 or code in _NOTHING_WORKS or "not verified" in fault.response["Error"].get("Message", ""):
        return SendingPaused(f"SES: {code}")
    if status >= 500:
        return Unanswered(f"SES: {code}")  # a 5xx says nothing about what was done before it
    return MailRefused(f"SES: {code}")
