"""Reads the archive of facts, each object once, and keeps a digest a received day.

The stream's folds leave one small object a batch under
`archive/<day>/<hour>/<digest>.jsonl`; a busy store leaves ten thousand a day.
`gather` reads only those it has not read yet and keeps what the numbers need in
one object a day, `metrics/facts/<day>.json`, together with the names of the
objects that went in. Both are written in one put, so a crash or two runs at
once lose nothing: what is not named there is read again, and a fact is kept
under its id, once. The archive stays the truth: without `metrics/` everything
is read again.

A day is final three days later: a stream record lives for one day, so nothing
can reach that day's folder any more, and once a finished run has seen it final
it is not listed again.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from chalicelib import ids
from chalicelib.aws.bucket import Bucket
from chalicelib.measure.facts import Fact, reduce

FINAL_AFTER = timedelta(days=3)
_DIGESTS = "metrics/facts/"


def digest_object(day: date) -> str:
    return f"{_DIGESTS}{day.isoformat()}.json"


def first_day(bucket: Bucket) -> date | None:
    """The received day of the oldest archived object; None while there is none."""
    key = next(bucket.list("archive/"), None)
    return date.fromisoformat(key.split("/")[1]) if key else None


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
    keys = list(bucket.list(f"archive/{day.isoformat()}/"))
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
