"""The hours at which things are due: laws over every zone and two years, and the odd nights by name."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from chalicelib import clock
from chalicelib.decide import timing

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
DAYS = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
ZONES = sorted(available_timezones() - {"localtime"})
WEEKS = [date(year, month, 1) for year in (2026, 2027) for month in range(1, 13, 2)]
ODD_WALLS = [time(10), time(0, 0), time(0, 30), time(1, 30), time(2, 0), time(2, 30), time(3, 0), time(23, 30)]


def changes(zone: ZoneInfo) -> set[date]:
    """Local days on which the zone's offset changes."""
    noons = [datetime.combine(day, time(12), tzinfo=zone).utcoffset() for day in DAYS]
    return {day for day, before, after in zip(DAYS[1:], noons, noons[1:], strict=False) if before != after}


def is_shown(instant: datetime, day: date, wall: time, zone: str) -> bool:
    """Whether clocks there show `wall` on `day`; in a gap, `wall` plus the gap; in an overlap, the first of the two."""
    local = instant.astimezone(ZoneInfo(zone))
    if (local.date(), local.time()) == (day, wall):
        return local.fold == 0
    before = instant - timedelta(hours=3)
    gap = local.utcoffset() - before.astimezone(ZoneInfo(zone)).utcoffset()
    return gap > timedelta(0) and local.replace(tzinfo=None) - datetime.combine(day, wall) == gap


def chain(zone: str, wall: time, first: date, last: date) -> list[datetime]:
    """A daily flow: each step waits since the one before it, until `wall`."""
    since = clock.at_local(first, time(0), zone) - timedelta(hours=2)
    instants = []
    while True:
        since = timing.after_wait(since + timedelta(minutes=1), timedelta(0), wall, zone, since)
        if clock.local_day(since, zone) > last:
            return instants
        if clock.local_day(since, zone) >= first:
            instants.append(since)


def test_a_daily_ten_oclock_is_neither_lost_nor_doubled_in_any_zone(capsys):
    """A week of every second month here; the nights around each change of clocks are in the next test."""
    cases = 0
    for zone in ZONES:
        for first in WEEKS:
            days = [first + timedelta(days=number) for number in range(7)]
            instants = chain(zone, time(10), days[0], days[-1])
            assert len(instants) == len(days), (zone, first)
            for day, instant in zip(days, instants, strict=True):
                assert is_shown(instant, day, time(10), zone), (zone, day)
            cases += len(instants)
    assert cases == len(ZONES) * len(WEEKS) * 7
    with capsys.disabled():
        print(f"\n{cases:,} times of day in {len(ZONES)} zones over two years, each at local 10:00")


def test_ten_oclock_and_odd_hours_around_every_change_of_clocks_are_kept_by_the_rule(capsys):
    cases = 0
    for zone in ZONES:
        for day in changes(ZoneInfo(zone)):
            around = [day + timedelta(days=number) for number in range(-2, 3)]
            for wall in ODD_WALLS:
                instants = chain(zone, wall, around[0], around[-1])
                assert len(instants) == len(around), (zone, day, wall)
                for each, instant in zip(around, instants, strict=True):
                    assert is_shown(instant, each, wall, zone), (zone, each, wall)
                cases += len(instants)
    assert cases > 10_000
    with capsys.disabled():
        print(f"\n{cases:,} hours around the changes of clocks, each by the rule")


def test_whole_days_keep_the_hour_and_hours_are_real_ones_across_every_change():
    for zone in ZONES:
        for day in changes(ZoneInfo(zone)):
            before = clock.at_local(day - timedelta(days=2), time(10), zone)
            week = timing.add(before, timedelta(days=7), zone).astimezone(ZoneInfo(zone))
            assert (week.date(), week.time()) == (day + timedelta(days=5), time(10)), zone
            assert timing.add(before, timedelta(hours=23), zone) - before == timedelta(hours=23)


@pytest.mark.parametrize(
    ("since", "wait", "until", "zone", "due"),
    [
        ("2026-03-28T12:00:00Z", "1d", "02:30", "Europe/Berlin", "2026-03-30T00:30:00Z"),
        ("2026-03-28T12:00:00Z", "0m", "02:30", "Europe/Berlin", "2026-03-29T01:30:00Z"),  # 03:30, in the gap
        ("2026-10-24T12:00:00Z", "0m", "02:30", "Europe/Berlin", "2026-10-25T00:30:00Z"),  # the first of two
        ("2026-10-25T00:45:00Z", "0m", "02:30", "Europe/Berlin", "2026-10-26T01:30:00Z"),  # the second is not another
        ("2026-11-23T00:59:00Z", "0m", "10:00", "Asia/Tokyo", "2026-11-23T01:00:00Z"),
        ("2026-11-23T01:00:00Z", "0m", "10:00", "Asia/Tokyo", "2026-11-23T01:00:00Z"),
        ("2026-11-23T01:00:01Z", "0m", "10:00", "Asia/Tokyo", "2026-11-24T01:00:00Z"),
        ("2026-11-23T04:15:00Z", "1d", "10:00", "Asia/Kathmandu", "2026-11-24T04:15:00Z"),
        ("2026-11-22T22:00:00Z", "1d", "10:00", "Pacific/Kiritimati", "2026-11-24T20:00:00Z"),
        ("2026-11-23T12:00:00Z", "90m", None, "Asia/Tokyo", "2026-11-23T13:30:00Z"),
    ],
)
def test_a_wait_ends_when_it_says(since, wait, until, zone, due):
    wall = clock.parse_wall_time(until) if until else None
    instant = clock.parse(since)
    assert timing.after_wait(instant, clock.parse_duration(wait), wall, zone, instant) == clock.parse(due)


def test_an_hour_may_be_missed_by_three_hours_and_no_more():
    since = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    ten = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

    def due(now: datetime) -> datetime:
        return timing.after_wait(since, timedelta(0), time(10), "UTC", now)

    assert due(ten + timedelta(hours=3)) == ten
    assert due(ten + timedelta(hours=3, milliseconds=1)) == ten + timedelta(days=1)
    assert due(ten + timedelta(days=5, hours=1)) == ten + timedelta(days=5)


def test_a_campaign_is_due_that_day_or_else_the_next_or_never():
    day, ten = date(2026, 11, 27), datetime(2026, 11, 27, 10, 0, tzinfo=UTC)
    assert timing.on_day(day, time(10), "UTC", ten - timedelta(days=9)) == ten
    assert timing.on_day(day, time(10), "UTC", ten + timedelta(hours=3)) == ten
    assert timing.on_day(day, time(10), "UTC", ten + timedelta(hours=4)) == ten + timedelta(days=1)
    assert timing.on_day(day, time(10), "UTC", ten + timedelta(hours=27)) == ten + timedelta(days=1)
    assert timing.on_day(day, time(10), "UTC", ten + timedelta(hours=27, seconds=1)) is None


def test_the_next_wait_counts_from_the_plan_unless_that_was_missed():
    plan = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert timing.as_planned(plan, plan + timedelta(minutes=2)) == plan
    late = plan + timedelta(hours=3, minutes=1)
    assert timing.as_planned(plan, late) == late
