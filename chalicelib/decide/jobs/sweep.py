"""Hands out what is due: from the `due` index to the queues, each item once however many sweeps run at a time.

An item is claimed by moving its due time LEASE ahead, in one conditional write,
and comes due again by itself should its queue message get lost. The cursor
passes an hour only when nothing in it is due any more and OVERLAP lies between
it and now. Refuses to look at what it hands out.
"""

from collections.abc import Iterator
from datetime import datetime

from chalicelib.aws import telemetry
from chalicelib.aws.services import Services
from chalicelib.aws.table import Item
from chalicelib.decide import store

LIMIT = 6_000
"""Items and partitions a call looks at; the rest of a burst is for the next minute's."""
_BATCH = 10


def move_due(services: Services, now: datetime, *, limit: int = LIMIT) -> int:
    """Hand out what is due at `now`, the longest due first; how many items that were."""
    first, stored = store.read_cursor(services, now)
    handed_out, looked_at = 0, 0
    cursor = first
    for bucket in store.buckets(first, now):
        for shard in store.SHARDS:
            looked_at += 1
            for batch in _batches(store.due_items(services, bucket, shard, now)):
                if looked_at >= limit:
                    break
                looked_at += len(batch)
                handed_out += _hand_out(services, batch, now)
            if looked_at >= limit:
                break
        if looked_at >= limit:
            telemetry.log("more is due than one sweep hands out", handed_out=handed_out)
            break
        cursor = bucket + store.DUE_BUCKET
    store.move_cursor(services, stored, min(cursor, store.start_of_bucket(now - store.OVERLAP)))
    return handed_out


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in items:
        batch.append(item)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _hand_out(services: Services, batch: list[Item], now: datetime) -> int:
    """Claim each item, then send those claimed to the queue of their kind."""
    claimed = [item for item in batch if store.claim_due(services, item, now)]
    steps = [{"profile_id": item["pk"], "sk": item["sk"]} for item in claimed if item["sk"].startswith("run#")]
    messages = [
        {"profile_id": item["pk"], "message_id": item["sk"].removeprefix("message#")}
        for item in claimed
        if item["sk"].startswith("message#")
    ]
    for queue, bodies in (("steps", steps), ("outbox", messages)):
        if bodies:
            services.queue(queue).send(bodies)
    return len(claimed)
