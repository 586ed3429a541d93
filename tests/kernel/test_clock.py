from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import clock
from chalicelib.errors import BadInput


def test_a_time_in_a_gap_moves_forward_by_the_gap():
    instant = clock.at_local(date(2026, 3, 8), time(2, 30), "America/New_York")
    assert instant.astimezone(clock.zone("America/New_York")).strftime("%H:%M") == "03:30"


def test_a_time_that_happens_twice_means_the_first():
    assert clock.at_local(date(2026, 11, 1), time(1, 30), "America/New_York") == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )


def test_the_next_local_ten_is_today_before_ten_and_tomorrow_after():
    before = datetime(2026, 11, 23, 0, 59, tzinfo=UTC)
    assert clock.next_local(before, time(10), "Asia/Tokyo") == datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert clock.next_local(before + timedelta(minutes=2), time(10), "Asia/Tokyo") == datetime(
        2026, 11, 24, 1, 0, tzinfo=UTC
    )


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "/etc/localtime", "", "EST5EDT4", "x" * 300, "a\0b"])
def test_a_name_that_is_no_zone_is_refused(name):
    assert not clock.is_zone(name)
    with pytest.raises(BadInput):
        clock.zone(name)


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))
def test_instants_round_trip_as_text_to_the_millisecond(instant):
    read = clock.parse(clock.to_text(instant))
    assert timedelta(0) <= instant - read < timedelta(milliseconds=1)


@pytest.mark.parametrize(
    "text", ["2026-11-23", "2026-11-23T10:00:00", "yesterday", "", None, "0001-01-01T00:00:00+14:00"]
)
def test_a_time_without_an_offset_or_outside_the_calendar_is_refused(text):
    with pytest.raises(BadInput):
        clock.parse(text)


@pytest.mark.parametrize(("text", "days"), [("1d", 1), ("2w", 14), ("6mo", 180), ("36h", 1.5)])
def test_durations(text, days):
    assert clock.parse_duration(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "d", "1", "1y", "-1d", "1.5d", "mo", "١d", [], None])
def test_a_duration_that_means_nothing_is_refused(text):
    with pytest.raises(BadInput):
        clock.parse_duration(text)
