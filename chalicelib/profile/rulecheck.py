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
from chalicelib.profile import happenings, values, vocabulary
from chalicelib.profile.comparison import MONEY_DETAILS, ORDERED, SIGNS, comparisons
from chalicelib.profile.conditions import (
    COMPUTED_KEYS,
    DETAILS,
    EVENT_DETAILS,
    EVENT_KEYS,
    NAMED_KEYS,
    ORDER_KEYS,
    named_comparison,
)
from chalicelib.profile.rule import GROUPS
from chalicelib.profile.tags import COMPOSERS
from chalicelib.profile.traits import TRAITS
from chalicelib.profile.values import Values

Path = tuple[str | int, ...]
Found = tuple[Path, str]

LONGEST = timedelta(days=400)
"""Days of counts that a profile keeps; no `within` may be longer."""
MISUNDERSTOOD = {"trait": "write the trait's name as the key, such as `orders_count: {gte: 1}`"}
TAGS = (*COMPOSERS, *vocabulary.PREFERENCES)
NAMES = {"prediction": vocabulary.PREDICTIONS, "diagnosis": vocabulary.DIAGNOSES}
OF_ORDERS = {"paid": Values("flag"), "order_total": Values("money", bounds=(0, None))}
DAY = timedelta(days=1)


def problems(rule: Any, about_order: bool, path: Path = ()) -> Iterator[Found]:
    """(path, message) of everything that is wrong, in the rule's own order; then of what each alone could hold and
    together cannot."""
    found = list(_each(rule, about_order, path))
    yield from found or _clashes(rule, path)


def _each(rule: Any, about_order: bool, path: Path) -> Iterator[Found]:
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
            elif complaint := values.tag_complaint(wanted):
                yield here, complaint
        elif key in ORDER_KEYS:
            if not about_order:
                yield here, f"`{key}` is about one order, and there is none here"
            yield from _comparison(OF_ORDERS[key], wanted, here)
        elif key in TRAITS:
            yield from _comparison(values.of_trait(key), wanted, here)
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
        yield from _each(each, about_order, (*path, number))


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
        elif "where" not in rule and "within" in rule and _is_of_hours(rule["within"]):
            here = (*path, "within")
            yield here, "beside `times` whole days are counted: write 1d, 2w or 6mo, or leave `times` out"


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
        yield from _comparison(Values(kind, whole=kind == "number"), wanted, here)


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
        for where, message in _comparison(values.of_named(key, str(name)), wanted, ()):
            yield (*path, *(where or (key,))), message
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


def _is_of_hours(within: Any) -> bool:
    try:
        return bool(clock.parse_duration(within) % DAY)
    except (BadInput, OverflowError):
        return False


def _comparison(of: Values, wanted: Any, path: Path) -> Iterator[Found]:
    found = list(_compared(of, wanted, path))
    yield from found
    if not found and not values.can_hold(of, wanted):
        alone = all(values.can_hold(of, {sign: value}) for sign, value in comparisons(wanted))
        yield path, f"this never holds: {'one excludes the other' if alone else f'it is {of.told}'}"


def _compared(of: Values, wanted: Any, path: Path) -> Iterator[Found]:
    if isinstance(wanted, list | tuple):
        yield from _list("a comparison", of, wanted, path)
        return
    if not isinstance(wanted, Mapping):
        yield from _value(of, wanted, path)
        return
    if not set(wanted) - set(MONEY_DETAILS):
        yield path, "a comparison is missing, such as {gte: 1}"
    for sign, value in wanted.items():
        here = (*path, sign)
        if sign in MONEY_DETAILS:
            yield from _detail(of.kind, sign, value, here)
        elif sign not in SIGNS:
            yield here, f"unknown operator {str(sign)[:40]!r}; known: {', '.join(SIGNS)}"
        elif sign in ("in", "not_in"):
            yield from _list(f"`{sign}`", of, value, here)
        elif sign in ORDERED and of.kind not in ("number", "money"):
            yield here, f"`{sign}` compares numbers; use eq, in or not_in"
        else:
            yield from _value(of, value, here)


def _list(what: str, of: Values, listed: Any, path: Path) -> Iterator[Found]:
    if not isinstance(listed, list | tuple) or not listed:
        yield path, f"{what} wants a list of values"
        return
    for number, each in enumerate(listed):
        yield from _value(of, each, (*path, number))


def _detail(kind: str, sign: str, value: Any, path: Path) -> Iterator[Found]:
    if kind not in ("money", "band") or sign == "rates" or (sign == "thresholds" and kind != "band"):
        yield path, f"unknown operator {sign!r}; known: {', '.join(SIGNS)}"
    elif sign == "currency":
        if not (isinstance(value, str) and len(value) == 3 and value.isascii() and value.isupper()):
            yield path, "a currency is three capital letters, such as USD"
    elif not isinstance(value, Mapping) or set(value) != {"mid", "high"} or not all(map(_is_number, value.values())):
        yield path, "thresholds want the numbers mid and high"


def _value(of: Values, value: Any, path: Path) -> Iterator[Found]:
    if of.kind == "flag":
        if not isinstance(value, bool):
            yield path, f"true or false is wanted, not {_kind(value)}"
    elif of.kind in ("number", "money"):
        if not _is_number(value):
            yield path, f"a number is wanted, not {_kind(value)}"
    elif not isinstance(value, str):
        yield path, f"text is wanted, not {_kind(value)}"
    elif of.choices and value not in of.choices:
        yield path, f"{value[:40]!r} is none of {', '.join(of.choices)}{_nearest(value, list(of.choices))}"
    elif complaint := of.complain(value):
        yield path, complaint


def _clashes(rule: Mapping[str, Any], path: Path) -> Iterator[Found]:
    """Comparisons of one word in conditions that must all hold, and that no value meets together."""
    asked: dict[tuple[str, ...], list[tuple[Path, Any]]] = {}
    for where, each in _held_together(rule, path):
        for key, wanted in each.items():
            if key in ("any", "none"):
                for number, one in enumerate(wanted):
                    yield from _clashes(one, (*where, key, number))
            elif key in TRAITS:
                currency = wanted.get("currency", "") if isinstance(wanted, Mapping) else ""
                asked.setdefault((key, currency), []).append(((*where, key), wanted))
            elif key in COMPUTED_KEYS:
                asked.setdefault((key, each[key]), []).append(((*where, key), named_comparison(key, each)))
    for (key, name), found in asked.items():
        of = values.of_trait(key) if key in TRAITS else values.of_named(key, name)
        if not values.can_hold(of, *(wanted for _, wanted in found)):
            others = ", ".join(to_text(where) for where, _ in found[:-1])
            yield found[-1][0], f"this never holds together with {others}"


def _held_together(rule: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    yield path, rule
    for number, each in enumerate(rule.get("all", ())):
        yield from _held_together(each, (*path, "all", number))


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
