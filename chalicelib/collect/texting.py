"""What AWS End User Messaging says of text messages → facts: how one fared, and what its recipient answered.

Two shapes come through the feedback topic: delivery events of a configuration
set (`TEXT_DELIVERED`, …; ours by the tag in their `context`) and messages that
people send to our number. Who sends a word that means stop is texted no more;
a word that means start changes nothing, because it proves no consent. Pure.
Refuses to read anything else into what people write.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chalicelib import ids
from chalicelib.aws.ses import TAG
from chalicelib.collect import fields
from chalicelib.collect.delivery import DropReason
from chalicelib.events import Event, SmsDelivered, SmsFailed, Unsubscribed

STOP = frozenset(
    # What carriers and the US rules of 2025 name, then German, French, Spanish, Japanese and Chinese.
    [
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "revoke", "opt out", "optout"),
        *("stopp", "abmelden", "abbestellen", "arret", "arreter", "desabonner", "desinscrire"),
        *(
            "baja",
            "alto",
            "parar",
            "cancelar",
            "停止",
            "配信停止",
            "解除",
            "退订",
            "退訂",
            "取消订阅",
            "取消訂閱",
            "td",
            "t",
        ),
    ]
)
_PLAIN = frozenset(("stop", "stopall", "unsubscribe", "stopp", "arret", "baja", "退订", "退訂", "停止"))
"""Words that mean it at the beginning of a sentence too."""

_WORD = re.compile(r"[^\w]+")
_TAG_VALUE = re.compile(r"([a-z2-7]{16})\.([a-z2-7]{16})")
_DELIVERED = ("TEXT_DELIVERED", "TEXT_SUCCESSFUL")  # which of the two a country's carriers give differs
_ON_THE_WAY = ("TEXT_QUEUED", "TEXT_PENDING", "TEXT_SENT")
_GONE = ("TEXT_INVALID",)  # the number itself; everything else may pass


def is_ours(report: Mapping[str, Any]) -> bool:
    """Whether a notification is about text messages at all."""
    return str(report.get("eventType", "")).startswith("TEXT_") or "inboundMessageId" in report


def translate(report: Mapping[str, Any], now: datetime) -> list[Event] | DropReason:
    """Facts in one delivery event or one inbound message."""
    return _inbound(report, now) if "inboundMessageId" in report else _event(report, now)


def _event(report: Mapping[str, Any], now: datetime) -> list[Event] | DropReason:
    tag = fields.part(report, "context").get(TAG)
    match = _TAG_VALUE.fullmatch(tag) if isinstance(tag, str) else None
    if match is None:
        return DropReason.UNKNOWN_MESSAGE
    kind = fields.text(report.get("eventType"), 60)
    if kind in _ON_THE_WAY or (kind == "TEXT_SUCCESSFUL" and report.get("isFinal") is False):
        return DropReason.NO_CHANGE
    profile_id, message_id = match.groups()
    base: dict[str, Any] = {
        "id": ids.event_id("sms", fields.identifier(report.get("messageId")), kind, message_id),
        "occurred_at": fields.not_after(_moment(report.get("eventTimestamp")), now) or now,
        "received_at": now,
        "source": "sms",
        "who": {"profile": profile_id},
        "message_id": message_id,
    }
    if kind in _DELIVERED:
        return [SmsDelivered(**base)]
    return [SmsFailed(**base, permanent=kind in _GONE, kind=kind.removeprefix("TEXT_"))]


def _inbound(report: Mapping[str, Any], now: datetime) -> list[Event] | DropReason:
    phone = fields.phone(report.get("originationNumber"))
    if not phone:
        return DropReason.NOBODY
    if not means_stop(fields.text(report.get("messageBody"), 1600)):
        return DropReason.NO_CHANGE
    inbound = fields.identifier(report.get("inboundMessageId")) or fields.text(report.get("messageBody"), 60)
    return [
        Unsubscribed(
            id=ids.event_id("sms", "stop", inbound, phone),
            occurred_at=now,
            received_at=now,
            source="sms",
            who={"phone": phone},
            channel="sms",
            how="stop",
        )
    ]


def means_stop(body: str) -> bool:
    """Whether a message is a word for stop, however written, or a sentence that begins with a plain one."""
    letters = unicodedata.normalize("NFKD", body).casefold()
    words = _WORD.sub(" ", "".join(each for each in letters if not unicodedata.combining(each))).split()
    text = unicodedata.normalize("NFC", " ".join(words))
    return text in STOP or (bool(words) and text.split()[0] in _PLAIN)


def _moment(value: Any) -> datetime | None:
    """Milliseconds since 1970, as the events have it; None for what is no moment."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 42:
        return datetime.fromtimestamp(value / 1000, UTC)
    return None
