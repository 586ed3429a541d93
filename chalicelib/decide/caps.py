"""How often a customer may hear from the store: rolling windows a channel, never calendar days.

The customer's own wish wins where it is for less. Pure: whether the window is
free is claimed in `store.py`, in one conditional write. Refuses to know of
messages that are not marketing; they have no cap.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from chalicelib import clock
from chalicelib.profile.wishes import MONTHLY, WEEKLY, Preferences

SLACK = timedelta(hours=2)
"""So that the same local hour a week later is not too early, on the night the clocks change and with seconds late."""
WISHED = {WEEKLY: timedelta(days=7) - SLACK, MONTHLY: timedelta(days=28) - SLACK}


@dataclass(frozen=True)
class Cap:
    """At most one marketing message in any `every`; one that comes too early is tried again for `retry`."""

    every: timedelta
    retry: timedelta


def wished(cap: Cap, preferences: Preferences) -> Cap:
    """The cap as the customer wishes it: never more often than the store's own."""
    return replace(cap, every=max(cap.every, WISHED.get(preferences.frequency, cap.every)))


def is_free(cap: Cap, last_at: datetime, now: datetime) -> bool:
    return now - last_at >= cap.every


def retry_at(cap: Cap, last_at: datetime, first_tried: datetime, until: time | None, zone: str) -> datetime | None:
    """When a refused message may try again: at the window's end, or the next `until` there after it.

    None when that is more than `retry` after it was first tried: the message is then skipped.
    """
    attempt = last_at + cap.every
    if until is not None:
        attempt = clock.next_local(attempt, until, zone)
    return attempt if attempt <= first_tried + cap.retry else None
