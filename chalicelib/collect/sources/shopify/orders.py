"""Shopify's orders and refunds → facts. The topic says the stage of an order, the body is a snapshot of it.

A stage is one fact an order, whatever delivery brings it and however often;
content is one fact an `updated_at`, the newest wins when folded, so the order
of arrival does not matter. Read for SHOPLINE too, whose bodies have this shape.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib import clock, ids
from chalicelib.collect import fields
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.sources.sender import Sender, number
from chalicelib.errors import BadInput
from chalicelib.events import (
    CustomerUpdated,
    Event,
    Line,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderFulfilled,
    OrderRefunded,
    OrderUpdated,
    ProductReturned,
)
from chalicelib.money import Money

_RETURNED_LINES = 50


def read_created(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    order_id, who = _whose(data, sender)
    placed_at = fields.instant(data.get("created_at"))
    created = OrderCreated(**sender.frame(placed_at, who, order_id, "created"), **_snapshot(data, order_id, sender))
    return [created, *_read_buyer(data, who, order_id, sender)]


def read_paid(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    order_id, who = _whose(data, sender)
    paid = OrderCompleted(
        **sender.frame(updated_at(data, sender), who, order_id, "completed"),
        **_snapshot(data, order_id, sender),
        placed_at=fields.not_after(fields.instant(data.get("created_at")), sender.now),
    )
    return [paid, *_read_buyer(data, who, order_id, sender)]


def read_updated(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    order_id, who = _whose(data, sender)
    at = updated_at(data, sender)
    frame = sender.frame(at, who, order_id, "updated", clock.to_text(at))
    return [OrderUpdated(**frame, **_snapshot(data, order_id, sender)), *_read_buyer(data, who, order_id, sender)]


def read_cancelled(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    order_id, who = _whose(data, sender)
    at = fields.instant(data.get("cancelled_at")) or updated_at(data, sender)
    reason = fields.text(data.get("cancel_reason"), 60)
    return [OrderCancelled(**sender.frame(at, who, order_id, "cancelled"), order_id=order_id, reason=reason)]


def read_deleted(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    """A deletion names nothing but the order: its own identifier leads to who placed it."""
    order_id = sender.name_order(data.get("id"))
    frame = sender.frame(None, {"order": order_id}, order_id, "cancelled")
    return [OrderCancelled(**frame, order_id=order_id, reason="deleted")]


def read_fulfilled(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    order_id, who = _whose(data, sender)
    return [OrderFulfilled(**sender.frame(updated_at(data, sender), who, order_id, "fulfilled"), order_id=order_id)]


def read_refund(data: Mapping[str, Any], sender: Sender) -> list[Event] | DropReason:
    """Money back and goods back, each told by itself: either may come without the other. It names no customer."""
    order_id = sender.name_order(data.get("order_id"))
    refund_id = fields.identifier(data.get("id"))
    if not refund_id:
        raise BadInput("a refund without an id")
    at = fields.instant(data.get("processed_at")) or fields.instant(data.get("created_at"))
    who = {"order": order_id}
    facts: list[Event] = []
    value, currency = _sum_refund(data)
    if value:
        facts.append(
            OrderRefunded(
                **sender.frame(at, who, order_id, "refunded", refund_id),
                order_id=order_id,
                refund_id=refund_id,
                amount=fields.amount(value, currency),
                reason=fields.text(data.get("note")),
            )
        )
    facts += _read_returns(data, who, order_id, refund_id, at, sender)
    return facts or DropReason.NO_CHANGE


def _read_returns(
    data: Mapping[str, Any], who: Mapping[str, str], order_id: str, refund_id: str, at: datetime | None, sender: Sender
) -> list[Event]:
    """What came back; lines of what was never sent (`cancel`) did not."""
    found: dict[str, Event] = {}
    for each in fields.parts(data.get("refund_line_items"), _RETURNED_LINES):
        line = fields.part(each, "line_item")
        product_id = fields.identifier(line.get("product_id"))
        quantity = fields.quantity(each.get("quantity"))
        if not product_id or not quantity or each.get("restock_type") == "cancel":
            continue
        line_id = fields.identifier(each.get("id")) or product_id
        fact = ProductReturned(
            **sender.frame(at, who, order_id, "returned", refund_id, line_id),
            product_id=product_id,
            order_id=order_id,
            quantity=quantity,
            reason=fields.text(each.get("return_reason")) or fields.text(data.get("note")),
            category=fields.text(line.get("product_type"), 80),
        )
        found.setdefault(fact.id, fact)
    return list(found.values())


def updated_at(data: Mapping[str, Any], sender: Sender) -> datetime:
    return sender.past(fields.instant(data.get("updated_at")) or fields.instant(data.get("created_at")))


def who_of(data: Mapping[str, Any], sender: Sender, order_id: str = "") -> dict[str, str]:
    """The person of an order or checkout: its own address first, then the account's."""
    customer = fields.part(data, "customer")
    return sender.who(
        email=fields.email(data.get("email"))
        or fields.email(data.get("contact_email"))
        or fields.email(customer.get("email")),
        customer=customer.get("id"),
        phone=fields.phone(data.get("phone")) or fields.phone(customer.get("phone")),
        order_id=order_id,
        cart=data.get("cart_token"),
    )


def lines_of(data: Mapping[str, Any], currency: Any) -> tuple[Line, ...]:
    return tuple(
        Line(
            product_id=fields.identifier(each.get("product_id")),
            title=fields.text(each.get("title")),
            quantity=fields.quantity(each.get("quantity")),
            price=fields.amount(each.get("price") or 0, currency),
            category=fields.text(each.get("product_type"), 80),
        )
        for each in fields.parts(data.get("line_items"))
    )


def _whose(data: Mapping[str, Any], sender: Sender) -> tuple[str, dict[str, str]]:
    order_id = sender.name_order(data.get("id"))
    return order_id, who_of(data, sender, order_id)


def _snapshot(data: Mapping[str, Any], order_id: str, sender: Sender) -> dict[str, Any]:
    currency = data.get("currency")
    codes = (fields.text(each.get("code"), 60) for each in fields.parts(data.get("discount_codes"), 10))
    return {
        "order_id": order_id,
        "total": fields.amount(data.get("total_price"), currency),
        "updated_at": updated_at(data, sender),
        "number": fields.text(data.get("name"), 40),
        "discount": fields.amount(data.get("total_discounts") or 0, currency),
        "lines": lines_of(data, currency),
        "pay_url": fields.link(data.get("order_status_url")),
        "codes": tuple(code for code in codes if code),
        "shipping": _shipping(data, currency),
        "checkout_id": sender.name_checkout(data.get("checkout_id"), data.get("checkout_token")),
    }


def _shipping(data: Mapping[str, Any], currency: Any) -> Money | None:
    """What sending costs the customer, in the shop's money; None where nothing is said of it."""
    told = fields.part(data, "total_shipping_price_set", "shop_money")
    if told.get("amount") not in (None, ""):
        return fields.amount(told.get("amount"), told.get("currency_code") or currency)
    lines = fields.parts(data.get("shipping_lines"), 20)
    if not lines:
        return None
    total = sum((number(each.get("discounted_price") or each.get("price")) for each in lines), Decimal(0))
    return fields.amount(total, currency)


def _sum_refund(data: Mapping[str, Any]) -> tuple[Decimal, Any]:
    """What the transactions paid back; without any, what the returned lines cost with tax and adjustments.

    In the shop's money where it is told. Raises BadInput for parts in two currencies, which make no sum.
    """
    paid_back = [each for each in fields.parts(data.get("transactions")) if each.get("kind") in ("refund", None)]
    paid_back = [each for each in paid_back if each.get("status") in ("success", "pending", None)]
    if paid_back:
        money = [_in_shop_money(each) for each in paid_back]
        if len({currency for _, currency in money}) > 1:
            raise BadInput("a refund in two currencies")
        return sum((amount for amount, _ in money), Decimal(0)), money[0][1]
    total, currency = Decimal(0), None
    for each in fields.parts(data.get("refund_line_items"), 1000):
        total += number(each.get("subtotal")) + number(each.get("total_tax"))
        currency = currency or fields.part(each, "subtotal_set", "shop_money").get("currency_code")
    for each in fields.parts(data.get("order_adjustments")):
        total -= number(each.get("amount")) + number(each.get("tax_amount"))  # negative: money to the customer
        currency = currency or fields.part(each, "amount_set", "shop_money").get("currency_code")
    return total, currency


def _in_shop_money(transaction: Mapping[str, Any]) -> tuple[Decimal, str]:
    told = fields.part(transaction, "amount_set", "shop_money")
    if told.get("amount") in (None, ""):
        return number(transaction.get("amount")), fields.text(transaction.get("currency"), 10).upper()
    code = told.get("currency_code") or told.get("currency") or transaction.get("currency")
    return number(told.get("amount")), fields.text(code, 10).upper()


def _read_buyer(data: Mapping[str, Any], who: dict[str, str], order_id: str, sender: Sender) -> list[Event]:
    """What an order says of the person: names, language, and where they live, by the bill rather than the parcel."""
    customer, billing = fields.part(data, "customer"), fields.part(data, "billing_address")
    places = (billing, fields.part(data, "shipping_address"), fields.part(customer, "default_address"))
    place = next((each for each in places if fields.country(each.get("country_code"))), {})
    said: dict[str, Any] = {
        "email": who.get("email", ""),
        "first_name": fields.text(customer.get("first_name"), 80) or fields.text(billing.get("first_name"), 80),
        "last_name": fields.text(customer.get("last_name"), 80) or fields.text(billing.get("last_name"), 80),
        "language": fields.language(data.get("customer_locale")),
        "country": fields.country(place.get("country_code")),
        "phone": who.get("phone", ""),
        "city": fields.text(place.get("city"), 80),
        "region": fields.text(place.get("province"), 80),
    }
    if not any(said.values()):
        return []
    at = updated_at(data, sender)
    key = (order_id, "buyer", clock.to_text(at), ids.digest(*said.values()))
    return [CustomerUpdated(**sender.frame(at, who, *key), **said)]
