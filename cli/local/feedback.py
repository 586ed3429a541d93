"""The mail service's side: what was handed to SES, and the events that SES would publish about it.

moto keeps the mails but neither their tags nor any feedback, so the mailer is
wrapped to note both, and `report` puts SES's own event into the feedback queue,
in the envelope in which the feedback topic's subscription carries it there on
AWS. Refuses to send anything anywhere.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import Any, cast

from chalicelib import clock, settings
from chalicelib.aws.queue import Queue
from chalicelib.aws.ses import TAG, Mail, Mailer


@dataclass(frozen=True)
class Posted:
    """One mail that SES accepted, and when."""

    ses_id: str
    sent_at: datetime
    mail: Mail

    @cached_property
    def message(self) -> EmailMessage:
        return cast(EmailMessage, message_from_bytes(self.mail.mime, policy=policy.default))

    @property
    def profile_id(self) -> str:
        return self.mail.tag.partition(".")[0]

    @property
    def message_id(self) -> str:
        return self.mail.tag.partition(".")[2]

    def body(self, kind: str) -> str:
        """The `html` or `plain` part; empty when there is none."""
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part else ""


class PostOffice:
    """A Mailer that hands on to the real one and remembers; publishes feedback about what it remembers."""

    def __init__(self, mailer: Mailer, feedback: Queue) -> None:
        self._mailer = mailer
        self._feedback = feedback
        self._reported = 0
        self.posted: list[Posted] = []

    def send(self, mail: Mail) -> str:
        ses_id = self._mailer.send(mail)
        self.posted.append(Posted(ses_id, clock.now(), mail))
        return ses_id

    def report(self, posted: Posted, kind: str, **detail: Any) -> None:
        """Publish one SES event: `Send`, `Delivery`, `Bounce` or `Complaint`, dated now."""
        now = clock.to_text(clock.now())
        recipients = [posted.mail.recipient]
        about: dict[str, Any] = {"timestamp": now} | detail
        if kind == "Delivery":
            about |= {"recipients": recipients, "processingTimeMillis": 500, "smtpResponse": "250 ok"}
        elif kind == "Bounce":
            about |= {
                "bounceType": detail.get("bounceType", "Permanent"),
                "bounceSubType": "General",
                "feedbackId": posted.ses_id,
                "bouncedRecipients": [{"emailAddress": recipients[0], "status": "5.1.1", "action": "failed"}],
            }
        elif kind == "Complaint":
            about |= {
                "complainedRecipients": [{"emailAddress": recipients[0]}],
                "feedbackId": posted.ses_id,
                "complaintFeedbackType": "abuse",
            }
        event = {
            "eventType": kind,
            "mail": {
                "timestamp": clock.to_text(posted.sent_at),
                "messageId": posted.ses_id,
                "source": posted.mail.sender,
                "destination": recipients,
                "tags": {TAG: [posted.mail.tag], "ses:configuration-set": [settings.configuration_set()]},
            },
            kind.lower(): {} if kind == "Send" else about,
        }
        self._publish(event, now)

    def answer_by_text(self, phone: str, words: str) -> None:
        """Publish what somebody wrote to the store's number, as the text service tells of it."""
        inbound = {
            "originationNumber": phone,
            "messageBody": words,
            "inboundMessageId": f"inbound-{self._reported:032x}",
        }
        self._publish(inbound, clock.to_text(clock.now()))

    def _publish(self, event: dict[str, Any], now: str) -> None:
        self._reported += 1
        self._feedback.send(
            [
                {
                    "Type": "Notification",
                    "MessageId": f"{self._reported:032x}",
                    "TopicArn": settings.feedback_topic(),
                    "Message": json.dumps(event),
                    "Timestamp": now,
                }
            ]
        )
