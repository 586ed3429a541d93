"""A webhook, from its raw bytes to facts in the log, in named steps; each step passes it on or says why not.

    receive    is it small enough, and do we know the source?
    verify     did a secret of ours sign these very bytes?
    parse      is it strict JSON, and an object?
    translate  which facts are in it?
    log        written once each; what became no fact is counted, and kept where it may be needed

Refuses to trust a sender's delivery id, and to answer 5xx for anything but an
AWS that does not answer: a store would try the same body for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MappingProxyType

from chalicelib import ids
from chalicelib.aws.services import Services
from chalicelib.collect import strict_json
from chalicelib.collect.delivery import Delivery, DropReason, Source
from chalicelib.collect.drops import count_drop
from chalicelib.collect.sources import generic, shopify, woocommerce
from chalicelib.errors import BadInput, BadJson, LimitExceeded
from chalicelib.events import Event
from chalicelib.profile import log

BODY_LIMIT = 1024 * 1024
PLATFORMS: MappingProxyType[str, Source] = MappingProxyType({shopify.NAME: shopify, woocommerce.NAME: woocommerce})

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
    DropReason.UNUSED_TOPIC: "unused",
}
"""Where a delivery's raw bytes are kept for seven days, once it was known to be signed."""


@dataclass(frozen=True)
class Taken:
    """What became of a delivery: `stored` facts were new or known; else `reason` says why there are none."""

    status: int
    reason: DropReason | None = None
    stored: int = 0


def take(services: Services, delivery: Delivery) -> Taken:
    """Take one delivery through all steps. Raises Unavailable when AWS does not answer: the sender tries again."""
    facts = read(delivery)
    if isinstance(facts, DropReason):
        return drop(services, delivery, facts)
    try:
        _write(services, facts)
    except LimitExceeded:
        return drop(services, delivery, DropReason.UNUSABLE)
    return Taken(200, stored=len(facts))


def read(delivery: Delivery) -> list[Event] | DropReason:
    """The pure steps: the facts in a delivery, or why there are none."""
    for step in STEPS:
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


def _translate(delivery: Delivery) -> list[Event] | DropReason:
    adapter = adapter_of(delivery)
    try:
        facts = adapter.translate(delivery) if adapter else DropReason.UNKNOWN_SOURCE
    except BadInput:
        return DropReason.UNUSABLE
    return facts or DropReason.NO_CHANGE


STEPS: tuple[Callable[[Delivery], Delivery | DropReason], ...] = (_receive, _verify, _parse)


def _write(services: Services, facts: list[Event]) -> None:
    """At most two calls: the first fact is one that must count once; the others name their own version."""
    log.append(services, facts[0])
    if len(facts) == 2:
        log.append(services, facts[1])
    elif len(facts) > 2:
        log.append_many(services, facts[1:])


def drop(services: Services, delivery: Delivery, reason: DropReason) -> Taken:
    """Keep what may be needed, count it, and say how to answer. Raises Unavailable."""
    folder = KEPT.get(reason)
    if folder:
        day = f"{delivery.now:%Y-%m-%d}"
        name = ids.digest(delivery.source, delivery.body.decode("utf-8", "replace"))
        services.data.put(f"{folder}/{delivery.source}/{day}/{name}.json", delivery.body)
    if reason is not DropReason.PING:
        count_drop(services, delivery.now.strftime("%Y-%m-%d"), reason)
    return Taken(STATUS.get(reason, 200), reason)
