"""What values a word of the rules can have at all, so that what can never hold is named instead of finding nobody.

Bounds, and the spelling of countries, languages, genders, zones and tags. That
nothing meets several comparisons at once is found by trying: between two
neighbouring limits all numbers are alike, so one of each stretch is enough.
Refuses to forbid what a store may name itself, such as a category or a city.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any

from chalicelib import clock
from chalicelib.events import CHANNELS
from chalicelib.profile import countries, implicit, language, vocabulary
from chalicelib.profile.comparison import compare, comparisons, number
from chalicelib.profile.traits import TRAITS

_LANGUAGES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
    kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng
    nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su
    sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
LANGUAGES = frozenset(_LANGUAGES.split())
"""ISO 639-1; languages of three letters are not listed and not refused."""
_MEANT = {"UK": "GB", "EL": "GR", "EN": "GB", "jp": "ja", "cn": "zh-CN", "gr": "el", "cz": "cs"}
"""Codes that people write for others."""
GENDERS = ("female", "male", "other")

_NOT_NEGATIVE = (0, None)
_SHARE = (0, 1)
_BOUNDS: dict[str, tuple[int | None, int | None]] = dict.fromkeys(
    (name for name, trait in TRAITS.items() if trait.kind in ("number", "money")), _NOT_NEGATIVE
) | {
    "points": (None, None),
    "age": (0, implicit.BANDS[-1][1]),
    "birthday_month": (1, 12),
    "days_to_birthday": (0, 366),
}
_OF_PREDICTIONS: dict[str, tuple[int | None, int | None]] = {
    "dormancy_60d": _SHARE,
    "due_7d": _SHARE,
    "coupon_response": _SHARE,
    "best_hour": (0, 23),
}
_DAYS = ("days_to_reorder", *vocabulary.PREDICTIONS_OF)


@dataclass(frozen=True)
class Values:
    """`kind` as of a trait. Numbers lie between `bounds`, where None is no bound; text is one of `choices` where there
    are any, and otherwise what `complain` says nothing of."""

    kind: str
    choices: tuple[str, ...] = ()
    bounds: tuple[int | None, int | None] = (None, None)
    whole: bool = False
    complain: Callable[[str], str] = lambda value: ""

    @property
    def told(self) -> str:
        """What a number can be, in words."""
        low, high = self.bounds
        kind = "a whole number" if self.whole else "a number"
        if high is not None:
            return f"{kind} from {low} to {high}"
        return kind if low is None else f"{kind}, never below {low}"


def of_trait(name: str) -> Values:
    trait = TRAITS[name]
    bounds = _BOUNDS.get(name, (None, None))
    return Values(trait.kind, trait.choices, bounds, trait.kind == "number", _SPELT.get(name, lambda value: ""))


def of_named(key: str, name: str) -> Values:
    """Of a prediction or diagnosis; attributes are any text."""
    if key == "attribute":
        return Values("text")
    if key == "diagnosis":
        return Values("number", bounds=_SHARE)
    of_kind = name.partition(":")[0]
    whole = name == "best_hour" or of_kind in _DAYS
    return Values("number", bounds=_OF_PREDICTIONS.get(name, (None, None) if whole else _NOT_NEGATIVE), whole=whole)


def can_hold(values: Values, *wanted: Any) -> bool:
    """Whether one value could be all that is wanted; what is not known counts as one."""
    return any(all(compare(each, one) for one in wanted) for each in _tried(values, wanted))


def _tried(values: Values, wanted: Iterable[Any]) -> Iterator[Any]:
    asked = [value for one in wanted for _, value in comparisons(one)]
    limits = [each for value in asked for each in (value if isinstance(value, list | tuple) else [value])]
    yield None
    if values.kind == "flag":
        yield from (True, False)
    elif values.kind in ("text", "band"):
        yield from values.choices or (*limits, "\0")
    else:
        low, high = values.bounds
        points = sorted({number(each) for each in (*limits, *(bound for bound in values.bounds if bound is not None))})
        for each in _stretches(points, values.whole):
            if (low is None or each >= low) and (high is None or each <= high):
                yield each


def _stretches(points: list[Decimal], whole: bool) -> Iterator[Decimal]:
    """A number of every stretch between the points, and each point."""
    if whole:
        for each in points:
            below = each.to_integral_value(ROUND_FLOOR)
            yield from (below - 1, below, below + 1)
        return
    yield from points
    yield from ((low + high) / 2 for low, high in pairwise(points))
    if points:
        yield from (points[0] - 1, points[-1] + 1)


def tag_complaint(wanted: str) -> str:
    """Why no customer can have that tag, whose kind is known; '' when one can."""
    kind, colon, value = wanted.partition(":")
    if not colon:
        return ""
    if kind not in _OF_TAGS:
        return f"`{kind}` is a tag without a value; write `tag: {kind}`"
    if not value:
        return f"a value is missing behind `{kind}:`"
    known = _OF_TAGS[kind]
    if isinstance(known, re.Pattern):
        return "" if known.fullmatch(value) else f"there is no {kind} {value[:40]!r}; it is written {_EXAMPLES[kind]}"
    return "" if not known or value in known else f"there is no {kind} {value[:40]!r}; known: {', '.join(known)}"


_BAND = re.compile(r"0-1|1(0*)-2\1|2(0*)-5\2|5(0*)-10\3")
_EXAMPLES = {"price": "20-50: one of 0-1, 1-2, 2-5, 5-10, 10-20 …", "spends": "40-60 or 500+", "email_hour": "18-21"}
_OF_TAGS: dict[str, tuple[str, ...] | re.Pattern[str]] = {
    "category": (),
    "brand": (),
    "likes": (),
    "city": (),
    "price": _BAND,
    "hour": vocabulary.PARTS_OF_DAY,
    "channel": CHANNELS,
    "age": TRAITS["age_band"].choices,
    "gender": GENDERS[:2],
    "spends": re.compile(r"\d+(\.\d+)?-\d+(\.\d+)?|\d+(\.\d+)?\+"),
    "email_hour": re.compile(r"([01]\d|2[0-3])-([01]\d|2[0-3])"),
}
"""Tags that have a value, and which: any where none is named."""


def _country(value: str) -> str:
    if value in countries.codes() or not value:
        return ""
    meant = _MEANT.get(value.upper(), value.upper())
    return f"{value[:40]!r} is no country: two capital letters of ISO 3166" + _hint(meant, meant in countries.codes())


def _language(value: str) -> str:
    spelt = language.spelt(value)
    if not value or (value == spelt and (len(spelt.partition("-")[0]) > 2 or spelt.partition("-")[0] in LANGUAGES)):
        return ""
    meant = _MEANT.get(spelt, spelt)
    known = meant.partition("-")[0] in LANGUAGES
    return f"{value[:40]!r} is no language: written such as en or zh-CN" + _hint(meant, known)


def _gender(value: str) -> str:
    import difflib

    small = value.lower()
    near = difflib.get_close_matches(small, GENDERS, n=1, cutoff=0.8)
    if value == small and (small in GENDERS or not near):
        return ""
    return f"{value[:40]!r} is never a gender: they are in small letters" + _hint(near[0] if near else small, True)


def _zone(value: str) -> str:
    return "" if not value or clock.is_zone(value) else f"{value[:40]!r} is not an IANA time zone"


def _hint(meant: str, known: bool) -> str:
    return f"; did you mean {meant[:40]!r}?" if known else ""


_SPELT = {"country": _country, "language": _language, "gender": _gender, "time_zone": _zone}
