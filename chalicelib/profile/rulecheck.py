"""What is wrong with a rule: every unknown word, impossible comparison and missing detail, with its path.

Refuses to let anything through that `rule.py` would ignore: a condition that
is not understood is a mistake, never a condition that holds.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib import clock
from chalicelib.errors import BadInput
from chalicelib.events import EVENTS
from chalicelib.profile.rule import EVENT_DETAILS, EVENT_KEYS, GROUPS, MONEY_DETAILS, ORDER_KEYS, SIGNS
from chalicelib.profile.tags import COMPOSERS
from chalicelib.profile.traits import TRAITS

Path = tuple[str | int, ...]
Found = tuple[Path, str]

LONGEST = timedelta(days=400)
"""Days of counts that a profile keeps; no `within` may be longer."""
NOT_SUPPORTED = {
    "where": "conditions on an event's fields (`where`) are not supported",
    "rfm": "RFM groups (`rfm`) are not supported",
    "trait": "write the trait's name as the key, such as `orders_count: {gte: 1}`",
}
ORDERED = ("gte", "lte", "gt", "lt")


def problems(rule: Any, about_order: bool, path: Path = ()) -> Iterator[Found]:
    """(path, message) of everything that is wrong, in the rule's own order."""
    if not isinstance(rule, Mapping):
        yield path, f"a rule is a mapping of conditions, not {_kind(rule)}"
        return
    if not rule:
        yield path, "an empty rule says nothing"
    for key, wanted in rule.items():
        here = (*path, key)
        if key in GROUPS:
            yield from _group(wanted, about_order, here)
        elif key in EVENT_KEYS:
            yield from _event(key, rule, path)
        elif key in EVENT_DETAILS:
            if not any(each in rule for each in EVENT_KEYS):
                yield here, f"`{key}` belongs to a `did` or `did_not` in the same condition"
        elif key == "segment":
            if not isinstance(wanted, str) or not wanted:
                yield here, "a segment's id is wanted"
        elif key == "tag":
            if not isinstance(wanted, str) or wanted.partition(":")[0] not in COMPOSERS:
                yield here, f"there is no tag {str(wanted)[:40]!r}{_nearest(str(wanted), list(COMPOSERS))}"
        elif key in ORDER_KEYS:
            if not about_order:
                yield here, f"`{key}` is about one order, and there is none here"
            yield from _comparison("flag" if key == "paid" else "money", (), wanted, here)
        elif key in TRAITS:
            yield from _comparison(TRAITS[key].kind, TRAITS[key].choices, wanted, here)
        elif key in NOT_SUPPORTED:
            yield here, NOT_SUPPORTED[key]
        else:
            yield here, f"unknown condition {str(key)[:40]!r}{_nearest(str(key), _words())}"


def to_text(path: Path) -> str:
    """`("all", 0, "did")` → `$.all[0].did`."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _words() -> list[str]:
    return [*TRAITS, *GROUPS, *EVENT_KEYS, *ORDER_KEYS, "segment", "tag"]


def _group(wanted: Any, about_order: bool, path: Path) -> Iterator[Found]:
    if not isinstance(wanted, list | tuple) or not wanted:
        yield path, f"`{path[-1]}` wants a list of conditions"
        return
    for number, each in enumerate(wanted):
        yield from problems(each, about_order, (*path, number))


def _event(key: str, rule: Mapping[str, Any], path: Path) -> Iterator[Found]:
    here = (*path, key)
    if all(each in rule for each in EVENT_KEYS) and key == "did_not":
        yield here, "`did` and `did_not` need a condition each"
        return
    if not isinstance(rule[key], str) or rule[key] not in EVENTS:
        yield here, f"unknown event {str(rule[key])[:40]!r}{_nearest(str(rule[key]), list(EVENTS))}"
    if "within" in rule:
        yield from _within(rule["within"], (*path, "within"))
    if "times" in rule:
        times, where = rule["times"], (*path, "times")
        if key == "did_not":
            yield where, "`times` goes with `did`"
        elif not isinstance(times, Mapping) or set(times) != {"gte"}:
            yield where, "`times` wants {gte: <number>}"
        elif not _is_whole(times["gte"]) or times["gte"] < 1:
            yield where, "`times` wants a whole number of at least 1"


def _within(within: Any, path: Path) -> Iterator[Found]:
    try:
        span = clock.parse_duration(within)
    except (BadInput, OverflowError) as fault:
        yield path, str(fault)
        return
    if not timedelta(0) < span <= LONGEST:
        yield path, f"`within` must be longer than nothing and at most {LONGEST.days}d, for which counts are kept"


def _comparison(kind: str, choices: tuple[str, ...], wanted: Any, path: Path) -> Iterator[Found]:
    if not isinstance(wanted, Mapping):
        yield from _value(kind, choices, wanted, path)
        return
    if not set(wanted) - set(MONEY_DETAILS):
        yield path, "a comparison is missing, such as {gte: 1}"
    for sign, value in wanted.items():
        here = (*path, sign)
        if sign in MONEY_DETAILS:
            yield from _detail(kind, sign, value, here)
        elif sign not in SIGNS:
            yield here, f"unknown operator {str(sign)[:40]!r}; known: {', '.join(SIGNS)}"
        elif sign in ("in", "not_in"):
            if not isinstance(value, list | tuple) or not value:
                yield here, f"`{sign}` wants a list"
                continue
            for number, each in enumerate(value):
                yield from _value(kind, choices, each, (*here, number))
        elif sign in ORDERED and kind not in ("number", "money"):
            yield here, f"`{sign}` compares numbers; use eq, in or not_in"
        else:
            yield from _value(kind, choices, value, here)


def _detail(kind: str, sign: str, value: Any, path: Path) -> Iterator[Found]:
    if kind not in ("money", "band") or (sign == "thresholds" and kind != "band"):
        yield path, f"unknown operator {sign!r}; known: {', '.join(SIGNS)}"
    elif sign == "currency":
        if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isupper()):
            yield path, "a currency is three capital letters, such as USD"
    elif not isinstance(value, Mapping) or set(value) != {"mid", "high"} or not all(map(_is_number, value.values())):
        yield path, "thresholds want the numbers mid and high"


def _value(kind: str, choices: tuple[str, ...], value: Any, path: Path) -> Iterator[Found]:
    if kind == "flag":
        if not isinstance(value, bool):
            yield path, f"true or false is wanted, not {_kind(value)}"
    elif kind in ("number", "money"):
        if not _is_number(value):
            yield path, f"a number is wanted, not {_kind(value)}"
    elif not isinstance(value, str):
        yield path, f"text is wanted, not {_kind(value)}"
    elif choices and value not in choices:
        yield path, f"{value[:40]!r} is none of {', '.join(choices)}{_nearest(value, list(choices))}"


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return False
    try:
        return Decimal(str(value)).is_finite()
    except InvalidOperation:
        return False


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {str: "text", int: "a number", float: "a number", type(None): "nothing"}
    if isinstance(value, Mapping):
        return "a mapping"
    return names.get(type(value), "a list" if isinstance(value, list | tuple) else type(value).__name__)


def _nearest(word: str, known: list[str]) -> str:
    import difflib

    found = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {found[0]!r}?" if found else ""
