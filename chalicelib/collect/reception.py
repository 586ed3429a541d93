"""Puts together what intake needs to judge a delivery: the secrets, the playbook's settings and mapping."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.aws.services import Services
from chalicelib.collect import intake
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.collect.intake import Taken
from chalicelib.errors import BadPlaybook
from chalicelib.playbook import bundle


def receive(services: Services, source: str, headers: Mapping[str, str], body: bytes | None, now: datetime) -> Taken:
    """Take one delivery. `body` is None when it could not be decoded. Raises Unavailable."""
    settings, sources = _read_playbook(services, now)
    known = source in intake.PLATFORMS or source in sources
    delivery = Delivery(
        source=source if known else "",
        headers=headers,
        body=body or b"",
        secrets=services.secrets.of_webhook(source) if known else (),
        now=now,
        settings=settings,
        mapping=sources.get(source) or {},
    )
    if body is None:
        return intake.drop(services, delivery, DropReason.BROKEN_ENCODING)
    if intake.is_unsigned(delivery) and services.renew_secrets(now):
        delivery = replace(delivery, secrets=services.secrets.of_webhook(source))
    return intake.take(services, delivery)


def retake(services: Services, source: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Taken:
    """Take a kept delivery once more, as mended code or a mended mapping reads it.

    One that is refused again is neither kept nor counted another time. Raises Unavailable.
    """
    settings, sources = _read_playbook(services, now)
    delivery = Delivery(
        source=source,
        headers=headers,
        body=body,
        secrets=(),
        now=now,
        settings=settings,
        mapping=sources.get(source) or {},
    )
    refused = intake.read(delivery, was_verified=True)  # only what was verified is kept
    if isinstance(refused, DropReason):
        return Taken(200, refused)
    return intake.take(services, delivery, was_verified=True)


def _read_playbook(services: Services, now: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings and sources; none of either before the first publish, when orders must not be lost either."""
    try:
        published = bundle.load(services.data, now)
    except BadPlaybook:
        return {}, {}
    return published.settings, published.sources
