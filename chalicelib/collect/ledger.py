"""Writes what a delivery told: facts to the log, changes to the catalogue, privacy requests to their list.

A sender's delivery id stands for one body. The body's digest is remembered
under it for eight days, longer than any sender repeats itself, in the same
transaction as the facts: so where it is remembered the facts are written too,
and a second body under the same id is refused as a whole. Where the transaction
cannot be, since a fact is there already or another handler writes it right now,
the id is taken as `unwritten` first, and whoever comes again with that body
writes what a crash left out. Changes of the
catalogue need no such memory, since merging them again changes nothing.
Refuses to look into what it writes.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib import clock, ids
from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, Key, delivery_key, event_key, privacy_request_key
from chalicelib.aws.together import LIMIT, New, put_together
from chalicelib.collect.delivery import Delivery, PrivacyRequest
from chalicelib.events import ConsentRecorded, CustomerUpdated, Event, OrderUpdated
from chalicelib.profile import log

if TYPE_CHECKING:
    from chalicelib.collect.delivery import Finding

REMEMBERED = timedelta(days=8)
_NAMED_BY_CONTENT = (OrderUpdated, CustomerUpdated, ConsentRecorded)
"""Facts that say under one id always the same; any other is a stage, which stays in the log as it came first."""


def write(services: Services, delivery: Delivery, delivery_id: str, findings: "Sequence[Finding]") -> bool:
    """False, and nothing written, when another body came under this delivery id before. Raises Unavailable."""
    facts = [each for each in findings if isinstance(each, Event)]
    requests = [each for each in findings if isinstance(each, PrivacyRequest)]
    changes = [each for each in findings if not isinstance(each, Event | PrivacyRequest)]
    if facts and not _write_facts(services, delivery, delivery_id, facts):
        return False
    if changes:
        from chalicelib.catalogue import store

        store.put(services, changes, delivery.now)
    for request in requests:
        _write_request(services, delivery, request)
    return True


def _write_facts(services: Services, delivery: Delivery, delivery_id: str, facts: list[Event]) -> bool:
    if not delivery_id:
        _append(services, facts)
        return True
    key = delivery_key(delivery.source, delivery_id)
    memory = {"body": _digest(delivery), "expires_at": int((delivery.now + REMEMBERED).timestamp())}
    if len(facts) < LIMIT and put_together(services.dynamodb, _together(services, facts, key, memory)):
        return True
    # It came before, or another delivery told the same stage, or its twin is being written at this moment.
    known = services.agenda.get(key, consistent=True)
    if not known or known["expires_at"] <= delivery.now.timestamp():
        before = {name: known[name] if known else None for name in ("body", "expires_at")}
        if services.agenda.put(key, memory | {"unwritten": True}, only_if=before):
            known = None
        else:
            known = services.agenda.get(key, consistent=True)
    if known and (known["body"] != memory["body"] or "unwritten" not in known):
        telemetry.count("repeated")
        return bool(known["body"] == memory["body"])
    _append(services, facts)
    services.agenda.put(key, memory)
    return True


def _together(services: Services, facts: list[Event], key: Key, memory: Item) -> list[New]:
    return [New(services.agenda, key, memory, True), *(_new(fact, services) for fact in facts)]


def _new(fact: Event, services: Services) -> New:
    return New(
        services.events, event_key(fact.partition, fact.id), log.to_item(fact), not isinstance(fact, _NAMED_BY_CONTENT)
    )


def _append(services: Services, facts: list[Event]) -> None:
    """At most two calls. What is there stays as it came first, so that a profile and its rebuild are the same."""
    if len(facts) > 2:
        keys = [event_key(fact.partition, fact.id) for fact in facts]
        known = {(item["pk"], item["sk"]) for item in services.events.get_many(keys, attributes=("pk", "sk"))}
        facts = [fact for fact, key in zip(facts, keys, strict=True) if key not in known]
        if 1 < len(facts) <= LIMIT and put_together(services.dynamodb, [_new(fact, services) for fact in facts]):
            return
    for fact in facts:  # one or two; or more than one transaction takes, or another delivery told some just now
        log.append(services, fact)


def _write_request(services: Services, delivery: Delivery, request: PrivacyRequest) -> None:
    """Its name covers everything it says, so one that is there already is the same."""
    attributes = {
        "topic": request.topic,
        "source": request.source,
        "shop": request.shop,
        "customer_id": request.customer_id,
        "email": request.email,
        "phone": request.phone,
        "orders": list(request.orders),
        "received_at": clock.to_text(delivery.now),
        "status": "open",
    }
    services.catalog.put_if_absent(privacy_request_key(request.request), attributes)


def _digest(delivery: Delivery) -> str:
    return ids.digest(delivery.body.decode("utf-8", "replace"))
