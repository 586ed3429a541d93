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
from chalicelib.profile import happenings, vocabulary
from chalicelib.profile.comparison import MONEY_DETAILS, ORDERED, SIGNS
from chalicelib.profile.conditions import DETAILS, EVENT_DETAILS, EVENT_KEYS, NAMED_KEYS, ORDER_KEYS
from chalicelib.profile.rule import GROUPS
from chalicelib.profile.tags import COMPOSERS
from chalicelib.profile.traits import TRAITS

Path = tuple[str | int, ...]
Found = tuple[Path, str]

LONGEST = timedelta(days=400)
"""Days of counts that a profile keeps; no `within` may be longer."""
MISUNDERSTOOD = {"trait": "write the trait's name as the key, such as `orders_count: {gte: 1}`"}
TAGS = (*COMPOSERS, *vocabulary.PREFERENCES)
NAMES = {"prediction": vocabulary.PREDICTIONS, "diagnosis": vocabulary.DIAGNOSES}


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
        elif key in NAMED_KEYS:
            yield from _named(key, rule, path)
        elif key in DETAILS:
            yield from _stray(key, rule, here)
        elif key == "segment":
            if not isinstance(wanted, str) or not wanted:
                yield here, "a segment's id is wanted"
        elif key == "tag":
            if not isinstance(wanted, str) or wanted.partition(":")[0] not in TAGS:
                yield here, f"there is no tag {str(wanted)[:40]!r}{_nearest(str(wanted), list(TAGS))}"
        elif key in ORDER_KEYS:
            if not about_order:
                yield here, f"`{key}` is about one order, and there is none here"
            yield from _comparison("flag" if key == "paid" else "money", (), wanted, here)
        elif key in TRAITS:
            yield from _comparison(TRAITS[key].kind, TRAITS[key].choices, wanted, here)
        elif key in MISUNDERSTOOD:
            yield here, MISUNDERSTOOD[key]
        else:
            yield here, f"unknown condition {str(key)[:40]!r}{_nearest(str(key), _words())}"


def to_text(path: Path) -> str:
    """`("all", 0, "did")` → `$.all[0].did`."""
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _words() -> list[str]:
    return [*TRAITS, *GROUPS, *EVENT_KEYS, *NAMED_KEYS, *ORDER_KEYS, "segment", "tag"]


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
        days = happenings.LONGEST_DAYS.get(rule[key], LONGEST.days) if "where" in rule else LONGEST.days
        yield from _within(rule["within"], (*path, "within"), days)
    if "where" in rule:
        yield from _where(rule[key], rule["where"], (*path, "where"))
    if "times" in rule:
        times, where = rule["times"], (*path, "times")
        if key == "did_not":
            yield where, "`times` goes with `did`"
        elif not isinstance(times, Mapping) or set(times) != {"gte"}:
            yield where, "`times` wants {gte: <number>}"
        elif not _is_whole(times["gte"]) or times["gte"] < 1:
            yield where, "`times` wants a whole number of at least 1"


def _where(event: Any, where: Any, path: Path) -> Iterator[Found]:
    if not isinstance(event, str) or event not in happenings.FIELDS:
        yield path, f"`where` goes with {', '.join(happenings.FIELDS)}"
        return
    if not isinstance(where, Mapping) or not where:
        yield path, "`where` wants fields, such as {category: {in: [Shoes]}, price: {gte: 80}}"
        return
    known = happenings.FIELDS[event]
    for name, wanted in where.items():
        here = (*path, name)
        if name not in known:
            yield here, f"{event} has no field {str(name)[:40]!r}{_nearest(str(name), list(known))}"
            continue
        kind = "money" if name == "price" else "number" if name in happenings.NUMBERS else "text"
        yield from _comparison(kind, (), wanted, here)


def _named(key: str, rule: Mapping[str, Any], path: Path) -> Iterator[Found]:
    here, name, signs = (*path, key), rule[key], NAMED_KEYS[key]
    if sum(each in rule for each in NAMED_KEYS) > 1:
        yield here, f"{' and '.join(f'`{each}`' for each in NAMED_KEYS if each in rule)} need a condition each"
        return
    if not isinstance(name, str) or not name:
        yield here, f"the name of {'an attribute' if key == 'attribute' else f'a {key}'} is wanted"
    elif key in NAMES and not _is_name(key, name):
        yield here, f"there is no {key} {name[:40]!r}{_nearest(name, list(NAMES[key]))}; known: {', '.join(NAMES[key])}"
    wanted = {sign: rule[sign] for sign in signs if sign in rule}
    if wanted:
        for where, message in _comparison("text" if key == "attribute" else "number", (), wanted, ()):
            yield (*path, *where), message
    else:
        yield here, f"a comparison is missing beside it: {', '.join(signs)}"


def _is_name(key: str, name: str) -> bool:
    kind, _, of = name.partition(":")
    return name in NAMES[key] or (key == "prediction" and kind in vocabulary.PREDICTIONS_OF and bool(of))


def _stray(key: str, rule: Mapping[str, Any], path: Path) -> Iterator[Found]:
    """A detail without the condition that it is a detail of."""
    if key in EVENT_DETAILS:
        if not any(each in rule for each in EVENT_KEYS):
            yield path, f"`{key}` belongs to a `did` or `did_not` in the same condition"
    elif not any(key in signs and each in rule for each, signs in NAMED_KEYS.items()):
        yield path, f"`{key}` compares what is named beside it: {', '.join(NAMED_KEYS)}"


def _within(within: Any, path: Path, days: int) -> Iterator[Found]:
    try:
        span = clock.parse_duration(within)
    except (BadInput, OverflowError) as fault:
        yield path, str(fault)
        return
    if not timedelta(0) < span <= timedelta(days=days):
        kept = "counts are" if days == LONGEST.days else "single acts are"
        yield path, f"`within` must be longer than nothing and at most {days}d, for which {kept} kept"


def _comparison(kind: str, choices: tuple[str, ...], wanted: Any, path: Path) -> Iterator[Found]:
    if isinstance(wanted, list | tuple):
        yield from _list("a comparison", kind, choices, wanted, path)
        return
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
            yield from _list(f"`{sign}`", kind, choices, value, here)
        elif sign in ORDERED and kind not in ("number", "money"):
            yield here, f"`{sign}` compares numbers; use eq, in or not_in"
        else:
            yield from _value(kind, choices, value, here)


def _list(what: str, kind: str, choices: tuple[str, ...], values: Any, path: Path) -> Iterator[Found]:
    if not isinstance(values, list | tuple) or not values:
        yield path, f"{what} wants a list of values"
        return
    for number, each in enumerate(values):
        yield from _value(kind, choices, each, (*path, number))


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
