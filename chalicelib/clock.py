"""The only clock: `now()`, instants as text, and local windows in IANA zones.

Every job takes `now` as an argument; only the wiring (`app.py`, `cli/`) calls
`now()`. The local cloud sets its own clock with `set_source`, so the same jobs
live through a year in seconds. Refuses naive datetimes and unknown zones.

Rule for local times (`at_local`): a time in a DST gap moves forward by the gap
(02:30 becomes 03:30); a time that happens twice means its first occurrence.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.errors import BadInput

Clock = Callable[[], datetime]


def system_time() -> datetime:
    """The machine's own time even under a simulated clock: for signatures, which AWS holds against its clock."""
    return datetime.now(UTC)


_source: Clock = system_time


def now() -> datetime:
    """The current instant, aware, in UTC, whole milliseconds."""
    return _to_milliseconds(_source())


def time_of(*, minutes: int) -> Callable[[], bool]:
    """Tells whether so many minutes of the machine's own time are left, for a job that stops before it is stopped."""
    end = system_time() + timedelta(minutes=minutes)
    return lambda: system_time() < end


def set_source(source: Clock | None) -> None:
    """Replace the source of time for this process; None restores the system's."""
    global _source
    _source = source or system_time


def _to_milliseconds(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def to_text(instant: datetime) -> str:
    """ISO 8601 in UTC with milliseconds, `2026-11-23T08:42:00.000Z`; sorts as time does."""
    if instant.tzinfo is None:
        raise BadInput(f"a time without a zone cannot be stored: {instant}")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def parse(text: str) -> datetime:
    """An ISO 8601 instant with its offset → UTC, milliseconds. Raises BadInput otherwise."""
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise BadInput(f"not an ISO 8601 time: {str(text)[:40]!r}") from None
    if instant.tzinfo is None:
        raise BadInput(f"a time without an offset is ambiguous: {text[:40]!r}")
    try:
        if instant.tzinfo is not UTC:
            instant = instant.astimezone(UTC)
        return _to_milliseconds(instant) if instant.microsecond % 1000 else instant
    except OverflowError:
        raise BadInput(f"a time outside the calendar: {text[:40]!r}") from None


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of that name; raises BadInput for anything else."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError):
        raise BadInput(f"not an IANA time zone: {str(name)[:40]!r}") from None


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA zone that belongs to a place or to UTC."""
    try:
        zone(name)
    except BadInput:
        return False
    return "/" in name or name == "UTC"


def at_local(day: date, wall: time, zone_name: str) -> datetime:
    """The instant at which a clock on the wall there shows `wall` on `day`.

    In a DST gap the instant is the wall time read with the offset before the
    gap, which is `wall` plus the gap on the new clock. In an overlap it is the
    first of the two.
    """
    return datetime.combine(day, wall, tzinfo=zone(zone_name)).replace(fold=0).astimezone(UTC)


def next_local(after: datetime, wall: time, zone_name: str) -> datetime:
    """The first instant not before `after` at which it is `wall` there."""
    today = after.astimezone(zone(zone_name)).date()
    for day in (today - timedelta(days=1), today, today + timedelta(days=1), today + timedelta(days=2)):
        instant = at_local(day, wall, zone_name)
        if instant >= after:
            return instant
    raise AssertionError("a wall time recurs within two days in every zone")


def local_day(instant: datetime, zone_name: str) -> date:
    return instant.astimezone(zone(zone_name)).date()


def day_text(number: int) -> str:
    """A day as `date.toordinal` numbers it → `2026-11-23`."""
    return date.fromordinal(int(number)).isoformat()


def local_hour(instant: datetime, zone_name: str) -> int:
    return instant.astimezone(zone(zone_name)).hour


_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_MONTH = timedelta(days=30)


def parse_duration(text: str) -> timedelta:
    """`30m 1h 3d 2w 6mo` → timedelta; a month is 30 days. Raises BadInput otherwise."""
    text = str(text).strip()
    unit = "mo" if text.endswith("mo") else text[-1:]
    number = text[: -len(unit)] if unit else ""
    if not (number.isascii() and number.isdigit()) or (unit != "mo" and unit not in _UNITS):
        raise BadInput(f"not a duration: {text[:20]!r} (write 30m, 1h, 3d, 2w or 6mo)")
    return int(number) * (_MONTH if unit == "mo" else _UNITS[unit])


def parse_wall_time(text: str) -> time:
    """`"10:00"` → time. Raises BadInput otherwise."""
    hour, _, minute = str(text).partition(":")
    if len(minute) == 2 and hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60:
        return time(int(hour), int(minute))
    raise BadInput(f'not a local time: {str(text)[:20]!r} (write "10:00")')
