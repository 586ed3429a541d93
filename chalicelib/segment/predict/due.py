"""Who is about to buy a category: the weekly due list, by a logistic on eleven features of each customer and category.

How often somebody buys tells more than how long ago it was: "overdue" alone is
close to chance. Taught on the weeks before, whose seven days are over. Below
the minimum, the purchases of the last 90 days rank them.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.segment.predict.replenishment import FEWEST, Rhythms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.predict.history import Purchases
    from chalicelib.segment.predict.logistic import Logistic

    Array = NDArray[Any]

AHEAD = 7
"""Days in which the purchase is expected."""

LONGEST = 120
"""Days since the last purchase after which nothing is said."""

TAUGHT = (91, 84, 77, 70, 63, 56, 49, 42, 35, 28, 21, 14)
"""Days before the snapshot at which the weeks that teach begin."""


@dataclass(frozen=True)
class Waiting:
    """Pairs at a snapshot: the row of each one's last purchase in the rhythms, and its columns.

    `of_unit` per unit is how often its pairs bought in 90 days, on average.
    """

    rows: "Array"
    columns: "Array"
    of_unit: "Array"


def waiting(rhythms: Rhythms, trips: "Purchases", day: int, of_unit: "Array | None" = None) -> Waiting:
    """Pairs with FEWEST purchase days before `day`, the last at most LONGEST days ago; `trips` are all purchases.

    `of_unit` is the whole store's, where the rhythms are of a part of it.
    """
    import numpy as np

    known = rhythms.day < day
    last = known & ~np.append((rhythms.pair[1:] == rhythms.pair[:-1]) & known[1:], False)
    rows = np.flatnonzero(last & (rhythms.number >= FEWEST) & (day - rhythms.day <= LONGEST))
    elapsed = (day - rhythms.day[rows]).astype(float)
    pairs = int(rhythms.pair.max(initial=0)) + 1

    def recent(days: int) -> "Array":
        counted = known & (rhythms.day >= day - days)
        return np.bincount(rhythms.pair[counted], minlength=pairs)[rhythms.pair[rows]].astype(float)

    start = np.flatnonzero(rhythms.number == 1)
    age = (day - rhythms.day[start[rhythms.pair[rows]]]).astype(float)
    usual = np.exp(rhythms.mean_log[rows])
    last_gap = np.maximum(rhythms.since()[rows], 1).astype(float)
    visits = trips.recent(day, 60)[rhythms.customer[rows]].astype(float)
    ninety = recent(90)
    unit = rhythms.unit[rows]
    if of_unit is None:
        of_unit = np.bincount(unit, ninety) / np.maximum(np.bincount(unit), 1)
    columns = np.column_stack(
        (
            np.log(elapsed),
            np.log(usual),
            np.log(elapsed / usual),
            np.log(elapsed / usual) ** 2,
            np.log1p(of_unit)[unit],
            np.log1p(recent(45)),
            np.log1p(ninety),
            np.log(rhythms.number[rows] / age),
            np.log(last_gap),
            np.log1p(visits),
            np.log1p(recent(180)),
        )
    )
    return Waiting(rows, columns, of_unit)


def came(rhythms: Rhythms, rows: "Array", day: int) -> "Array":
    """1.0 for each pair whose next purchase lies within AHEAD days from `day` on."""
    following = rhythms.day[rows] + rhythms.ahead[rows]
    return ((rhythms.ahead[rows] > 0) & (following >= day) & (following < day + AHEAD)).astype(float)


def lessons(rhythms: Rhythms, trips: "Purchases", day: int) -> "tuple[Array, Array]":
    """Columns and outcome of the weeks before `day`."""
    import numpy as np

    weeks = [(waiting(rhythms, trips, day - back), day - back) for back in TAUGHT]
    columns = np.concatenate([each.columns for each, _ in weeks])
    return columns, np.concatenate([came(rhythms, each.rows, at) for each, at in weeks])


def learn(rhythms: Rhythms, trips: "Purchases", day: int) -> "Logistic":
    """From the weeks before `day`."""
    from chalicelib.segment.predict import logistic

    return logistic.fit(*lessons(rhythms, trips, day))
