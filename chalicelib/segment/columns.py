"""What rules ask of many customers, as one column a question; and how a column compares with what a rule wants.

A column is gathered once however many rules ask for it. Every comparison means
what `profile/comparison.py` means, to the last digit: numbers are whole numbers
(amounts ten-thousandths over a count), limits are brought to them exactly, and
where that cannot be done each distinct value is compared by itself. Refuses to
read customers, which is `batch.py`'s, and to combine conditions, which is
`compiled.py`'s.
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.profile.comparison import ORDERED, compare_one, comparisons, number

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

DIGITS = 4
"""Decimal digits of an amount; no currency has more."""
NEVER = -(2**62)
"""The instant of what never happened."""
_SAFE = 2**62


@dataclass(frozen=True)
class Question:
    """What is asked of a customer: `kind` names a gatherer of batch.py."""

    kind: str
    name: str
    detail: str = ""


@dataclass(frozen=True)
class Coded:
    """Values of few kinds: `codes` are indexes into `words`, which may hold None."""

    codes: "Array"
    words: "Sequence[Any]"

    def compare(self, wanted: Any) -> "Array":
        return self._each(lambda word: all(compare_one(word, sign, value) for sign, value in comparisons(wanted)))

    def _each(self, judge: "Callable[[Any], bool]") -> "Array":
        import numpy as np

        return np.array([judge(word) for word in self.words], dtype=bool)[self.codes]


@dataclass(frozen=True)
class Whole:
    """Whole numbers; `known` is None where all are."""

    values: "Array"
    known: "Array | None" = None

    def compare(self, wanted: Any) -> "Array":
        return _all(self._compare_one(sign, value) for sign, value in comparisons(wanted))

    def _compare_one(self, sign: str, value: Any) -> "Array":
        return _where_known(self.known, _compare_whole(self.values, sign, value), sign, value)


@dataclass(frozen=True)
class Amount:
    """Amounts of one currency in ten-thousandths of its unit, each `of` so many: an average's number, else None.

    `known` is None where all are.
    """

    values: "Array"
    of: "Array | None" = None
    known: "Array | None" = None

    def compare(self, wanted: Any) -> "Array":
        return _all(
            _where_known(self.known, self._compare_one(sign, value), sign, value) for sign, value in comparisons(wanted)
        )

    def _compare_one(self, sign: str, value: Any) -> "Array":
        if sign in ("in", "not_in"):
            found = _any([self._compare_one("eq", each) for each in value], self.values)
            return ~found if sign == "not_in" else found
        if sign == "eq" and not _is_number(value):
            return _constant(self.values, False)
        limit = number(value).scaleb(DIGITS)
        most = 1 if self.of is None or not len(self.of) else int(self.of.max())
        if self.values.dtype == object or limit != limit.to_integral_value() or abs(limit) * most >= _SAFE:
            return self._one_by_one(sign, value)
        return _compare_whole(self.values, sign, int(limit) if self.of is None else int(limit) * self.of)

    def band(self, wanted: Any) -> "Array":
        """Compare the band that each amount lies in, by the `thresholds` of what is wanted."""
        import numpy as np

        thresholds = wanted["thresholds"]
        mid, high = (self._compare_one("gte", thresholds[name]) for name in ("mid", "high"))
        codes = np.where(high, 2, mid.astype(np.int8))
        if self.known is not None:
            codes = np.where(self.known, codes, 3)
        return Coded(codes, ("low", "mid", "high", None)).compare(wanted)

    def _one_by_one(self, sign: str, value: Any) -> "Array":
        """For limits finer than an amount is kept, and amounts beyond what an array of numbers holds."""
        import numpy as np

        of = [1] * len(self.values) if self.of is None else self.of.tolist()
        amounts = [Decimal(each).scaleb(-DIGITS) / by for each, by in zip(self.values.tolist(), of, strict=True)]
        return np.array([compare_one(each, sign, value) for each in amounts], dtype=bool)


@dataclass(frozen=True)
class Score:
    """What models give, not a number where there is none."""

    values: "Array"

    def compare(self, wanted: Any) -> "Array":
        return _all(self._compare_one(sign, value) for sign, value in comparisons(wanted))

    def _compare_one(self, sign: str, value: Any) -> "Array":
        import numpy as np

        limit = float(number(value))
        if sign not in ORDERED or number(limit) != number(value):
            return np.array([compare_one(None if each != each else each, sign, value) for each in self.values.tolist()])
        return _ordered(self.values, sign, limit)  # two numbers are in the order of the texts they are written as


@dataclass(frozen=True)
class Instants:
    """Milliseconds since 1970, NEVER for none."""

    values: "Array"

    def since(self, instant: int) -> "Array":
        return self.values >= instant

    def ever(self) -> "Array":
        return self.values != NEVER


@dataclass(frozen=True)
class Days:
    """How often on which UTC day, a row for each customer (`owner`) and day."""

    rows: int
    owner: "Array"
    day: "Array"
    times: "Array"

    def count(self, first: int | None, last: int | None) -> "Array":
        """Of each customer, on the days from `first` to `last`, never less than nothing."""
        import numpy as np

        owner, times = self.owner, self.times
        if first is not None:
            inside = (self.day >= first) & (self.day <= last)
            owner, times = owner[inside], times[inside]
        counted = np.bincount(owner, weights=times, minlength=self.rows)  # exact: counts are far below 2**53
        return np.maximum(counted, 0).astype(np.int64)


@dataclass(frozen=True)
class Single:
    """Happenings one by one: whose (`owner`) and when (`at`, milliseconds); and their parts: of which (`part_of`)
    happening, and `field`: a column a field, made when it is first asked for."""

    rows: int
    owner: "Array"
    at: "Array"
    part_of: "Array"
    field: "Callable[[str], Coded | Whole | Amount]"
    currency: "Coded"

    def count(self, such: "Array", since: int | None) -> "Array":
        """Of each customer the happenings of which a part is `such`."""
        import numpy as np

        held = np.zeros(len(self.owner), dtype=bool)
        held[self.part_of[such]] = True
        if since is not None:
            held &= self.at >= since
        return np.bincount(self.owner[held], minlength=self.rows)


Column = Coded | Whole | Amount | Score | Instants | Days | Single


def _where_known(known: "Array | None", held: "Array", sign: str, value: Any) -> "Array":
    """The verdict over those that are known, and over the others what holds of a value that is not."""
    if known is None:
        return held
    return held & known | (~known if compare_one(None, sign, value) else False)


def _compare_whole(values: "Array", sign: str, value: Any) -> "Array":
    """Whole numbers against a limit, or against one of each row."""
    if sign in ("in", "not_in"):
        found = _any([_compare_whole(values, "eq", each) for each in value], values)
        return ~found if sign == "not_in" else found
    if hasattr(value, "dtype"):
        return values == value if sign == "eq" else _ordered(values, sign, value)
    if sign == "eq" and not _is_number(value):
        return _constant(values, False)
    limit = number(value)
    if sign == "eq":
        is_whole = limit == limit.to_integral_value()
        return values == int(limit) if is_whole else _constant(values, False)
    if sign not in ORDERED:
        return _constant(values, compare_one(0, sign, value))  # raises
    rounding = ROUND_CEILING if sign in ("gte", "lt") else ROUND_FLOOR
    return _ordered(values, sign, int(limit.to_integral_value(rounding)))


def _ordered(values: "Array", sign: str, limit: Any) -> Any:
    if sign == "gte":
        return values >= limit
    if sign == "lte":
        return values <= limit
    return values > limit if sign == "gt" else values < limit


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _constant(values: "Array", held: bool) -> "Array":
    import numpy as np

    return np.full(len(values), held)


def _all(each: Any) -> Any:
    held: Any = True
    for one in each:
        held = one if held is True else held & one
    return held


def _any(each: "list[Array]", values: "Array") -> "Array":
    import numpy as np

    return np.logical_or.reduce(each) if each else _constant(values, False)
