"""Who will buy nothing in the next 60 days: a logistic on ten features of the purchases so far.

It is fitted on an earlier snapshot of the same store, whose 60 days are over
before the one to be predicted begins. Below 200 customers BG/NBD's own chance
of silence is steadier. Never recency alone, which misses the active ones, and
never "alive", which ranks one-time buyers as the safest.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.segment.predict.history import Purchases

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

WINDOW = 60
"""Days without a purchase that make a customer dormant."""

EARLIER = 92
"""Days between the snapshot that teaches and the one that is predicted; more than WINDOW."""

PSEUDO_GAPS = 3


def usual_gap(history: Purchases) -> float:
    """The median of all gaps; WINDOW without any."""
    import numpy as np

    _, gap = history.gaps
    return float(np.median(gap)) if len(gap) else float(WINDOW)


def features(history: Purchases, day: int, usual: float | None = None) -> tuple["Array", "Array"]:
    """(customers with a purchase before `day`, ten columns for each of them); `usual` is the whole store's gap,
    where `history` is of a part of it."""
    import numpy as np

    known = history.before(day)
    who = np.flatnonzero(known.number)
    number = known.number[who].astype(float)
    recency = (day - known.last[who]).astype(float)
    owner, gap = known.gaps
    usual = usual_gap(known) if usual is None else usual
    total = np.bincount(owner, weights=gap, minlength=known.customers)[who]
    longest = np.zeros(known.customers)
    np.maximum.at(longest, owner, gap)
    shrunk = (total + PSEUDO_GAPS * usual) / (number - 1 + PSEUDO_GAPS)
    columns = np.column_stack(
        (
            np.log1p(recency),
            np.log(number),
            np.log(shrunk),
            *(np.log1p(known.recent(day, days)[who]) for days in (30, 60, 90)),
            np.log(recency / shrunk),
            np.log1p(longest[who]),
            np.log1p(known.spent[who]),
            np.log((day - known.first[who]).astype(float)),
        )
    )
    return who, columns


def outcome(history: Purchases, day: int, who: "Array") -> "Array":
    """1.0 for each of `who` that bought nothing in the WINDOW from `day` on."""
    return (history.between(day, day + WINDOW).number[who] == 0).astype(float)


def predict(history: Purchases, day: int) -> tuple["Array", "Array"]:
    """(customers, chance of dormancy) at `day`, by a logistic fitted EARLIER days before it."""
    from chalicelib.segment.predict import logistic

    taught, columns = features(history, day - EARLIER)
    model = logistic.fit(columns, outcome(history, day - EARLIER, taught))
    who, columns = features(history, day)
    return who, model.chance(columns)
