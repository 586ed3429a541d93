"""A webhook, from its raw bytes to facts in the log, in named steps; each step passes it on or says why not.

    receive    is it small enough, and do we know the source?
    verify     did a secret of ours sign these very bytes?
    parse      is it strict JSON, and an object?
    translate  which facts, changes of products and requests are in it?
    write      once each; what told nothing is counted, and kept where it may be needed

Refuses to take a sender's delivery id for the identity of a fact, and to answer 5xx for anything but an
AWS that does not answer: a store would try the same body for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from chalicelib import ids
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.collect import ledger, strict_json
from chalicelib.collect.delivery import Delivery, DropReason, Source
from chalicelib.collect.sources import generic, shopify, shoplazza, shopline, woocommerce
from chalicelib.errors import BadInput, BadJson, LimitExceeded

if TYPE_CHECKING:
    from chalicelib.collect.delivery import Finding

BODY_LIMIT = 1024 * 1024
PLATFORMS: MappingProxyType[str, Source] = MappingProxyType(
    {
        shopify.NAME: shopify,
        woocommerce.NAME: woocommerce,
        shopline.NAME: shopline,
        shoplazza.NAME: shoplazza,
    }
)

STATUS = {
    DropReason.TOO_LARGE: 413,
    DropReason.BROKEN_ENCODING: 400,
    DropReason.UNKNOWN_SOURCE: 404,
    DropReason.BAD_SIGNATURE: 401,
    DropReason.FOREIGN_SHOP: 401,
    DropReason.BROKEN_JSON: 400,
}
"""Answers to a drop; every other one is 200, since sending the same again would change nothing."""

KEPT = {
    DropReason.BROKEN_JSON: "quarantine",
    DropReason.UNUSABLE: "quarantine",
    DropReason.NOBODY: "quarantine",
    DropReason.CHANGED_REPEAT: "quarantine",
    DropReason.UNUSED_TOPIC: "unused",
}
"""Where a delivery's raw bytes are kept for seven days, once it was known to be signed."""


@dataclass(frozen=True)
class Taken:
    """What became of a delivery: `stored` findings were new or known; else `reason` says why there are none."""

    status: int
    reason: DropReason | None = None
    stored: int = 0


def take(services: Services, delivery: Delivery, *, was_verified: bool = False) -> Taken:
    """Take one delivery through all steps. Raises Unavailable when AWS does not answer: the sender tries again."""
    findings = read(delivery, was_verified=was_verified)
    if isinstance(findings, DropReason):
        return drop(services, delivery, findings)
    adapter = adapter_of(delivery)
    try:
        taken = ledger.write(services, delivery, adapter.delivery_id(delivery) if adapter else "", findings)
    except LimitExceeded:
        return drop(services, delivery, DropReason.UNUSABLE)
    return Taken(200, stored=len(findings)) if taken else drop(services, delivery, DropReason.CHANGED_REPEAT)


def read(delivery: Delivery, *, was_verified: bool = False) -> "list[Finding] | DropReason":
    """The pure steps: what a delivery tells, or why it tells nothing. `was_verified` of one kept after it was."""
    for step in STEPS:
        if was_verified and step is _verify:
            continue  # its signature names a time, and holds for minutes only
        passed = step(delivery)
        if isinstance(passed, DropReason):
            return passed
        delivery = passed
    return _translate(delivery)


def is_unsigned(delivery: Delivery) -> bool:
    """Whether none of the secrets given signed it: these may be out of date."""
    return _receive(delivery) is delivery and _verify(delivery) is DropReason.BAD_SIGNATURE


def adapter_of(delivery: Delivery) -> Source | None:
    """A platform's own adapter, or the generic one where the playbook maps this source."""
    return PLATFORMS.get(delivery.source) or (generic if delivery.mapping else None)


def _receive(delivery: Delivery) -> Delivery | DropReason:
    if len(delivery.body) > BODY_LIMIT:
        return DropReason.TOO_LARGE
    return delivery if adapter_of(delivery) else DropReason.UNKNOWN_SOURCE


def _verify(delivery: Delivery) -> Delivery | DropReason:
    adapter = adapter_of(delivery)
    return (adapter.verify(delivery) if adapter else DropReason.UNKNOWN_SOURCE) or delivery


def _parse(delivery: Delivery) -> Delivery | DropReason:
    try:
        data = strict_json.read(delivery.body)
    except BadJson:
        return DropReason.BROKEN_JSON
    return replace(delivery, data=data) if isinstance(data, dict) else DropReason.BROKEN_JSON


def _translate(delivery: Delivery) -> "list[Finding] | DropReason":
    adapter = adapter_of(delivery)
    try:
        findings = adapter.translate(delivery) if adapter else DropReason.UNKNOWN_SOURCE
    except BadInput:
        return DropReason.UNUSABLE
    return findings or DropReason.NO_CHANGE


STEPS: tuple[Callable[[Delivery], Delivery | DropReason], ...] = (_receive, _verify, _parse)


def drop(services: Services, delivery: Delivery, reason: DropReason) -> Taken:
    """Keep what may be needed, count it, and say how to answer. Raises Unavailable."""
    folder = KEPT.get(reason)
    if folder:
        day = f"{delivery.now:%Y-%m-%d}"
        name = ids.digest(delivery.source, delivery.body.decode("utf-8", "replace"))
        key = f"{folder}/{delivery.source}/{day}/{name}.json"
        services.data.put(key, delivery.body, metadata=_own_headers(delivery))
    if reason is not DropReason.PING:
        count_drop(services, delivery.now.strftime("%Y-%m-%d"), reason)
    return Taken(STATUS.get(reason, 200), reason)


def _own_headers(delivery: Delivery) -> dict[str, str]:
    """The platform's own headers, its topic among them: without them a kept body could not be taken again."""
    own = {
        name: value
        for name, value in delivery.headers.items()
        if name.startswith(("x-", "webhook-")) and value.isascii()
    }
    own = {name: value for name, value in own.items() if not name.startswith(("x-forwarded", "x-amz", "x-amzn"))}
    return own if sum(len(name) + len(value) for name, value in own.items()) < 1800 else {}
