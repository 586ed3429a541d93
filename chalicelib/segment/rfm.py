"""Recency, frequency and money, each scored 1 to 3 by the store's own thirds, and the group each of 27 cells is in.

Customers who are alike share a score: a score is a range of values, never a
rank. Below ENOUGH the store has too little for thirds to mean anything, and
nobody has a group. Refuses a sum of the three, which ranks worse than spending.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

ENOUGH_BUYERS = 500
ENOUGH_TIME = timedelta(days=180)
"""Buyers, and days between the first order and now, from which groups are made."""

GROUPS = ("champions", "loyal", "recent", "needs_attention", "at_risk", "inactive")

_OF_RECENCY = {
    # recency 3: bought lately
    3: {(3, 3): "champions", (3, 2): "champions", (2, 3): "champions", (3, 1): "loyal", (2, 2): "loyal"},
    # recency 2: a while ago
    2: {(3, 3): "loyal", (3, 2): "loyal", (2, 3): "loyal"},
    # recency 1: long ago
    1: {(3, 3): "at_risk", (3, 2): "at_risk", (2, 3): "at_risk", (3, 1): "at_risk", (2, 2): "at_risk"},
}
_OTHERWISE = {3: "recent", 2: "needs_attention", 1: "inactive"}


def group_of(recency: int, frequency: int, money: int) -> str:
    """The name of a cell; scores are 1 to 3."""
    return _OF_RECENCY[recency].get((frequency, money), _OTHERWISE[recency])


@dataclass(frozen=True)
class Thirds:
    """Upper bounds of the lower two scores: days since the last order, orders, amount in whole units."""

    days: tuple[float, float]
    orders: tuple[float, float]
    amount: tuple[float, float]

    def scores(self, days: "Array", orders: "Array", amount: "Array") -> tuple["Array", "Array", "Array"]:
        """(R, F, M) from 1 to 3, of as many customers as there are values; few days since the last order score high."""
        return 4 - _score(days, self.days), _score(orders, self.orders), _score(amount, self.amount)

    def scores_of(self, days: float, orders: float, amount: float) -> tuple[int, int, int]:
        """As `scores`, of one customer."""
        return 4 - _score_one(days, self.days), _score_one(orders, self.orders), _score_one(amount, self.amount)

    def to_json(self) -> dict[str, list[float]]:
        return {"days": list(self.days), "orders": list(self.orders), "amount": list(self.amount)}

    @classmethod
    def from_json(cls, data: dict[str, list[float]]) -> "Thirds":
        (d1, d2), (o1, o2), (a1, a2) = data["days"], data["orders"], data["amount"]
        return cls((d1, d2), (o1, o2), (a1, a2))


def learn(days: "Array", orders: "Array", amount: "Array", span: timedelta) -> Thirds | None:
    """From all buyers: days since the last order, orders and amount of each; None when there is not enough."""
    if len(days) < ENOUGH_BUYERS or span < ENOUGH_TIME:
        return None
    return Thirds(_bounds(days), _bounds(orders), _bounds(amount))


def _bounds(values: "Array") -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(values, (1 / 3, 2 / 3))
    return float(low), float(high)


def _score(values: "Array", bounds: tuple[float, float]) -> "Array":
    import numpy as np

    return (1 + (values > bounds[0]).astype(np.int8) + (values > bounds[1])).astype(np.int8)


def _score_one(value: float, bounds: tuple[float, float]) -> int:
    return 1 + (value > bounds[0]) + (value > bounds[1])
