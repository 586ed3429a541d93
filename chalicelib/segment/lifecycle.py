"""New, active, to be nurtured, at risk, churned: by what chance is left, after so many days, that somebody buys again.

The chance of a purchase in the next WITHIN days of who has waited w days is
1 − S(w + WITHIN) / S(w), S being the Kaplan–Meier estimate (Kaplan, Meier, JASA 1958) over
the store's own waits; those that have not ended are censored. A wait reaches a day once however long it
lasts, so who waits now is met as often as they are: quantiles of the waits that ended would take the
patient for lost. A threshold is the day from which on no more than so much of the best chance is left. The wait after a
first order is many times the wait after a tenth, and it differs by category, so
both are looked at. Few customers are drawn to the category's, to the store's and,
below the minimum, to the documented defaults. Refuses to call anybody at risk or churned without an order, or
against a prediction that says otherwise.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[Any]

STAGES = ("new", "active", "nurture", "at_risk", "churned")
DEFAULTS = (40.0, 90.0, 180.0)
"""Days since the last order after which one is to be nurtured, at risk, churned, where the store cannot tell."""

LEFT = (0.75, 0.5, 0.25)
"""Share of the best chance of a purchase that is left, at most, from each of the three days on."""

WITHIN = 60
"""Days in which the purchase is looked for: those of the prediction `dormancy_60d`."""

LONGEST = 1095
"""Days of waiting beyond which nothing is learnt."""

ENOUGH = 100
"""Customers who came back from which thresholds are learnt."""

PSEUDO = 20.0
"""Customers whom the defaults weigh as much as, at each day of waiting."""

ORDER_BANDS = (1, 2, 3, 5, 10)
"""Lower ends of the bands of the number of orders made."""


def band_of(orders: int) -> int:
    """Index of the band a number of orders lies in."""
    return sum(orders >= lowest for lowest in ORDER_BANDS) - 1


def by_default() -> "Array":
    """Share of the best chance that is left by days waited where the store cannot tell: LEFT at DEFAULTS, then as
    1 / days."""
    import numpy as np

    days = np.arange(LONGEST + 1)
    return np.where(
        days <= DEFAULTS[-1],
        np.interp(days, (0.0, *DEFAULTS), (1.0, *LEFT)),
        LEFT[-1] * DEFAULTS[-1] / np.maximum(days, 1),
    )


def chances(waits: "Array", ended: "Array") -> "Array":
    """By days waited, the chance of a purchase in the next WITHIN days; `ended` False = the wait goes on."""
    import numpy as np

    length = LONGEST + WITHIN + 2
    days = np.minimum(waits, length - 1)
    back = np.bincount(days[ended], minlength=length)
    waiting = len(days) - np.concatenate(([0], np.cumsum(np.bincount(days, minlength=length))[:-1]))
    away = np.cumprod(np.concatenate(([1.0], 1 - back / np.maximum(waiting, 1))))
    now, then = away[1 : LONGEST + 2], away[1 + WITHIN : LONGEST + WITHIN + 2]
    return 1 - np.divide(then, now, out=np.zeros(len(now)), where=now > 0)


@dataclass(frozen=True)
class Waited:
    """One row a purchase, sorted by customer: days until their next one or until now, whether it came, the days until
    now, and whose it is."""

    waits: "Array"
    ended: "Array"
    ago: "Array"
    customer: "Array"

    def chosen(self, rows: "Array") -> "Waited":
        return Waited(self.waits[rows], self.ended[rows], self.ago[rows], self.customer[rows])

    @property
    def returned(self) -> int:
        """Customers who came back, each once."""
        mine = self.customer[self.ended]
        return int((mine[1:] != mine[:-1]).sum()) + bool(len(mine))

    @property
    def witnesses(self) -> "Array":
        """By days waited, the customers who waited longer and were seen for WITHIN days more, each once."""
        import numpy as np

        starts = np.flatnonzero(np.concatenate(([True], self.customer[1:] != self.customer[:-1])))
        reach = np.maximum.reduceat(np.minimum(self.waits - 1, self.ago - WITHIN), starts)
        met = np.bincount(np.clip(reach[reach >= 0], 0, LONGEST), minlength=LONGEST + 1)
        return np.cumsum(met[::-1])[::-1]


def left(waited: Waited) -> "Array | None":
    """By days waited, the share of the best chance that is left, never to rise again; None below ENOUGH."""
    import numpy as np

    if waited.returned < ENOUGH:
        return None
    witnesses, found = waited.witnesses, chances(waited.waits, waited.ended)
    best = float(found[witnesses >= ENOUGH].max(initial=0.0))
    if not best:
        return None
    drawn = (witnesses * found / best + PSEUDO * by_default()) / (witnesses + PSEUDO)
    lasting = np.maximum.accumulate(drawn[::-1])[::-1]
    return lasting / lasting[0]


def thresholds(waited: Waited, otherwise: tuple[float, float, float]) -> tuple[float, float, float]:
    """The three days, each later than the one before; `otherwise` where too few came back."""
    import numpy as np

    share = left(waited)
    if share is None:
        return otherwise
    nurture, at_risk, churned = (float(np.argmax(share <= most) if share[-1] <= most else LONGEST) for most in LEFT)
    at_risk = max(at_risk, nurture + 1)
    return nurture, at_risk, max(churned, at_risk + 1)


@dataclass(frozen=True)
class Waits:
    """What a store has learnt: for the whole store and for each category, the three days by band of orders."""

    store: tuple[tuple[float, float, float], ...]
    categories: "Mapping[str, tuple[tuple[float, float, float], ...]]"
    returns: int
    """Customers who came back, each once."""

    def of(self, orders: int, category: str = "") -> tuple[float, float, float]:
        return self.categories.get(category, self.store)[band_of(orders)]

    @property
    def ranges(self) -> list[list[float]]:
        """Least and most of each of the three days, over all numbers of orders and categories."""
        bands = [*self.store, *(band for bands in self.categories.values() for band in bands)]
        return [[min(days), max(days)] for days in zip(*bands, strict=True)]

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


def learn(waited: Waited, orders: "Array", category: "Array", names: "Sequence[str]") -> Waits:
    """`orders` says the how manieth of its customer a purchase is, `category` what most of it was (index in `names`,
    -1: not known)."""
    import numpy as np

    band = np.searchsorted(np.array(ORDER_BANDS), orders, side="right") - 1
    everything = thresholds(waited, DEFAULTS)
    each = range(len(ORDER_BANDS))
    store = tuple(thresholds(waited.chosen(np.flatnonzero(band == which)), everything) for which in each)
    categories = {}
    sorted_rows = np.argsort(category, kind="stable")
    ends = np.searchsorted(category[sorted_rows], np.arange(len(names) + 1))
    for name, start, end in zip(names, ends[:-1].tolist(), ends[1:].tolist(), strict=True):
        mine = sorted_rows[start:end]
        if end - start >= ENOUGH and waited.chosen(mine).returned >= ENOUGH:
            categories[name] = tuple(
                thresholds(waited.chosen(mine[band[mine] == which]), store[which]) for which in each
            )
    return Waits(store, categories, waited.returned)


def stage_of(
    orders: int, days: int, bounds: tuple[float, float, float], silence: float | None = None
) -> tuple[str, bool]:
    """(the stage of somebody with `orders`, at least one, the last `days` ago; whether the prediction held it back).

    `silence` is the predicted chance of no purchase in WITHIN days: a stage whose chance LEFT it exceeds is not theirs.
    """
    by_days = sum(days >= bound for bound in bounds)
    by_chance = by_days if silence is None else sum(1 - silence <= most for most in LEFT)
    found = min(by_days, by_chance)
    return ("new" if orders == 1 and not found else STAGES[1 + found]), found < by_days
