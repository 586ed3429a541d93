"""Customers → the columns that predictions learn from (`ledger.py`), as their profiles tell it.

Refuses to guess: an order that was not paid is none, an open or click counts
where it is a person's, a coupon was used where an order paid with its code
after it was granted, and postage on an order is no product where the store says so.
"""

import math
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.money import Money, Rates
from chalicelib.profile.orders import CATEGORY, refunds_in
from chalicelib.profile.timezone import zone_for

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer
    from chalicelib.profile.orders import Order
    from chalicelib.segment.ledger import Ledger

INTERESTED = ("viewed", "added", "wished")


def gather(
    customers: "Iterable[Customer]", *, zone: str, rates: Rates, no_products: frozenset[str] = frozenset()
) -> "Ledger":
    """The columns of these customers; `zone` and `rates` are the store's, `no_products` are lines that are left out."""
    found = Rows(zone, rates, no_products)
    for customer in customers:
        found.add(customer)
    return found.ledger()


class Rows:
    """The same, one customer after the other."""

    def __init__(self, zone: str, rates: Rates, no_products: frozenset[str]) -> None:
        self.ids: list[str] = []
        self.rows: dict[str, list[tuple[float, ...]]] = {
            name: [] for name in ("orders", "refunds", "lines", "looks", "answers", "offers")
        }
        self.products: dict[str, int] = {}
        self.categories: dict[str, int] = {}
        self._zone, self._rates, self._no_products = zone, rates, no_products

    def add(self, customer: "Customer") -> None:
        place, zone = len(self.ids), clock.zone(zone_for(customer, self._zone))
        self.ids.append(customer.profile_id)

        def local(instant: datetime) -> datetime:
            return instant.astimezone(zone)

        def day_of(instant: datetime | None) -> int:
            return local(instant).toordinal() if instant else 0

        records = customer.facets.get("orders", {})
        for order in customer.orders.values():
            if order.paid_at is None:
                continue
            row = len(self.rows["orders"])
            at = local(order.placed_at)
            amount = self._rates.units(order.total)
            gone, known = day_of(order.cancelled_at), day_of(order.paid_at)
            hour = -1 if order.day_only else at.hour
            self.rows["orders"].append((place, at.toordinal(), known, gone, amount, hour, float(bool(order.codes))))
            for when, back in refunds_in(records[order.order_id], order.total.currency):
                self.rows["refunds"].append((row, day_of(clock.parse(when)), self._refunded(order, back)))
            self._add_lines(row, order)
        for act in customer.recent:
            if act.kind in INTERESTED and act.product_id:
                self.rows["looks"].append((place, day_of(act.at), self._product(act.product_id)))
        for message in customer.messages:
            for instant in {message.opened_at, message.clicked_at} - {None}:
                self.rows["answers"].append((place, day_of(instant), local(instant).hour))  # type: ignore[arg-type]
        self._add_offers(place, customer, day_of)

    def ledger(self) -> "Ledger":
        from chalicelib.segment.ledger import Ledger

        return Ledger.of(self.ids, self.rows, {"products": list(self.products), "categories": list(self.categories)})

    def _add_lines(self, row: int, order: "Order") -> None:
        for line in order.lines:
            if line.product_id not in self._no_products:
                self.rows["lines"].append((row, self._product(line.product_id), self._category(line.category)))
        if order.kept_mix is not None:  # of an order whose lines are not all kept the other categories
            named = {line.category[:CATEGORY] for line in order.lines}
            for category in order.mix:
                if category not in named:
                    self.rows["lines"].append((row, -1, self._category(category)))

    def _add_offers(self, place: int, customer: "Customer", day_of: Any) -> None:
        for coupon in customer.coupons:
            code = coupon.code.casefold()
            used = min(
                (
                    day_of(order.placed_at)
                    for order in customer.orders.values()
                    if order.paid_at and order.placed_at >= coupon.granted_at
                    if code in (each.casefold() for each in order.codes)
                ),
                default=0,
            )
            self.rows["offers"].append((place, day_of(coupon.granted_at), day_of(coupon.expires_at), used))

    def _product(self, name: str) -> int:
        return self.products.setdefault(name, len(self.products)) if name else -1

    def _category(self, name: str) -> int:
        name = name[:CATEGORY]
        return self.categories.setdefault(name, len(self.categories)) if name else -1

    def _refunded(self, order: "Order", amount: Money) -> float:
        """In the store's currency; NaN for what leaves an order of which it is not known what it is still worth.

        Of an order without a rate only whether all of it went back can be said, and that by its own currency.
        """
        if not math.isnan(self._rates.units(order.total)):
            return self._rates.units(amount)
        is_whole = order.refunded >= order.total.amount > 0 and amount.currency == order.total.currency
        return 1.0 if is_whole else 0.0
