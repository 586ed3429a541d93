"""Decide's items on the agenda: runs, the cadence of a channel, new messages, and the sweep of what is due.

Every write is conditional, so that a second delivery or a second process
changes nothing. `due` is never written in the past: the sweep does not look
back, so an item put behind it would never be found. Refuses to judge anything.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.aws.table import (
    DUE_BUCKET,
    DUE_SHARDS,
    Item,
    Key,
    cadence_key,
    due_attributes,
    due_bucket,
    entry_key,
    message_key,
    run_key,
    sweep_key,
)
from chalicelib.decide import caps
from chalicelib.decide.caps import Cap
from chalicelib.decide.engine import Run
from chalicelib.errors import Unavailable

LEASE = timedelta(minutes=10)
"""How long whoever was handed a due item has before it is handed out again."""
OVERLAP = timedelta(minutes=20)
"""How far the sweep's cursor stays behind: longer than a function runs and than the index lags."""
FIRST_LOOK = timedelta(days=2)
"""How far the very first sweep looks back."""
RUNS_KEPT = timedelta(days=60)
MESSAGES_KEPT = timedelta(days=400)
_TRIES = 6
_TIMES = ("entered_at", "since", "moved_at", "wake_at", "last_message_at")


def key_of(run: Run) -> Key:
    return run_key(run.profile_id, run.flow, run.occurrence)


def create_run(services: Services, run: Run, due_at: datetime | None, now: datetime) -> bool:
    """Write a new run; False when the customer is, or was, in this flow for the same occurrence."""
    return services.agenda.put_if_absent(key_of(run), _to_item(run, due_at, now))


def read_run(services: Services, key: Key) -> Run | None:
    item = services.agenda.get(key, consistent=True)
    return to_run(item) if item else None


def runs_of(services: Services, profile_id: str, flow: str = "") -> list[Run]:
    """The customer's runs, of one flow or of all, ended ones of the last RUNS_KEPT included."""
    prefix = run_key(profile_id, flow, "").sk if flow else "run#"
    return [to_run(item) for item in services.agenda.query(profile_id, begins_with=prefix, consistent=True)]


def save_run(services: Services, run: Run, due_at: datetime | None, now: datetime) -> Run | None:
    """Replace the version that `run` was made from; None when another process was faster."""
    saved = replace(run, version=run.version + 1, leases=0)
    written = services.agenda.put(key_of(run), _to_item(saved, due_at, now), only_if={"version": run.version})
    return saved if written else None


def claim_entry(services: Services, run: Run, again_after: timedelta) -> bool:
    """Whether the flow may begin again for this occurrence. Counted between events, so a replay answers the same."""
    key = entry_key(run.profile_id, run.flow)
    for _ in range(_TRIES):
        item = services.agenda.get(key, consistent=True)
        if item and item["occurrence"] == run.occurrence:
            return True
        if item and abs(run.since - clock.parse(item["last_at"])) < again_after:
            return False
        if item and clock.parse(item["last_at"]) > run.since:
            return True  # an older event that came late: it begins a run, and the newest stays the mark
        claim = {
            "last_at": clock.to_text(run.since),
            "occurrence": run.occurrence,
            "expires_at": _epoch(run.since + again_after + RUNS_KEPT),
        }
        if services.agenda.put(key, claim, only_if={"last_at": item["last_at"] if item else None}):
            return True
    raise Unavailable(f"the entry of {run.flow} kept changing")


def claim_cadence(
    services: Services, profile_id: str, channel: str, message_id: str, cap: Cap, now: datetime
) -> datetime | None:
    """Take the channel's window for this message: None when it is ours, else when the last message took it."""
    key = cadence_key(profile_id, channel)
    for _ in range(_TRIES):
        item = services.agenda.get(key, consistent=True)
        if item and item["message_id"] == message_id:
            return None
        last_at = clock.parse(item["last_at"]) if item else None
        if last_at and not caps.is_free(cap, last_at, now):
            return last_at
        claim = {"last_at": clock.to_text(now), "message_id": message_id}
        if services.agenda.put(key, claim, only_if={"last_at": item["last_at"] if item else None}):
            return None
    raise Unavailable("the cadence of a channel kept changing")


def read_message(services: Services, profile_id: str, message_id: str) -> Item | None:
    return services.agenda.get(message_key(profile_id, message_id), consistent=True)


def create_message(services: Services, profile_id: str, message_id: str, message: Item, now: datetime) -> bool:
    """Write a new message; a planned one is due after LEASE, should its place in the outbox queue get lost."""
    due = due_attributes(profile_id, now + LEASE) if message["status"] == "planned" else {}
    item = message | due | {"expires_at": _epoch(now + MESSAGES_KEPT)}
    return services.agenda.put_if_absent(message_key(profile_id, message_id), item)


def due_items(services: Services, bucket: datetime, shard: int, now: datetime) -> Iterator[Item]:
    """Keys and due times of what one shard of an hour still has due, oldest first, as the index knows it."""
    return services.agenda.query(due_bucket(bucket, shard), index="due", up_to=clock.to_text(now))


def claim_due(services: Services, item: Item, now: datetime) -> bool:
    """Take a due item for LEASE; False when it was taken, moved or removed since the index saw it."""
    key = Key(item["pk"], item["sk"])
    return services.agenda.update(
        key, set=due_attributes(key.pk, now + LEASE), add={"leases": 1}, only_if={"due_at": item["due_at"]}
    )


def put_off(services: Services, key: Key, due_at: datetime) -> bool:
    """Leave an item as it is, due later."""
    return services.agenda.update(key, set=due_attributes(key.pk, due_at), only_if={"status": "active"})


def read_cursor(services: Services, now: datetime) -> tuple[datetime, str | None]:
    """The first hour that may still hold something due, and the text it is stored as."""
    item = services.catalog.get(sweep_key(), consistent=True)
    return (clock.parse(item["bucket"]), item["bucket"]) if item else (start_of_bucket(now - FIRST_LOOK), None)


def move_cursor(services: Services, stored: str | None, bucket: datetime) -> bool:
    """Forwards only, and only from where this sweep began: of two sweeps the one that read last does not undo."""
    text = clock.to_text(bucket)
    if stored is not None and text <= stored:
        return False
    return services.catalog.put(sweep_key(), {"bucket": text}, only_if={"bucket": stored})


def start_of_bucket(instant: datetime) -> datetime:
    return instant - (instant - instant.min.replace(tzinfo=instant.tzinfo)) % DUE_BUCKET


def buckets(first: datetime, last: datetime) -> Iterator[datetime]:
    """Starts of the hours from that of `first` to that of `last`."""
    bucket = start_of_bucket(first)
    while bucket <= last:
        yield bucket
        bucket += DUE_BUCKET


SHARDS = range(DUE_SHARDS)


def _to_item(run: Run, due_at: datetime | None, now: datetime) -> Item:
    item: Item = {
        "status": run.status,
        "flow": run.flow,
        "occurrence": run.occurrence,
        "order_id": run.order_id,
        "path": list(run.path),
        "outcome": run.outcome,
        "version": run.version,
    }
    for name in _TIMES:
        value = getattr(run, name)
        if value is not None:
            item[name] = clock.to_text(value)
    if due_at is not None:
        item |= due_attributes(run.profile_id, max(due_at, now))
    if run.status != "active":
        item["expires_at"] = _epoch(now + RUNS_KEPT)
    return item


def to_run(item: Item) -> Run:
    times: dict[str, Any] = {name: clock.parse(item[name]) for name in _TIMES if name in item}
    return Run(
        profile_id=item["pk"],
        flow=item["flow"],
        occurrence=item["occurrence"],
        order_id=item["order_id"],
        status=item["status"],
        path=tuple(item["path"]),
        outcome=item["outcome"],
        version=item["version"],
        leases=item.get("leases", 0),
        **times,
    )


def _epoch(instant: datetime) -> int:
    return int(instant.timestamp())
