"""What SES tells of a mail → facts about that message. Pure; order, repetition and both shapes are normal.

Mail comes back out of order: a complaint before its delivery, a soft bounce
after it. Each event is one fact, named by SES's message id, kind and time;
what they amount to is the fold's and the message's state machine's business.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import clock, ids
from chalicelib.aws.ses import TAG
from chalicelib.collect import fields
from chalicelib.collect.delivery import DropReason
from chalicelib.events import (
    EmailAccepted,
    EmailBounced,
    EmailDelayed,
    EmailDelivered,
    EmailMarkedAsSpam,
    EmailRejected,
    Event,
)

_TAG_VALUE = re.compile(r"([a-z2-7]{16})\.([a-z2-7]{16})")
_TAG_HEADER = re.compile(rf"(?:^|[,;\s]){TAG}=([a-z2-7.]+)")
_DETAILS = {
    "Bounce": "bounce",
    "Complaint": "complaint",
    "Delivery": "delivery",
    "DeliveryDelay": "deliveryDelay",
    "Reject": "reject",
    "Rendering Failure": "failure",
    "Send": "send",
}


def translate(report: Mapping[str, Any], now: datetime) -> list[Event] | DropReason:
    """Facts in one SES event, of configuration sets (`eventType`) or identities (`notificationType`)."""
    kind = report.get("eventType") or report.get("notificationType")
    if kind not in _DETAILS:
        return DropReason.UNUSED_TOPIC
    mail = fields.part(report, "mail")
    message = _read_tag(mail)
    if message is None:
        return DropReason.UNKNOWN_MESSAGE
    profile_id, message_id = message
    details = fields.part(report, _DETAILS[kind])
    at = fields.instant(details.get("timestamp")) or fields.instant(mail.get("timestamp"))
    moment = clock.to_text(at) if at else ""
    base = {
        "id": ids.event_id("ses", fields.identifier(mail.get("messageId")), kind, moment, message_id),
        "occurred_at": fields.not_after(at, now) or now,
        "received_at": now,
        "source": "ses",
        "who": {"profile": profile_id},
    }
    return _FACTS[kind](base, message_id, details)


def _read_tag(mail: Mapping[str, Any]) -> tuple[str, str] | None:
    """Profile and message id from our tag, or from the header that carries it where tags are left out."""
    given = fields.part(mail, "tags").get(TAG)
    value = given[0] if isinstance(given, list) and given else given
    if not isinstance(value, str):
        headers = fields.parts(mail.get("headers"))
        carried = (each.get("value") for each in headers if str(each.get("name")).lower() == "x-ses-message-tags")
        found = _TAG_HEADER.search(fields.text(next(carried, ""), 1000))
        value = found.group(1) if found else ""
    match = _TAG_VALUE.fullmatch(value)
    return (match.group(1), match.group(2)) if match else None


def _accepted(base: dict[str, Any], message_id: str, details: Mapping[str, Any]) -> list[Event]:
    return [EmailAccepted(**base, message_id=message_id)]


def _delivered(base: dict[str, Any], message_id: str, details: Mapping[str, Any]) -> list[Event]:
    return [EmailDelivered(**base, message_id=message_id)]


def _delayed(base: dict[str, Any], message_id: str, details: Mapping[str, Any]) -> list[Event]:
    return [EmailDelayed(**base, message_id=message_id, kind=fields.text(details.get("delayType"), 60))]


def _bounced(base: dict[str, Any], message_id: str, details: Mapping[str, Any]) -> list[Event]:
    permanent = details.get("bounceType") == "Permanent"
    kind = fields.text(details.get("bounceSubType"), 60)
    return [EmailBounced(**base, message_id=message_id, permanent=permanent, kind=kind)]


def _complained(base: dict[str, Any], message_id: str, details: Mapping[str, Any]) -> list[Event] | DropReason:
    kind = fields.text(details.get("complaintFeedbackType"), 60)
    if kind == "not-spam":
        return DropReason.NO_CHANGE  # taken out of the spam folder: the opposite of a complaint
    return [EmailMarkedAsSpam(**base, message_id=message_id, kind=kind)]


def _rejected(base: dict[str, Any], message_id: str, details: Mapping[str, Any]) -> list[Event]:
    kind = fields.text(details.get("reason"), 60) or ("Rendering Failure" if "errorMessage" in details else "")
    return [EmailRejected(**base, message_id=message_id, kind=kind)]


_FACTS = {
    "Bounce": _bounced,
    "Complaint": _complained,
    "Delivery": _delivered,
    "DeliveryDelay": _delayed,
    "Reject": _rejected,
    "Rendering Failure": _rejected,
    "Send": _accepted,
}
