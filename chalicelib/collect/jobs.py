"""What collect runs behind the web: feedback of SES and of SMS from its queue, and hits that had to wait."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import events, settings
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.collect import feedback, strict_json, texting
from chalicelib.collect.delivery import DropReason
from chalicelib.errors import BadJson
from chalicelib.profile import log

_ENVELOPE = {"Type", "TopicArn", "Message", "SubscribeURL"}


def take_feedback(services: Services, body: Mapping[str, Any], now: datetime) -> DropReason | None:
    """Log the facts in one SNS envelope, or in SES's event without one; the reason when there are none.

    Only a notification of our own topic is believed, and nothing it names is
    ever fetched. Raw delivery leaves the topic's name out; only our topic may
    send to the queue (infra/resources.yaml). Raises Unavailable, so that the queue delivers it again.
    """
    facts = _read(body, now)
    if isinstance(facts, DropReason):
        count_drop(services, f"{now:%Y-%m-%d}", facts)
        return facts
    for fact in facts:
        log.append(services, fact)
    return None


def append_late_fact(services: Services, body: Mapping[str, Any], now: datetime) -> None:
    """Append a fact that the web path could not: `{"event": serialised}`. Raises Unavailable, to be tried again.

    The fact may have been written after all, its answer lost: the log has it once.
    """
    log.append(services, events.parse(body["event"]))


def _read(body: Any, now: datetime) -> list[Any] | DropReason:
    if not isinstance(body, Mapping):
        return DropReason.FOREIGN_TOPIC
    if not body.keys() & _ENVELOPE and isinstance(body.get("mail"), Mapping):
        return feedback.translate(body, now)  # delivered raw: that it came from our topic, the queue's policy holds
    if body.get("Type") != "Notification" or not isinstance(body.get("Message"), str):
        return DropReason.FOREIGN_TOPIC
    if body.get("TopicArn") != settings.feedback_topic():
        return DropReason.FOREIGN_TOPIC
    try:
        report = strict_json.read(body["Message"].encode("utf-8", "surrogatepass"))
    except BadJson:
        return DropReason.BROKEN_JSON
    if not isinstance(report, dict):
        return DropReason.BROKEN_JSON
    return texting.translate(report, now) if texting.is_ours(report) else feedback.translate(report, now)
