"""The life of an order as clients tell it: placed, paid, changed, sent, called off, refunded, returned. Pure.

A stage of an order counts once, whatever message tells it and, with
`api.ids_of`, whether the shop's webhook told it too; changed content is an
Order Updated, newest wins. Refuses an order without a number or an amount.
"""

from collections.abc import Callable, Mapping
from typing import Any

from chalicelib import clock, events
from chalicelib.collect import fields
from chalicelib.collect.api import properties
from chalicelib.collect.api.message import Message
from chalicelib.collect.delivery import DropReason
from chalicelib.errors import BadInput
from chalicelib.events import Event

Who = Mapping[str, str]
Read = list[Event] | DropReason

UNPAID = frozenset(("pending", "unpaid", "authorized", "awaiting_payment", "on-hold"))
"""Payment states in which a placed order is not yet a completed one."""


def number_of(message: Message) -> str:
    """The order a message names, with whose number it is; '' for none."""
    found = properties.identifier(message.properties, "order_id")
    return f"{message.shop.ids_of}:{found}" if found else ""


def _named(message: Message) -> str:
    found = number_of(message)
    if not found:
        raise BadInput("an order without a number")
    return found


def _money(message: Message, field: str) -> Any:
    return properties.amount(message.properties, field, message.shop.currency)


def _snapshot(message: Message, order_id: str) -> dict[str, Any]:
    given = message.properties
    total = _money(message, "total")
    if total is None or total.amount < 0:
        raise BadInput("an order without an amount")
    code = properties.word(given, "code", 60)
    number = fields.identifier(given.get("number") or given.get("order_number"))
    updated_at = fields.instant(given.get("updated_at"), utc=True)
    return {
        "order_id": order_id,
        "total": total,
        "updated_at": fields.not_after(updated_at, message.now) or message.at,
        "number": number or order_id.partition(":")[2],
        "discount": _money(message, "discount"),
        "shipping": _money(message, "shipping"),
        "lines": properties.lines(given, message.shop.currency),
        "pay_url": fields.link(given.get("pay_url") or properties.find(given, "url")),
        "codes": (code,) if code else (),
    }


def _placed(message: Message, who: Who) -> Read:
    order_id = _named(message)
    base = message.common({**who, "order": order_id}, order_id, "created", once=True)
    return [events.OrderCreated(**base, **_snapshot(message, order_id))]


def _paid(message: Message, who: Who) -> Read:
    state = message.properties.get("financial_status") or message.properties.get("payment_status")
    if fields.text(state, 30).lower() in UNPAID:
        return _placed(message, who)
    order_id = _named(message)
    base = message.common({**who, "order": order_id}, order_id, "completed", once=True)
    placed_at = fields.instant(message.properties.get("placed_at"), utc=True)
    return [
        events.OrderCompleted(
            **base, **_snapshot(message, order_id), placed_at=fields.not_after(placed_at, message.now)
        )
    ]


def _updated(message: Message, who: Who) -> Read:
    order_id = _named(message)
    told = _snapshot(message, order_id)
    version = clock.to_text(told["updated_at"])
    base = message.common({**who, "order": order_id}, order_id, "updated", version, once=True)
    return [events.OrderUpdated(**base, **told)]


def _fulfilled(message: Message, who: Who) -> Read:
    order_id = _named(message)
    base = message.common({**who, "order": order_id}, order_id, "fulfilled", once=True)
    return [events.OrderFulfilled(**base, order_id=order_id)]


def _cancelled(message: Message, who: Who) -> Read:
    order_id = _named(message)
    base = message.common({**who, "order": order_id}, order_id, "cancelled", once=True)
    return [events.OrderCancelled(**base, order_id=order_id, reason=properties.word(message.properties, "reason", 60))]


def _refunded(message: Message, who: Who) -> Read:
    """Without `refund_id` the message is the refund, so that each counts once."""
    order_id = _named(message)
    amount = _money(message, "refunded")
    if amount is None or amount.amount <= 0:
        raise BadInput("a refund without an amount")
    refund_id = properties.identifier(message.properties, "refund_id") or message.id
    base = message.common({**who, "order": order_id}, order_id, "refunded", refund_id, once=True)
    reason = properties.word(message.properties, "reason", 60)
    return [events.OrderRefunded(**base, order_id=order_id, refund_id=refund_id, amount=amount, reason=reason)]


def _returned(message: Message, who: Who) -> Read:
    """One fact a product; the order leads to the customer where the message names none."""
    order_id, found = number_of(message), []
    given = properties.products(message.properties) or [message.properties]
    named = {**who, "order": order_id} if order_id else who
    if not named:
        return DropReason.NOBODY
    for number, each in enumerate(given):
        product_id = properties.identifier(each, "product_id")
        if product_id:
            found.append(
                events.ProductReturned(
                    **message.common(named, *((str(number),) if number else ())),
                    product_id=product_id,
                    order_id=order_id,
                    quantity=max(properties.whole(each, "quantity", 1), 1),
                    reason=properties.word(each, "reason", 60) or properties.word(message.properties, "reason", 60),
                    category=properties.word(each, "category", 80),
                )
            )
    if not found:
        raise BadInput("a return without a product")
    return list(found)


READERS: dict[type[Event], Callable[[Message, Who], Read]] = {
    events.OrderCreated: _placed,
    events.OrderCompleted: _paid,
    events.OrderUpdated: _updated,
    events.OrderFulfilled: _fulfilled,
    events.OrderCancelled: _cancelled,
    events.OrderRefunded: _refunded,
    events.ProductReturned: _returned,
}
"""Facts that an order's number leads to their customer, so they need nobody else named."""
