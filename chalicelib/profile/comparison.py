"""How a value compares with what a rule wants: the one meaning of eq, gte, lte, gt, lt, in and not_in.

What is wanted is a value, a list (one of these) or comparisons that must all
hold. A value that is not known (None) satisfies no comparison but not_in. Text
compares as it is written and never with a number; numbers compare by their
decimal text, so 0.6 is six tenths. Refuses operators it does not know.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chalicelib.errors import BadPlaybook

SIGNS = ("eq", "gte", "lte", "gt", "lt", "in", "not_in")
ORDERED = ("gte", "lte", "gt", "lt")
MONEY_DETAILS = ("currency", "rates", "thresholds")


def compare(actual: Any, wanted: Any) -> bool:
    """Whether a value is what is wanted; what MONEY_DETAILS name says what was compared and is no comparison."""
    return all(compare_one(actual, sign, value) for sign, value in comparisons(wanted))


def comparisons(wanted: Any) -> list[tuple[str, Any]]:
    """(operator, value) of all that must hold: `3` is eq, `[a, b]` is in."""
    if isinstance(wanted, Mapping):
        return [(sign, value) for sign, value in wanted.items() if sign not in MONEY_DETAILS]
    return [("in" if isinstance(wanted, list | tuple) else "eq", wanted)]


def compare_one(actual: Any, sign: str, value: Any) -> bool:
    if sign == "eq":
        return _is_same(actual, value)
    if sign == "in":
        return any(_is_same(actual, each) for each in value)
    if sign == "not_in":
        return not any(_is_same(actual, each) for each in value)
    if sign not in ORDERED:
        raise BadPlaybook(f"unknown operator {sign!r} in a rule")
    if actual is None:
        return False
    limit, actual = number(value), number(actual)
    if sign == "gte":
        return actual >= limit
    if sign == "lte":
        return actual <= limit
    return actual > limit if sign == "gt" else actual < limit


def _is_same(actual: Any, value: Any) -> bool:
    if isinstance(actual, bool) or isinstance(value, bool) or isinstance(actual, str) or actual is None:
        return actual is value if isinstance(value, bool) else bool(actual == value)
    return not isinstance(value, str) and value is not None and number(actual) == number(value)


def number(value: Any) -> Decimal:
    """The number as it is written; a fraction such as 0.6 is what it says and not its nearest binary one."""
    return value if type(value) is Decimal else Decimal(str(value))
