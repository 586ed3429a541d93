"""The event log: append-only, each fact once, the truth from which profiles are rebuilt.

A fact lies in the partition of its strongest identifier, so all of a
customer's facts are found through the customer's aliases, and a merge never
rewrites one. Writing needs no read and no transaction: the idempotency key is
the sort key. What ages out of a profile expires here too; orders, consent,
points and what a person told are kept for good, because a profile rebuilt
without them would be another. Refuses to change or remove a fact; erasure is
another room's.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib import events
from chalicelib.aws.attributes import unmarshal
from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, event_key
from chalicelib.events import Event

KEPT = timedelta(days=400)
"""How long the facts in `EXPIRING` are kept, from their receipt."""

EXPIRING = frozenset(
    cls.name
    for cls in (
        events.VisitStarted,
        events.PageViewed,
        events.PageLeft,
        events.ProductsSearched,
        events.ProductListViewed,
        events.ProductViewed,
        events.ProductAdded,
        events.ProductRemoved,
        events.CartViewed,
        events.CartUpdated,
        events.CheckoutStarted,
        events.PriceDropped,
        events.BackInStock,
        events.LowStock,
        events.MessageSent,
        events.MessageSkipped,
        events.EmailAccepted,
        events.EmailDelivered,
        events.EmailDelayed,
        events.EmailRejected,
        events.EmailOpened,
        events.EmailLinkClicked,
        events.EmailRead,
        events.HitsRelabelled,
        events.SmsDelivered,
        events.FlowEntered,
        events.FlowLeft,
    )
)


def append(services: Services, event: Event) -> bool:
    """Write the fact if it is new; False when it was known already."""
    return services.events.put_if_absent(event_key(event.partition, event.id), to_item(event))


def append_many(services: Services, facts: Iterable[Event]) -> int:
    """Write facts in batches, for imports: the same fact again overwrites itself with itself."""
    return services.events.put_many((event_key(fact.partition, fact.id), to_item(fact)) for fact in facts)


def read(services: Services, identity: str, *, now: datetime | None = None) -> Iterator[Event]:
    """All facts in one identity's partition, in no particular order, strongly consistent.

    With `now`, without those that have expired: DynamoDB removes them days later, and what a rebuild gives
    must not hang on when.
    """
    latest = int(now.timestamp()) if now else -1
    for item in services.events.query(identity, consistent=True, attributes=("body", "expires_at")):
        if item.get("expires_at", latest + 1) > latest:
            yield events.parse(json.loads(item["body"]))


def holds_any(services: Services, facts: Iterable[tuple[str, str]]) -> bool:
    """Whether one of these facts, named by partition and id, is in the log; strongly consistent."""
    keys = [event_key(partition, fact_id) for partition, fact_id in facts]
    return any(True for _ in services.events.get_many(keys, consistent=True, attributes=("pk",)))


def to_item(event: Event) -> Item:
    """The log's attributes of a fact, without its key."""
    item: Item = {"name": event.name, "body": events.to_json(event)}
    if event.name in EXPIRING:
        item["expires_at"] = int((event.received_at + KEPT).timestamp())
    return item


def from_stream_record(record: Mapping[str, Any]) -> Event | None:
    """The fact in one record of the table's stream, when it is new.

    None for removals (TTL, erasure), and for a fact that a batch wrote over
    itself: it was folded when it was inserted.
    """
    if record["eventName"] != "INSERT":
        return None
    return events.parse(json.loads(unmarshal(record["dynamodb"]["NewImage"]["body"])))
