"""An order as everybody reads it: its newest content, and what happened to it; refuses to change one."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from chalicelib import clock
from chalicelib.events import WHOLE_REFUND, Line
from chalicelib.money import Money

CATEGORY = 60
"""Letters of a category's name that are kept of an order; rules ask for as many (`vocabulary.kept`)."""
MOST = 30
"""Categories that are kept of an order whose lines are not, or not all; only an order of more is not whole."""


class Order(NamedTuple):
    """An order as its newest content and all its facts say; times are UTC or None.

    `refunded` is in minor units of the order's currency; `refunded_else` is what went back in other currencies,
    which is no amount of this one: only who has rates can take it off.
    """

    order_id: str
    number: str
    placed_at: datetime
    paid_at: datetime | None
    cancelled_at: datetime | None
    fulfilled_at: datetime | None
    total: Money
    discount: Money | None
    refunded: int
    lines: tuple[Line, ...]
    pay_url: str
    codes: tuple[str, ...]
    shipping: Money | None = None
    """What sending it cost the customer; None where nobody told."""
    kept_mix: str | None = None
    """What is kept of an order whose lines are not, or not all; see `written`."""
    refunded_else: tuple[Money, ...] = ()
    day_only: bool = False
    """`placed_at` is the noon of a day of which no hour is known."""

    @property
    def mix(self) -> Mapping[str, list[int]]:
        """Category → pieces and amount (minor units)."""
        if self.kept_mix is not None:
            return _read(self.kept_mix)
        lines = ([each.product_id, each.title, each.quantity, each.price, each.category] for each in self.lines)
        return mix_of(lines, self.total.currency)

    @property
    def has_whole_mix(self) -> bool:
        return self.kept_mix is None or self.kept_mix.count("\n") + 1 < MOST

    @property
    def status(self) -> str:
        """created, paid, fulfilled, cancelled or refunded (in full); a part refund leaves the stage as it is."""
        if self.refunded and self.refunded >= self.total.amount:
            return "refunded"
        if self.cancelled_at:
            return "cancelled"
        if self.fulfilled_at:
            return "fulfilled"
        return "paid" if self.paid_at else "created"

    @property
    def is_open(self) -> bool:
        """Placed, and neither paid, sent, called off nor refunded: worth a reminder."""
        return self.status == "created"


class OlderOrders(NamedTuple):
    """Orders no longer kept one by one, in one currency; `total` and `refunded` (minor units) are of the paid ones."""

    orders: int
    paid: int
    total: int
    refunded: int


def order_from(order_id: str, record: dict[str, Any]) -> Order | None:
    """The order as kept in the facet `orders`; None while only its payment, dispatch or refund is known."""
    register = record.get("content")
    if register is None:
        return None
    content = register[2]
    back = refunds_of(record, content["total"][1])
    return Order(
        order_id=order_id,
        number=content.get("number", ""),
        placed_at=clock.parse(record.get("placed") or record["first"]),
        paid_at=_time(record.get("paid")),
        cancelled_at=_time(record["cancelled"]) if is_called_off(record) else None,
        fulfilled_at=_time(record.get("fulfilled")),
        total=Money(*content["total"]),
        discount=Money(*content["discount"]) if content.get("discount") else None,
        refunded=back.pop(content["total"][1], 0),
        lines=tuple(
            Line(product, title, quantity, Money(*price), category)
            for product, title, quantity, price, category in content.get("lines", ())
        ),
        pay_url=content.get("pay_url", ""),
        shipping=Money(*content["shipping"]) if content.get("shipping") else None,
        codes=tuple(content.get("codes", ())),
        kept_mix=content.get("mix"),
        refunded_else=tuple(Money(back[currency], currency) for currency in sorted(back)),
        day_only="noon" in record and record["noon"] == record.get("placed"),
    )


def is_called_off(record: Mapping[str, Any]) -> bool:
    """Whether it was called off, and the store has not said since then that it stands."""
    return "cancelled" in record and record["cancelled"] >= record.get("stood", "")


def refunds_in(record: Mapping[str, Any], currency: str) -> list[tuple[str, Money]]:
    """When (as text) and how much of each refund; one that was kept without its currency is of the order's.

    Of what went back in all by the order itself only that is left which no refund told of one by one accounts for.
    """
    whole, back = None, []
    for name, (at, _, amount, *told) in record.get("refunds", {}).items():
        refund = at, Money(amount, *told or (currency,))
        if name == WHOLE_REFUND:
            whole = refund
        else:
            back.append(refund)
    if whole:
        left = whole[1].amount - sum(each.amount for _, each in back if each.currency == whole[1].currency)
        back += [(whole[0], whole[1]._replace(amount=left))] if left > 0 else []
    return back


def refunds_of(record: Mapping[str, Any], currency: str) -> dict[str, int]:
    """Currency → minor units that went back."""
    back: dict[str, int] = {}
    for _, refund in refunds_in(record, currency):
        back[refund.currency] = back.get(refund.currency, 0) + refund.amount
    return back


def mix_of(lines: Iterable[list[Any]], currency: str) -> dict[str, list[int]]:
    """Category → [pieces, amount] of an order's lines as they are kept; lines in another currency do not count."""
    mix: dict[str, list[int]] = {}
    for _, _, quantity, price, category in lines:
        if category and quantity > 0 and price[1] == currency:
            pieces, amount = mix.get(category[:CATEGORY], [0, 0])
            mix[category[:CATEGORY]] = [pieces + quantity, amount + quantity * price[0]]
    return mix


def written(mix: Mapping[str, list[int]]) -> str:
    """A mix as one text, a line `pieces amount category` each, the greatest first: nothing is quicker to read past."""
    greatest = sorted(mix, key=lambda category: (-mix[category][1], category))[:MOST]
    return "\n".join(f"{mix[each][0]} {mix[each][1]} {' '.join(each.splitlines())}" for each in greatest)


def _read(text: str) -> dict[str, list[int]]:
    lines = (line.split(" ", 2) for line in text.split("\n") if text)
    return {category: [int(pieces), int(amount)] for pieces, amount, category in lines}


def _time(text: str | None) -> datetime | None:
    return clock.parse(text) if text else None
