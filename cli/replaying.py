"""What lies aside, and how it is taken up again: dead letters, batches of the stream, bodies that became no fact.

A dead letter is sent to its queue before it is deleted, so a crash leaves it
twice and never not at all; every handler takes a second delivery. Of a batch of
the stream the dead letter tells only when it came: the facts received around
that time are read from the log and folded again. A record or body in quarantine
is taken once more as it came; it stays where it is when it is refused again.
Refuses to print a body: it may name a person.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib import clock, events
from chalicelib.aws.attributes import unmarshal
from chalicelib.aws.queue import CONSUMED, STREAM
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key
from chalicelib.collect import reception
from chalicelib.errors import BadInput, DriplineError
from chalicelib.events import Event
from chalicelib.profile import jobs

QUARANTINE = "quarantine"
PLACES = (*CONSUMED, STREAM, QUARANTINE)
AROUND = timedelta(minutes=15)
"""A fact may lie so long between its receipt and the stream."""

_BATCH = 500


def list_all(services: Services) -> dict[str, int]:
    """Place → how many things lie there; dead letters are hidden from others for a moment while they are counted."""
    found = {}
    for name in (*CONSUMED, STREAM):
        queue = services.dead_letters(name)
        waiting = queue.receive()
        for message in waiting:
            queue.show_again(message)
        found[name] = len(waiting)
    found[QUARANTINE] = sum(1 for _ in services.data.list(f"{QUARANTINE}/"))
    return found


def replay(services: Services, place: str, now: datetime) -> dict[str, int]:
    """Take up what lies in one place; outcome → number."""
    if place == QUARANTINE:
        return _replay_quarantine(services, now)
    return _replay_stream(services, now) if place == STREAM else _replay_queue(services, place)


def _replay_queue(services: Services, name: str) -> dict[str, int]:
    queue, aside = services.queue(name), services.dead_letters(name)
    waiting = aside.receive()
    for message in waiting:
        queue.send_text(message.body)
        aside.delete(message)
    return {"sent": len(waiting)}


def _replay_stream(services: Services, now: datetime) -> dict[str, int]:
    aside = services.dead_letters(STREAM)
    waiting = aside.receive()
    if not waiting:
        return {"batches": 0, "folded": 0}
    spans = [_span(json.loads(message.body)) for message in waiting]
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    folded, batch = 0, []
    for event in _received(services, first, last):
        batch.append(event)
        if len(batch) == _BATCH:
            folded += _fold(services, batch, now)
            batch = []
    folded += _fold(services, batch, now)
    for message in waiting:
        aside.delete(message)
    return {"batches": len(waiting), "folded": folded}


def _span(told: dict[str, Any]) -> tuple[datetime, datetime]:
    lies = told["DDBStreamBatchInfo"]
    first = clock.parse(lies["approximateArrivalOfFirstRecord"])
    return first - AROUND, clock.parse(lies["approximateArrivalOfLastRecord"]) + AROUND


def _received(services: Services, first: datetime, last: datetime) -> Iterator[Event]:
    """The facts of the log received in that time; the log has no index of it, so all of it is read."""
    after: Key | None = None
    while True:
        page = services.events.scan(after=after, attributes=("body",))
        for item in page.items:
            event = events.parse(json.loads(item["body"]))
            if first <= event.received_at <= last:
                yield event
        after = page.next_key
        if after is None:
            return


def _fold(services: Services, facts: list[Event], now: datetime) -> int:
    if not facts:
        return 0
    left = jobs.fold_again(services, facts, now)
    if left:
        raise DriplineError(f"{len(left)} facts could not be folded; their batches stay among the dead letters")
    return len(facts)


def _replay_quarantine(services: Services, now: datetime) -> dict[str, int]:
    outcomes: Counter[str] = Counter()
    for key in list(services.data.list(f"{QUARANTINE}/")):
        parts = key.split("/")
        taken = _retake_record(services, key, now) if parts[1] == "stream" else _retake(services, key, parts[1], now)
        outcomes[taken] += 1
        if taken == "taken":
            services.data.delete(key)
    return dict(outcomes)


def _retake_record(services: Services, key: str, now: datetime) -> str:
    """A record of the stream, or the fact of a profile that had no room."""
    found = services.data.get_json(key) or {}
    try:
        if "dynamodb" in found:
            found = json.loads(unmarshal(found["dynamodb"]["NewImage"]["body"]))
        fact = events.parse(found)
    except (BadInput, ValueError, KeyError, TypeError):
        return "refused again"
    return "refused again" if jobs.fold_again(services, [fact], now) else "taken"


def _retake(services: Services, key: str, source: str, now: datetime) -> str:
    """A webhook's body, with the headers it came with."""
    found, headers = services.data.get(key), services.data.read_metadata(key)
    if found is None:
        return "gone"
    if not any(name.startswith(("x-", "webhook-")) for name in headers):
        return "kept without its headers"
    taken = reception.retake(services, source, headers, found[0], now)
    return "taken" if taken.reason is None else "refused again"
