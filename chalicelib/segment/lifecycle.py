"""New, active, to be nurtured, at risk, churned: by days since the last order, against how long this store's
customers wait.

The wait after a first order is many times the wait after a tenth, and it differs
by category, so both are looked at. A wait that has not ended is censored:
the share that has come back by a day is the Kaplan–Meier estimate (Kaplan, Meier,
JASA 1958), and the thresholds are the days by which so much of the return to be seen within
HORIZON has been seen. Few observations are drawn to the category's, to the
store's and, below the minimum, to the documented defaults. Refuses to call anybody churned without an
order.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

STAGES = ("new", "active", "nurture", "at_risk", "churned")
DEFAULTS = (40.0, 90.0, 180.0)
"""Days since the last order after which one is to be nurtured, at risk, churned, where the store cannot tell."""

RETURNED = (0.5, 0.8, 0.95)
"""Share of those who return within HORIZON that has returned by each of the three days."""

HORIZON = 365
ENOUGH = 100
"""Returning customers from which a threshold is learnt; also the weight of what it is drawn to."""

ORDER_BANDS = (1, 2, 3, 5, 10)
"""Lower ends of the bands of the number of orders made."""


def band_of(orders: int) -> int:
    """Index of the band a number of orders lies in."""
    return sum(orders >= lowest for lowest in ORDER_BANDS) - 1


def returned_by(waits: "Array", ended: "Array") -> "Array":
    """Kaplan–Meier: index is days, value the share back by then. `waits` in days; `ended` False = still waiting."""
    import numpy as np

    days = np.minimum(waits.astype(np.int64), HORIZON + 1)
    back = np.bincount(days[ended], minlength=HORIZON + 2)[: HORIZON + 1]
    waiting = len(days) - np.concatenate(([0], np.cumsum(np.bincount(days, minlength=HORIZON + 2))[:HORIZON]))
    return 1 - np.cumprod(1 - back / np.maximum(waiting, 1))


def thresholds(waits: "Array", ended: "Array", drawn_to: tuple[float, float, float]) -> tuple[float, float, float]:
    """The three days, drawn on a log scale to `drawn_to` as by ENOUGH returns; just that below ENOUGH returns."""
    import numpy as np

    returns = int((ended & (waits <= HORIZON)).sum())
    if returns < ENOUGH:
        return drawn_to
    back = returned_by(waits, ended)
    own = [float(np.searchsorted(back, share * back[-1])) for share in RETURNED]
    trust = returns / (returns + ENOUGH)
    found = [
        float(np.exp(trust * np.log(max(day, 1.0)) + (1 - trust) * np.log(other)))
        for day, other in zip(own, drawn_to, strict=True)
    ]
    for place, (low, high) in enumerate(pairwise(found)):
        found[place + 1] = max(low + 1, high)
    return found[0], found[1], found[2]


@dataclass(frozen=True)
class Waits:
    """What a store has learnt: for the whole store and for each category, the three days by band of orders."""

    store: tuple[tuple[float, float, float], ...]
    categories: "Mapping[str, tuple[tuple[float, float, float], ...]]"
    returns: int

    def of(self, orders: int, category: str = "") -> tuple[float, float, float]:
        return self.categories.get(category, self.store)[band_of(orders)]

    def to_json(self) -> dict[str, Any]:
        return {
            "store": [list(band) for band in self.store],
            "categories": {name: [list(band) for band in bands] for name, bands in self.categories.items()},
            "returns": self.returns,
        }

    @classmethod
    def from_json(cls, data: "Mapping[str, Any]") -> "Waits":
        categories = {name: _bands(bands) for name, bands in data["categories"].items()}
        return cls(_bands(data["store"]), categories, data["returns"])


def _bands(bands: "Iterable[Iterable[float]]") -> tuple[tuple[float, float, float], ...]:
    return tuple((nurture, at_risk, churned) for nurture, at_risk, churned in bands)


def learn(
    waits: "Array", ended: "Array", orders: "Array", row: "Array", category: "Array", names: "Sequence[str]"
) -> Waits:
    """From one row a purchase: days until its customer's next one or until now, whether it came, and the how manieth
    purchase of the customer it was. `row` and `category` (index in `names`) say which purchases held which category."""
    import numpy as np

    band = np.searchsorted(np.array(ORDER_BANDS), orders, side="right") - 1
    everything = thresholds(waits, ended, DEFAULTS)
    store = tuple(thresholds(waits[band == each], ended[band == each], everything) for each in range(len(ORDER_BANDS)))
    categories = {}
    returns = np.bincount(category[ended[row]], minlength=len(names))
    for index in map(int, np.flatnonzero(returns >= ENOUGH)):
        mine = row[category == index]
        bands = [mine[band[mine] == each] for each in range(len(ORDER_BANDS))]
        categories[names[index]] = tuple(
            thresholds(waits[rows], ended[rows], store[each]) for each, rows in enumerate(bands)
        )
    return Waits(store, categories, int((ended & (waits <= HORIZON)).sum()))


def stage_of(orders: int, days: int, bounds: tuple[float, float, float]) -> str:
    """The stage of somebody with `orders` (at least one), the last `days` ago; `new` until the second order."""
    if orders == 1 and days < bounds[0]:
        return "new"
    return STAGES[1 + sum(days >= bound for bound in bounds)]
