"""The days for which people buy presents or wait for reductions, by country, and the weeks that lead up to them.

Days that move are computed, the Lunar New Year is a table of its dates. These
are shopping days, not days off: Black Friday is one and a bank holiday is not.
Refuses to know a country it has no list for: there the days are those that most
of the world keeps.
"""

from datetime import date, timedelta
from functools import cache

WEEK = 7
"""Days, the festival's own the last of them."""

_LUNAR_NEW_YEAR = {
    2020: (1, 25),
    2021: (2, 12),
    2022: (2, 1),
    2023: (1, 22),
    2024: (2, 10),
    2025: (1, 29),
    2026: (2, 17),
    2027: (2, 6),
    2028: (1, 26),
    2029: (2, 13),
    2030: (2, 3),
    2031: (1, 23),
    2032: (2, 11),
    2033: (1, 31),
    2034: (2, 19),
    2035: (2, 8),
    2036: (1, 28),
}

EVERYWHERE = ("valentine", "black_friday", "cyber_monday", "christmas")
WEST = (*EVERYWHERE, "easter", "mothers_day", "fathers_day", "halloween")
CHINESE = ("lunar_new_year", "valentine", "midyear", "singles_day", "double_twelve", "christmas")
KEPT = (
    dict.fromkeys(("US", "CA"), (*WEST, "thanksgiving"))
    | {"GB": (*EVERYWHERE, "easter", "mothering_sunday", "fathers_day", "halloween")}
    | {"IE": (*EVERYWHERE, "easter", "mothering_sunday", "fathers_day", "halloween")}
    | dict.fromkeys(("DE", "AT", "CH", "NL", "BE", "IT", "AU", "NZ"), WEST)
    | dict.fromkeys(("FR", "ES", "PT"), (*EVERYWHERE, "easter", "epiphany"))
    | dict.fromkeys(("CN", "TW", "HK", "MO"), CHINESE)
    | dict.fromkeys(("SG", "MY"), (*EVERYWHERE, "lunar_new_year", "singles_day", "double_twelve"))
    | {"JP": (*EVERYWHERE, "white_day", "mothers_day", "fathers_day", "new_year")}
    | {"KR": (*EVERYWHERE, "lunar_new_year", "white_day", "singles_day")}
)


def is_festive(day: date, country: str) -> bool:
    """Whether the day lies in the week that ends on a festival of the country (two letters, '' unknown)."""
    return any(day <= festival < day + timedelta(WEEK) for festival in _around(day.year, country))


@cache
def _around(year: int, country: str) -> tuple[date, ...]:
    names = KEPT.get(country, EVERYWHERE)
    return tuple(found for each in (year, year + 1) for name in names if (found := day_of(name, each)))


def day_of(name: str, year: int) -> date | None:
    """The festival's day in a year; None where the table does not reach."""
    fixed = _FIXED.get(name)
    if fixed:
        return date(year, *fixed)
    if name in _NTH:
        return _nth(year, *_NTH[name])
    if name == "lunar_new_year":
        month, number = _LUNAR_NEW_YEAR.get(year, (0, 0))
        return date(year, month, number) if month else None
    if name in ("black_friday", "cyber_monday"):
        return _nth(year, 11, 3, 4) + timedelta(1 if name == "black_friday" else 4)
    return _easter(year) - timedelta(21 if name == "mothering_sunday" else 0)


_FIXED = {
    "epiphany": (1, 6),
    "new_year": (1, 1),
    "valentine": (2, 14),
    "white_day": (3, 14),
    "midyear": (6, 18),
    "halloween": (10, 31),
    "singles_day": (11, 11),
    "double_twelve": (12, 12),
    "christmas": (12, 25),
}
_NTH = {"mothers_day": (5, 6, 2), "fathers_day": (6, 6, 3), "thanksgiving": (11, 3, 4)}
"""Month, weekday (Monday 0) and which of them."""


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((weekday - first.weekday()) % 7 + 7 * (number - 1))


def _easter(year: int) -> date:
    """Western Easter by the Gregorian calendar (Meeus, Astronomical Algorithms, chapter 8)."""
    century, rest = divmod(year, 100)
    leaps = century // 4
    moon = (19 * (year % 19) + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    late = (year % 19 + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
