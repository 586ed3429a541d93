"""The life of an order."""

from datetime import datetime

from chalicelib.events.fact import Event, Line, fact
from chalicelib.money import Money

WHOLE_REFUND = "all"


@fact
class OrderCreated(Event):
    """An order was placed and is not yet paid. `updated_at` is the store's own, newest wins.

    `checkout_id` is the checkout it was made of, as that is named itself. `stands` is False where the store says
    that it is called off as of `updated_at`, True where it says that it is not (any more), None where it does not say.
    `day_only`: of when it was placed only the day is known, for which its noon stands.
    """

    order_id: str
    total: Money
    updated_at: datetime
    number: str = ""
    discount: Money | None = None
    lines: tuple[Line, ...] = ()
    pay_url: str = ""
    codes: tuple[str, ...] = ()
    shipping: Money | None = None
    checkout_id: str = ""
    stands: bool | None = None
    day_only: bool = False


@fact
class OrderCompleted(OrderCreated):
    """An order was paid, at `occurred_at`."""

    placed_at: datetime | None = None


@fact
class OrderUpdated(OrderCreated):
    """An order's content changed without changing its stage."""


@fact
class OrderFulfilled(Event):
    """An order was sent to the customer."""

    order_id: str


@fact
class OrderCancelled(Event):
    """An order was called off, by customer or store."""

    order_id: str
    reason: str = ""


@fact
class OrderRefunded(Event):
    """Money went back; `refund_id` makes each refund count once.

    Under WHOLE_REFUND it is all that went back so far, by the order itself: refunds told of one by one are part of it.
    """

    order_id: str
    refund_id: str
    amount: Money
    reason: str = ""
