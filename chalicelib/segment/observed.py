"""What learning needs to see of a customer, taken from the profile.

`observe` is used for one customer when insights are applied and for all when a
store's parameters are learnt (`observations.py`), so both speak of the same days. One
purchase is one customer and local day. Refuses to look past `now`, and to guess
an amount in a currency of which the store states no rate: it is not known (NaN).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib import clock
from chalicelib.money import Rates
from chalicelib.profile import measures
from chalicelib.profile.timezone import zone_for
from chalicelib.segment import habits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.profile.customer import Customer, Order

    Array = NDArray[Any]


class Branded(Protocol):
    """What is asked of a product of the catalogue; '' when not known."""

    @property
    def brand(self) -> str: ...


Products = Mapping[str, Branded]

LEAST_AMOUNT = 0.01
"""An order of nothing was an order all the same; a cent keeps it."""


@dataclass(frozen=True)
class Purchase:
    """All orders of one local day. `amount` is whole units of the store's currency as far as it is known, NaN where
    none is; `categories` are sorted by amount."""

    day: int
    amount: float
    categories: tuple[str, ...]
    orders: "tuple[Order, ...]"

    @property
    def is_priced(self) -> bool:
        return not math.isnan(self.amount)


@dataclass(frozen=True)
class Observed:
    """One customer: purchases in order, and of each habit on how many of how many days it showed; see `habits`."""

    purchases: tuple[Purchase, ...]
    times: Mapping[str, int]
    days: Mapping[str, int]
    looks: int = 0
    """Products viewed in the last 90 days; with `bought` it says how much looking goes with an order."""
    bought: int = 0


def observe(
    customer: "Customer", now: datetime, *, zone: str, rates: Rates, products: Products | None = None
) -> Observed:
    """What is known at `now`; `zone` and `rates` are the store's, the zone used where the customer's own is unknown."""
    place = zone_for(customer, zone)
    bought = measures.bought(customer)
    by_day: dict[int, list[Order]] = {}
    for order in bought:
        if order.paid_at and order.paid_at <= now:
            by_day.setdefault(clock.local_day(order.placed_at, place).toordinal(), []).append(order)
    purchases = tuple(_purchase(day, orders, rates) for day, orders in sorted(by_day.items()))
    times, days = habits.count(customer, purchases, place, rates.currency, products or {}, now)
    recent, _ = measures.spans_of(bought, now)
    looks = customer.count("Product Viewed", within=measures.SPAN, now=now)
    return Observed(purchases, times, days, looks, len(recent))


def _purchase(day: int, orders: "Sequence[Order]", rates: Rates) -> Purchase:
    worth = [_worth(order, rates) for order in orders]
    known = [each for each in worth if not math.isnan(each)]
    amount = max(sum(known), LEAST_AMOUNT) if known else math.nan
    mix = measures.mix_of(orders)
    categories = tuple(sorted(mix, key=lambda each: (-mix[each][1], each)))
    return Purchase(day, amount, categories, tuple(orders))


def _worth(order: "Order", rates: Rates) -> float:
    """What is left of it; NaN where it, or what went back of it in another currency, has no rate."""
    left = rates.units(order.total._replace(amount=order.total.amount - order.refunded))
    left -= sum(rates.units(back) for back in order.refunded_else)
    return left if math.isnan(left) else max(left, 0.0)
