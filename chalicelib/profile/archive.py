"""The archive of facts in S3: written as they are folded, gathered by hash range once a day is over, read again.

    archive/<day>/<hour>/<digest>.jsonl        one object a folded batch, under the hour of receipt
    archive/<day>/<hour>/late-<digest>.jsonl   what was folded days after its receipt, under the hour of folding
    history/<day>/<range>-<digest>.jsonl       the same lines of a day by hash range of the partition, compressed

A line is `{"partition", "profile_id", "event"}`, in this order. The range
follows from the partition, so all lines of an identity lie in one of 64
objects a day, and a customer is found without reading the others. The log
forgets most facts after 400 days; these lines are kept for good. A fact may
stand here twice: readers go by its id. Refuses to gather a day that the
numbers may still be read from.

Cost of gathering a million facts a day, in batches of a hundred: 10,000 reads,
10,000 writes before, at most 64 a unit after; 0.06 $ a day, most of it the
writes.
"""

import json
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib import clock, events, ids
from chalicelib.aws.bucket import Bucket
from chalicelib.aws.services import Services
from chalicelib.events import Event

RECENT = "archive/"
GATHERED = "history/"
RANGES = 64
LATE = timedelta(days=2)
"""Folded so long after its receipt, a fact is archived under the time of folding: its own day may be gathered."""

OBJECTS = 2_000
"""Read for one unit of gathering; its lines are held compressed."""

_HEAD = len('{"partition":"')
_KEY = 16

Lines = dict[str, str]
"""Fact id → line."""


def line_of(profile_id: str, event: Event) -> str:
    line = {"partition": event.partition, "profile_id": profile_id, "event": events.serialise(event)}
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def write(services: Services, done: Mapping[str, list[Event]], now: datetime) -> None:
    """One object an hour; a batch again writes the same again. Raises Unavailable."""
    hours: dict[tuple[str, str], Lines] = {}
    for profile_id, facts in done.items():
        for event in facts:
            late = "late-" if now - event.received_at > LATE else ""
            hour = clock.to_text(now if late else event.received_at)[:13].replace("T", "/")
            hours.setdefault((hour, late), {})[event.id] = line_of(profile_id, event)
    for (hour, late), lines in hours.items():
        body = "\n".join(lines[event_id] for event_id in sorted(lines)) + "\n"
        services.data.put(
            f"{RECENT}{hour}/{late}{ids.digest(*sorted(lines))}.jsonl",
            body.encode("utf-8", "surrogatepass"),
            content_type="application/x-ndjson",
        )


def range_of(partition: str) -> str:
    """`00` to `63`."""
    return f"{int(ids.share(partition) * RANGES):02d}"


def head_of(line: bytes) -> tuple[str, str]:
    """(partition, profile id) of a line, without parsing it where it is ours."""
    if line.startswith(b'{"partition":"') and line[_HEAD + _KEY : _HEAD + _KEY + 16] == b'","profile_id":"':
        start = _HEAD + _KEY + 16
        return line[_HEAD : _HEAD + _KEY].decode(), line[start : line.index(b'"', start)].decode()
    entry = json.loads(line)
    return entry.get("partition") or events.parse(entry["event"]).partition, entry["profile_id"]


def gather(services: Services, before: date, *, objects: int = 4 * OBJECTS) -> int:
    """Gather the lines of days before `before` by range; how many objects were taken in, at most `objects`.

    The lines are written before their sources are removed, so a crash leaves a line twice and never none.
    """
    taken = 0
    while taken < objects:
        keys: list[str] = []
        for key in services.data.list(RECENT):
            day = _day_of(key)
            if day >= before or (keys and day != _day_of(keys[0])) or len(keys) >= OBJECTS:
                break
            keys.append(key)
        if not keys:
            break
        _gather(services.data, keys)
        taken += len(keys)
    return taken


def _gather(bucket: Bucket, keys: list[str]) -> None:
    packers: dict[str, Any] = {}
    packed: dict[str, list[bytes]] = {}
    for key in keys:
        found = bucket.get(key)
        for line in found[0].splitlines() if found else ():
            partition, _ = head_of(line)
            late = "late-" if "/late-" in key else ""
            name = f"{range_of(partition)}-{late}"
            packer = packers.setdefault(name, zlib.compressobj(wbits=31))
            packed.setdefault(name, []).append(packer.compress(_with_partition(line, partition) + b"\n"))
    digest = ids.digest(*keys)
    for name, parts in packed.items():
        body = b"".join([*parts, packers[name].flush()])
        object_key = f"{GATHERED}{_day_of(keys[0])}/{name}{digest}.jsonl"
        bucket.put(object_key, body, content_type="application/x-ndjson", zipped=False)
    for key in keys:
        bucket.delete(key)


def _with_partition(line: bytes, partition: str) -> bytes:
    return line if line.startswith(b'{"partition":"') else b'{"partition":"' + partition.encode() + b'",' + line[1:]


def _day_of(key: str) -> date:
    return date.fromisoformat(key.split("/")[1])


def objects(bucket: Bucket, wanted: Callable[[date, str], bool], *, ranges: Collection[str] = ()) -> Iterator[str]:
    """Keys of archive objects: `wanted` is asked with the day and the hour, or with `` and of these ranges alone.

    What was folded late lies under another day than the facts', so it is always among them.
    """
    for key in bucket.list(RECENT):
        if "/late-" in key or wanted(_day_of(key), key.split("/")[2]):
            yield key
    for key in bucket.list(GATHERED):
        name = key.rpartition("/")[2]
        if (not ranges or name[:2] in ranges) and ("-late-" in name or wanted(_day_of(key), "")):
            yield key


def expired(services: Services, ranges: Collection[str], horizon: date) -> Iterator[tuple[str, str, Event]]:
    """(partition, profile id, fact) of days before `horizon`, which the log no longer holds, in these ranges."""
    for key in objects(services.data, lambda day, hour: day < horizon, ranges=ranges):
        if _day_of(key) >= horizon and "late-" not in key:
            continue
        found = services.data.get(key)
        for line in found[0].splitlines() if found else ():
            partition, profile_id = head_of(line)
            if not ranges or range_of(partition) in ranges:
                yield partition, profile_id, events.parse(json.loads(line)["event"])


def remove(bucket: Bucket, key: str, is_theirs: Callable[[str, str], bool]) -> int:
    """Take the lines out of one object whose (partition, profile id) `is_theirs`; how many there were."""
    found = bucket.get(key)
    if found is None:
        return 0
    lines = found[0].splitlines(keepends=True)
    kept = [line for line in lines if not is_theirs(*head_of(line))]
    if len(kept) == len(lines):
        return 0
    if kept:
        bucket.put(key, b"".join(kept), content_type="application/x-ndjson")
    else:
        bucket.delete(key)
    return len(lines) - len(kept)


def lines_of(bucket: Bucket, keys: Iterable[str], is_theirs: Callable[[str, str], bool]) -> Iterator[tuple[str, bytes]]:
    """(object, line) of every line in these objects whose (partition, profile id) `is_theirs`."""
    for key in keys:
        found = bucket.get(key)
        for line in found[0].splitlines() if found else ():
            if is_theirs(*head_of(line)):
                yield key, line
