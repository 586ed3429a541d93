"""Makes a bundle the current one, or an earlier one current again.

The bundle is written first and the pointer last, so a crash between the two
leaves the store on what it had. The pointer remembers the versions before it;
bundles are named by their content and never removed. Refuses to point at a
bundle that is not there.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib import clock
from chalicelib.aws.bucket import Bucket
from chalicelib.errors import BadPlaybook
from chalicelib.playbook.bundle import POINTER, Bundle, bundle_object, forget
from cli.publish.compile import content_of

HISTORY = 50


@dataclass(frozen=True)
class Release:
    """What is current now, what was before ('' for nothing), and whether the pointer moved."""

    version: str
    before: str
    changed: bool


def publish(bucket: Bucket, bundle: Bundle, now: datetime) -> Release:
    """Make `bundle` current. The same content again changes nothing."""
    pointer = read_pointer(bucket)
    before = pointer.get("version", "")
    if before == bundle.version:
        return Release(before, before, False)
    body = json.dumps(content_of(bundle), ensure_ascii=False, separators=(",", ":")).encode()
    bucket.put(bundle_object(bundle.version), body)  # keys keep their order, which put_json would sort
    _point(bucket, bundle.version, _history(pointer), now)
    return Release(bundle.version, before, True)


def roll_back(bucket: Bucket, now: datetime, version: str = "") -> Release:
    """Make the version before the current one current, or the one named.

    Going back twice goes two versions back; the version left behind can be
    named. Raises BadPlaybook when there is none, or its bundle is not there.
    """
    pointer = read_pointer(bucket)
    before, history = pointer.get("version", ""), _history(pointer)
    if not before:
        raise BadPlaybook("no playbook is published yet, so there is nothing to go back to")
    if version == before:
        return Release(before, before, False)
    if version:
        target = version
    else:
        earlier = list(pointer.get("history", ()))
        if not earlier:
            raise BadPlaybook(f"{before} is the first version published here")
        target, history = earlier[-1], earlier[:-1]
    if bucket.get(bundle_object(target)) is None:
        raise BadPlaybook(f"no version {target!r} was published here")
    _point(bucket, target, history, now)
    return Release(target, before, True)


def read_pointer(bucket: Bucket) -> dict[str, Any]:
    """`{"version", "published_at", "history": [older, …, previous]}`; empty before the first publish."""
    return bucket.get_json(POINTER) or {}


def _history(pointer: dict[str, Any]) -> list[str]:
    """The history of whatever comes after the current version."""
    earlier = list(pointer.get("history", ()))
    return [*earlier, pointer["version"]][-HISTORY:] if pointer else []


def _point(bucket: Bucket, version: str, history: list[str], now: datetime) -> None:
    bucket.put_json(POINTER, {"version": version, "published_at": clock.to_text(now), "history": history})
    forget()
