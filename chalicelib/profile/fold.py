"""A profile in memory, and the fold: a fact changes it once, whatever the order and however often it comes.

The ids of facts folded in the last 26 hours of receipt are remembered (the
stream keeps records for 24), in buckets by hour; what counts as last is the
newest hour seen, so it too is a function of the facts. A fact from before that
may or may not have been folded: it is `LATE`, and the profile must be rebuilt
from the log. Pure; reading and writing is done by store.py and jobs.py.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from chalicelib import clock, ids
from chalicelib.events import CartUpdated, CheckoutStarted, Event, OrderCompleted, OrderCreated, OrderUpdated
from chalicelib.profile import facets as kept
from chalicelib.profile.customer import Customer
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts import lift
from chalicelib.profile.packing import pack, unpack

HORIZON_HOURS = 26
_MARK = 10  # 50 bits: among 1,000 facts a day the chance of taking one for another is below one in a trillion


class Outcome(Enum):
    """What became of a fact."""

    FOLDED = "folded"
    STALE = "stale"  # folded, and the store had told something newer before
    KNOWN = "known"
    LATE = "late"


CHANGED = frozenset((Outcome.FOLDED, Outcome.STALE))
"""After these the profile is another than it was."""


@dataclass
class Profile:
    """The stored item as the fold works on it. `version` 0 means never stored."""

    profile_id: str
    version: int = 0
    facets: Facets = field(default_factory=dict)
    folded: dict[int, set[str]] = field(default_factory=dict)
    identities: set[str] = field(default_factory=set)
    absorbed: set[str] = field(default_factory=set)
    merged_into: str = ""

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> "Profile":
        return cls(
            profile_id=item["pk"],
            version=item["version"],
            facets=unpack(item["body"]),
            folded={int(hour): _split(marks) for hour, marks in item["folded"].items()},
            identities=set(item["identities"]),
            absorbed=set(item["absorbed"]),
            merged_into=item.get("merged_into", ""),
        )

    def to_item(self) -> dict[str, Any]:
        """Attributes of the stored item: equal profiles give equal items."""
        item = {
            "version": self.version,
            "body": pack(self.facets),
            "folded": {str(hour): "".join(sorted(marks)) for hour, marks in sorted(self.folded.items())},
            "identities": sorted(self.identities),
            "absorbed": sorted(self.absorbed),
        }
        return item | {"merged_into": self.merged_into} if self.merged_into else item

    @property
    def customer(self) -> Customer:
        return Customer(self.profile_id, self.facets, tuple(sorted(self.identities)))


def _split(marks: str) -> set[str]:
    return {marks[start : start + _MARK] for start in range(0, len(marks), _MARK)}


def fold(profile: Profile, event: Event) -> Outcome:
    """Change `profile` by one fact, unless it is known or late. Call `settle` when the batch is through."""
    hour = int(event.received_at.timestamp()) // 3600
    newest = max(profile.folded, default=hour)
    if hour < newest - HORIZON_HOURS:
        return Outcome.LATE
    mark = _mark(event)
    marks = profile.folded.get(hour)
    if marks is None:
        marks = profile.folded[hour] = set()
    elif mark in marks:
        return Outcome.KNOWN
    if _needs_the_log(profile.facets, event):
        return Outcome.LATE
    marks.add(mark)
    said = lift(event)
    outcome = Outcome.STALE if _is_stale(profile.facets, event, said) else Outcome.FOLDED
    kept.merge(profile.facets, said)
    return outcome


def settle(profile: Profile) -> bool:
    """Forget and trim what has aged out. False when only a rebuild from the log gives the right profile."""
    bound = max(profile.folded) - HORIZON_HOURS
    profile.folded = {hour: marks for hour, marks in profile.folded.items() if marks and hour >= bound}
    return not kept.trim(profile.facets)


def merge(mine: Profile, other: Profile) -> bool:
    """Make `mine` what it would be had it folded the facts of both. False: only a rebuild can.

    The two must not have folded one fact each for itself; the jobs see to that.
    """
    copy = json.loads(json.dumps(other.facets))
    trimmed = any(facet in side for facet in ("older", "older_messages") for side in (mine.facets, copy))
    if copy:
        kept.merge(mine.facets, copy)
    for hour, marks in other.folded.items():
        mine.folded[hour] = mine.folded.get(hour, set()) | marks
    mine.identities |= other.identities
    mine.absorbed |= other.absorbed | {other.profile_id}
    if not mine.facets:
        return True
    # What one side dropped the other may hold a part of, so such a merge is done from the log.
    return settle(mine) and not trimmed


def fold_all(profile_id: str, facts: Iterable[Event]) -> Profile:
    """A profile from all of its facts, each given any number of times, in any order: the rebuild."""
    profile = Profile(profile_id)
    unique = {(event.partition, event.id): event for event in facts}
    for event in unique.values():
        hour = int(event.received_at.timestamp()) // 3600
        profile.folded.setdefault(hour, set()).add(_mark(event))
        kept.merge(profile.facets, lift(event))
    if unique:
        settle(profile)
    return profile


def _mark(event: Event) -> str:
    """What is remembered of a folded fact. The log takes one of each id in a partition, and so does the fold."""
    return ids.digest(event.partition, event.id)[:_MARK]


def _is_stale(facets: Facets, event: Event, said: Facets) -> bool:
    """Whether the order or cart it tells of is known as it was later, so that this telling of it is ignored."""
    if isinstance(event, OrderUpdated):
        known = facets.get("orders", {}).get(event.order_id, {}).get("content")
        return known is not None and said["orders"][event.order_id]["content"][0] < known[0]
    if isinstance(event, CartUpdated | CheckoutStarted):
        return "cart" in facets and said["cart"][0] < facets["cart"][0]
    return False


def _needs_the_log(facets: Facets, event: Event) -> bool:
    """Whether the fact is about an order or a message that may have been dropped from the profile."""
    order_id = getattr(event, "order_id", "")
    older = facets.get("older")
    if older and order_id and not event.about_message and order_id not in facets.get("orders", {}):
        return not _is_new_order(event, older["rank"])
    older_messages = facets.get("older_messages")
    message_id = getattr(event, "message_id", "")
    if older_messages and message_id and event.about_message and message_id not in facets.get("messages", {}):
        touched = lift(event).get("messages", {}).get(message_id)
        return touched is not None and ("sent" not in touched or touched["sent"][0] <= older_messages[0])
    return False


def _is_new_order(event: Event, rank: list[str]) -> bool:
    if type(event) is OrderCreated:
        return clock.to_text(event.occurred_at) > rank[0]
    if isinstance(event, OrderCompleted) and event.placed_at is not None:
        return clock.to_text(event.placed_at) > rank[0]
    return False
