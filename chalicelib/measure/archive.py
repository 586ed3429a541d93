"""Reads the archive of facts, each object once, and keeps a digest a received day.

The stream's folds leave one small object a batch under
`archive/<day>/<hour>/<digest>.jsonl`; a busy store leaves ten thousand a day.
`gather` reads only those it has not read yet and keeps what the numbers need in
one object a day, `metrics/facts/<day>.json`, together with the names of the
objects that went in. Both are written in one put, so a crash or two runs at
once lose nothing: what is not named there is read again, and a fact is kept
under its id, once. The archive stays the truth: without `metrics/` everything
is read again.

A day is final three days later: a stream record lives for one day, and what is
folded later still comes into the folder of a later day; once a finished run has
seen a day final it is not listed again.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from chalicelib import ids
from chalicelib.aws.bucket import Bucket
from chalicelib.measure.facts import Fact, reduce

FINAL_AFTER = timedelta(days=3)
KEPT = timedelta(days=400)
"""How long a digest is kept, which is longer than any run reads back."""

_DIGESTS = "metrics/facts/"
_FACTS = ("archive/", "history/")
"""Where a received day's facts lie: as they were folded, and, long after it was final, gathered by customer."""


def digest_object(day: date) -> str:
    return f"{_DIGESTS}{day.isoformat()}.json"


def first_day(bucket: Bucket) -> date | None:
    """The received day of the oldest archived object; None while there is none."""
    keys = [next(bucket.list(prefix), None) for prefix in _FACTS]
    return min((date.fromisoformat(key.split("/")[1]) for key in keys if key), default=None)


def prune(bucket: Bucket, today: date) -> None:
    """Remove the digests of days so long ago that no run reads them again."""
    for key in bucket.list(_DIGESTS):
        if key >= digest_object(today - KEPT):
            return
        bucket.delete(key)


def gather(bucket: Bucket, first: date, today: date) -> str:
    """Bring the digests of the received days `first`..`today` (UTC) up to date; list no day before `first`.

    The answer names what the days that may still change are made of: equal answers, equal facts.
    """
    basis = []
    day = first
    while day <= today:
        objects = _gather_day(bucket, day)
        basis += objects if today - day <= FINAL_AFTER else []
        day += timedelta(days=1)
    return ids.digest(*sorted(basis))


def _gather_day(bucket: Bucket, day: date) -> list[str]:
    keys = [key for prefix in _FACTS for key in bucket.list(f"{prefix}{day.isoformat()}/")]
    if not keys:
        return []
    digest = bucket.get_json(digest_object(day)) or {"objects": [], "facts": {}}
    new = sorted(set(keys) - set(digest["objects"]))
    for key in new:
        digest["facts"].update(_read_object(bucket, key))
    if new:
        bucket.put_json(digest_object(day), digest | {"objects": keys})
    return keys


def _read_object(bucket: Bucket, key: str) -> dict[str, Fact]:
    found = bucket.get(key)
    kept: dict[str, Fact] = {}
    if found is None:
        return kept
    for line in found[0].splitlines():
        entry: dict[str, Any] = json.loads(line)
        event = entry["event"]
        fact = reduce(entry["profile_id"], event)
        if fact is not None:
            kept[event["id"]] = fact
    return kept


def read(bucket: Bucket, first: date, last: date) -> Iterator[Fact]:
    """All facts received on `first`..`last`, a day in memory at a time, in no order; an id twice in a day is one."""
    for key in bucket.list(_DIGESTS):
        if digest_object(first) <= key <= digest_object(last):
            digest = bucket.get_json(key) or {"facts": {}}
            yield from digest["facts"].values()
