"""The order book: every order known, once, whatever the number and order of its facts.

Each fact merges into its order by minimum, maximum or union, so that any order
of arrival and any repetition give the same book. It is kept whole in
`metrics/orders.json` for 400 days; with it a cancellation takes an order back
out of the numbers however late it comes. An order takes 142 bytes, 36
compressed. Refuses to hold what was bought.
"""

from dataclasses import dataclass, field, fields
from typing import Any

from chalicelib.events import WHOLE_REFUND
from chalicelib.measure.facts import Fact

KINDS = frozenset(("placed", "paid", "cancelled", "refunded"))
DAY = 86_400_000
KEPT = 400 * DAY
UNPAID_KEPT = 90 * DAY


@dataclass
class Booking:
    """One order. Times in ms, 0 = not (yet); `stood` is the newest at which the store said that it is not called off.
    `amount` is minor units; `definition` has its credit, '' = nobody."""

    profile_id: str = ""
    seen: int = 0
    paid: int = 0
    cancelled: int = 0
    stood: int = 0
    amount: int = 0
    currency: str = ""
    updated: int = -1
    refunds: dict[str, list[Any]] = field(default_factory=dict)
    definition: str = ""
    message_id: str = ""
    repeat: bool = False

    @property
    def counts(self) -> bool:
        """Paid, and not called off since the store last said that it stands."""
        return self.paid > 0 and not (self.cancelled and self.cancelled >= self.stood)

    @property
    def gone_back(self) -> list[tuple[int, int, str]]:
        """(when, minor units, currency) of each refund; of the whole by the order itself what those leave."""
        told = {refund_id: (when, amount, currency) for refund_id, (when, amount, currency) in self.refunds.items()}
        when, whole, currency = told.pop(WHOLE_REFUND, (0, 0, ""))
        left = whole - sum(amount for _, amount, paid_in in told.values() if paid_in == currency)
        return [*told.values(), *([(when, left, currency)] if left > 0 else [])]


Book = dict[str, Booking]


def take(book: Book, fact: Fact) -> None:
    """Merge one order fact into the book; whose it is, only the order itself says, not its refund."""
    kind, when, profile_id, order_id, *rest = fact
    order = book.setdefault(order_id, Booking())
    order.seen = max(order.seen, when)
    if kind == "cancelled":
        order.cancelled = max(order.cancelled, when)
    elif kind == "refunded":
        refund_id, amount, currency = rest
        order.refunds[refund_id] = max(order.refunds.get(refund_id, []), [when, amount, currency])
    else:
        amount, currency, updated, stands = rest
        known = (order.updated, order.amount, order.currency, order.profile_id)
        newest = max(known, (updated, amount, currency, profile_id))
        order.updated, order.amount, order.currency, order.profile_id = newest
        if stands:
            order.stood = max(order.stood, updated)
        elif stands is False:
            order.cancelled = max(order.cancelled, updated)
        if kind == "paid":
            order.paid = min(order.paid or when, when)


def prune(book: Book, now: int) -> Book:
    """Without orders older than 400 days, and those never paid after 90."""
    return {
        order_id: order
        for order_id, order in book.items()
        if order.seen > now - (KEPT if order.paid or order.refunds else UNPAID_KEPT)
    }


def to_json(book: Book) -> dict[str, Any]:
    names = [each.name for each in fields(Booking)]
    return {order_id: [getattr(order, name) for name in names] for order_id, order in sorted(book.items())}


def from_json(data: dict[str, Any] | None) -> Book:
    return {order_id: Booking(*values) for order_id, values in (data or {}).items()}
