"""When a step is due, in the customer's own hours. Pure; refuses to know the time by itself.

Rules, beside the one for gaps and overlaps in `clock.at_local`:

- Days are calendar days where the customer is: a day after 10:00 is 10:00 also
  on the night the clocks change. Hours and minutes are real ones.
- A local hour may be missed by LATE at most: what comes later than that, after
  an outage or because the customer turned out to live elsewhere, waits for the
  next such hour instead of arriving at night.
"""

from datetime import date, datetime, time, timedelta

from chalicelib import clock

LATE = timedelta(hours=3)
FIRST_ZONE = timedelta(hours=14)
"""UTC+14, where a day begins first."""
LAST_ZONE = timedelta(hours=12)
"""UTC−12, where it begins last."""


def add(since: datetime, wait: timedelta, zone: str) -> datetime:
    """`since` plus calendar days there plus real hours; a wall time in a gap moves on by the gap."""
    if wait.days:
        local = since.astimezone(clock.zone(zone))
        since = clock.at_local(local.date() + timedelta(days=wait.days), local.time(), zone)
    return since + timedelta(seconds=wait.seconds)


def after_wait(since: datetime, wait: timedelta, until: time | None, zone: str, now: datetime) -> datetime:
    """When a step that waits since `since` is over; not after `now` means go on.

    With `until` it is the first such local time that is neither before the end
    of the wait nor missed by more than LATE.
    """
    earliest = add(since, wait, zone)
    return earliest if until is None else clock.next_local(max(earliest, now - LATE), until, zone)


def on_day(day: date, wall: time, zone: str, now: datetime, delay: timedelta = timedelta(0)) -> datetime | None:
    """When a campaign is due there: that day or, if it was missed by more than LATE, the next; None if that was too.

    `delay` is the recipient's place in the campaign's spread.
    """
    for later in (0, 1):
        due = clock.at_local(day + timedelta(days=later), wall, zone) + delay
        if now - due <= LATE:
            return due
    return None


def as_planned(planned: datetime, now: datetime) -> datetime:
    """What the next wait counts from: the planned instant, or now when it was missed by more than LATE.

    Counting from the plan keeps a chain of daily steps at its hour although each runs seconds late.
    """
    return planned if planned <= now <= planned + LATE else now
