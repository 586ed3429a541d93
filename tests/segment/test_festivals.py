"""Shopping days by rule and by country."""

from datetime import date, timedelta

import pytest

from chalicelib.segment import festivals

KNOWN = [
    ("easter", 2024, "2024-03-31"),
    ("easter", 2025, "2025-04-20"),
    ("easter", 2026, "2026-04-05"),
    ("mothering_sunday", 2026, "2026-03-15"),
    ("mothers_day", 2026, "2026-05-10"),
    ("fathers_day", 2026, "2026-06-21"),
    ("thanksgiving", 2026, "2026-11-26"),
    ("black_friday", 2026, "2026-11-27"),
    ("cyber_monday", 2026, "2026-11-30"),
    ("black_friday", 2019, "2019-11-29"),
    ("lunar_new_year", 2026, "2026-02-17"),
    ("singles_day", 2026, "2026-11-11"),
]


@pytest.mark.parametrize(("name", "year", "day"), KNOWN)
def test_a_festival_falls_on_its_day(name, year, day):
    assert festivals.day_of(name, year) == date.fromisoformat(day)


def test_easter_is_a_sunday_between_22_march_and_25_april():
    for year in range(1900, 2200):
        day = festivals.day_of("easter", year)
        assert day.weekday() == 6
        assert date(year, 3, 22) <= day <= date(year, 4, 25)


def test_the_week_ends_on_the_festival_also_across_the_year():
    assert [festivals.is_festive(date(2026, 12, day), "CN") for day in (5, 6, 12, 13)] == [False, True, True, False]
    assert festivals.is_festive(date(2025, 12, 27), "JP")  # the new year's week
    assert not festivals.is_festive(date(2025, 12, 27), "US")


def test_every_country_and_nowhere_has_its_days_and_most_days_are_none():
    for country in ("", "XX", *festivals.KEPT):
        year = [festivals.is_festive(date(2026, 1, 1) + timedelta(each), country) for each in range(365)]
        assert 0.05 < sum(year) / 365 < 0.25
