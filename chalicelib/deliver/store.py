"""The message's item: reserved before the one call, confirmed after it, moved on by news.

Every change is conditional on the state it starts from, so of two processes
with the same message one goes on. A reserved message stays on the `due` index
until its lease ends: whoever finds it then learns that its sender vanished.
A message whose send went unanswered lies in a partition of that index that
lists exactly these.
"""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock
from chalicelib.aws.services import Services
from chalicelib.aws.table import (
    UNKNOWN_BUCKET,
    Item,
    Key,
    due_attributes,
    message_key,
    sending_key,
    unknown_attributes,
)
from chalicelib.deliver import status as state
from chalicelib.deliver.gate import SkipReason
from chalicelib.deliver.status import News, Status
from chalicelib.errors import Unavailable

LEASE = timedelta(minutes=15)  # no Lambda function runs longer, so a lease that has ended has no holder
_OFF_INDEX = ("due_bucket", "due_at")
_TRIES = 6


def read(services: Services, profile_id: str, message_id: str) -> Item | None:
    """The message, strongly consistent; its id is its key's second part."""
    item = services.agenda.get(message_key(profile_id, message_id), consistent=True)
    return item and item | {"message_id": message_id}


def reserve(services: Services, message: Item, now: datetime, details: Mapping[str, Any]) -> str:
    """Take a planned message for one call and keep `details`; a token, or '' when another has it.

    A conditional write that is repeated after its answer got lost refuses
    itself, so a refusal, like a time-out, is checked by reading.
    """
    token = uuid.uuid4().hex
    until = now + LEASE
    try:
        if services.agenda.update(
            _key(message),
            set={
                "status": Status.SENDING.value,
                "reserved_by": token,
                "reserved_at": clock.to_text(now),
                "lease_until": clock.to_text(until),
                **details,
                **due_attributes(message["pk"], until),
            },
            only_if={"status": Status.PLANNED.value},
        ):
            return token
    except Unavailable:
        if not _is_held(services, message, token):
            raise
        return token
    return token if _is_held(services, message, token) else ""


def _is_held(services: Services, message: Item, token: str) -> bool:
    current = services.agenda.get(_key(message), consistent=True)
    return current is not None and current.get("reserved_by") == token and current["status"] == Status.SENDING


def plan_again(services: Services, message: Item, token: str, due_at: datetime) -> bool:
    """Give a reserved message back, due later: its call was refused, so nothing was sent."""
    return services.agenda.update(
        _key(message),
        set={"status": Status.PLANNED.value, **due_attributes(message["pk"], due_at)},
        add={"refusals": 1},
        remove=("reserved_by", "lease_until"),
        only_if={"status": Status.SENDING.value, "reserved_by": token},
    )


def put_off(services: Services, message: Item, due_at: datetime) -> bool:
    """Leave a planned message planned, due later."""
    return services.agenda.update(
        _key(message), set=due_attributes(message["pk"], due_at), only_if={"status": Status.PLANNED.value}
    )


def skip(services: Services, message: Item, reason: SkipReason, now: datetime, token: str = "") -> bool:
    """End a planned message, or with `token` one that this process has reserved; False when it moved on."""
    held = {"status": Status.SENDING.value, "reserved_by": token} if token else {"status": Status.PLANNED.value}
    return services.agenda.update(
        _key(message),
        set={"status": Status.SKIPPED.value, "reason": reason.value, "skipped_at": clock.to_text(now)},
        remove=(*_OFF_INDEX, "lease_until"),
        only_if=held,
    )


def lose(services: Services, message: Item, token: str, now: datetime) -> bool:
    """Say that nobody knows whether the one call went through; the message is listed until news comes."""
    return services.agenda.update(
        _key(message),
        set={"status": Status.UNKNOWN.value, **unknown_attributes(now)},
        remove=("lease_until",),
        only_if={"status": Status.SENDING.value, "reserved_by": token},
    )


def move(
    services: Services, profile_id: str, message_id: str, news: News, at: datetime, *, ses_id: str = ""
) -> Item | None:
    """Apply news to a message and return it as it then is; None when there is no such message.

    Takes the message off the `due` index, so that no state but planned is ever sent from it.
    """
    for _ in range(_TRIES):
        item = read(services, profile_id, message_id)
        if item is None:
            return None
        before = Status(item["status"])
        after = state.advance(before, news)
        changes: Item = {"status": after.value}
        if state.was_taken(after) and "sent_at" not in item:
            changes["sent_at"] = clock.to_text(at)
        if ses_id:
            changes["ses_id"] = ses_id
        if all(item.get(name) == value for name, value in changes.items()) and "due_at" not in item:
            return item
        if services.agenda.update(
            _key(item), set=changes, remove=(*_OFF_INDEX, "lease_until"), only_if={"status": before.value}
        ):
            return item | changes
    raise Unavailable(f"message {message_id} kept changing")


def take_off_index(services: Services, message: Item) -> None:
    """Nothing is due of a message that has ended; a sweep may have put it back as it ended."""
    services.agenda.update(_key(message), remove=_OFF_INDEX, only_if={"status": message["status"]})


def list_unknown(services: Services) -> Iterator[Item]:
    """Messages whose send went unanswered and of which no news has come, the longest waiting first."""
    keys = [Key(item["pk"], item["sk"]) for item in services.agenda.query(UNKNOWN_BUCKET, index="due")]
    found = {Key(item["pk"], item["sk"]): item for item in services.agenda.get_many(keys)}
    for key in keys:
        item = found.get(key)
        if item and item["status"] == Status.UNKNOWN:  # the index lags behind by moments
            yield item | {"message_id": key.sk.removeprefix("message#")}


def pause(services: Services, reason: str, now: datetime) -> bool:
    """Stop all sending until `resume`; False when it was stopped already."""
    return services.catalog.put_if_absent(sending_key(), {"reason": reason, "since": clock.to_text(now)})


def resume(services: Services) -> None:
    services.catalog.delete(sending_key())


def read_pause(services: Services) -> Item | None:
    """{reason, since} while sending is stopped."""
    return services.catalog.get(sending_key())


def _key(item: Item) -> Key:
    return Key(item["pk"], item["sk"])
