"""Shopify's webhooks → facts. The topic says the stage of an order, the body is a snapshot of it.

A stage is one fact an order, whatever delivery brings it and however often;
content is one fact an `updated_at`. The newest `updated_at` wins when folded,
so the order of arrival does not matter. Consent without a time proves nothing
and is left out: a later snapshot of an old consent must not undo a withdrawal.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib import clock, ids
from chalicelib.collect import fields, signature
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.errors import BadInput
from chalicelib.events import (
    ConsentRecorded,
    CustomerUpdated,
    Event,
    Line,
    OrderCancelled,
    OrderCompleted,
    OrderCreated,
    OrderFulfilled,
    OrderRefunded,
    OrderUpdated,
)

NAME = "shopify"


def verify(delivery: Delivery) -> DropReason | None:
    """Signed by a secret of ours, and for a shop that is listed where `store.shopify_shops` lists any."""
    if not signature.is_signed_base64(delivery.body, delivery.header("x-shopify-hmac-sha256"), delivery.secrets):
        return DropReason.BAD_SIGNATURE
    store = fields.part(delivery.settings, "store")
    listed = store.get("shopify_shops") or ()
    shop = delivery.header("x-shopify-shop-domain").lower()
    if listed and shop not in listed and shop not in (store.get("hosts") or ()):
        return DropReason.FOREIGN_SHOP
    return None


def translate(delivery: Delivery) -> list[Event] | DropReason:
    """Facts of the topics in TOPICS; other topics are not used. Raises BadInput for an order without id or amount."""
    read = TOPICS.get(delivery.header("x-shopify-topic").lower())
    return read(delivery.data, delivery.now) if read else DropReason.UNUSED_TOPIC


def _name_order(value: Any) -> str:
    found = fields.identifier(value)
    if not found:
        raise BadInput("an order without an id")
    return f"{NAME}:{found}"


def _who(data: Mapping[str, Any], order_id: str = "") -> dict[str, str]:
    customer = fields.part(data, "customer")
    number = fields.identifier(customer.get("id"))
    found = {
        "email": fields.email(data.get("email"))
        or fields.email(data.get("contact_email"))
        or fields.email(customer.get("email")),
        "customer": f"{NAME}:{number}" if number else "",
        "phone": fields.phone(data.get("phone")) or fields.phone(customer.get("phone")),
        "order": order_id,
    }
    return {kind: value for kind, value in found.items() if value}


def _base(now: datetime, occurred_at: datetime | None, who: Mapping[str, str], *key: str) -> dict[str, Any]:
    return {
        "id": ids.event_id(NAME, *key),
        "occurred_at": fields.not_after(occurred_at, now) or now,
        "received_at": now,
        "source": NAME,
        "who": who,
    }


def _snapshot(data: Mapping[str, Any], order_id: str, now: datetime) -> dict[str, Any]:
    currency = data.get("currency")
    codes = (fields.text(each.get("code"), 60) for each in fields.parts(data.get("discount_codes"), 10))
    return {
        "order_id": order_id,
        "total": fields.amount(data.get("total_price"), currency),
        "updated_at": _updated_at(data, now),
        "number": fields.text(data.get("name"), 40),
        "discount": fields.amount(data.get("total_discounts") or 0, currency),
        "lines": tuple(
            Line(
                product_id=fields.identifier(each.get("product_id")),
                title=fields.text(each.get("title")),
                quantity=fields.quantity(each.get("quantity")),
                price=fields.amount(each.get("price") or 0, currency),
                category=fields.text(each.get("product_type"), 80),
            )
            for each in fields.parts(data.get("line_items"))
        ),
        "pay_url": fields.link(data.get("order_status_url")),
        "codes": tuple(code for code in codes if code),
    }


def _updated_at(data: Mapping[str, Any], now: datetime) -> datetime:
    found = fields.instant(data.get("updated_at")) or fields.instant(data.get("created_at"))
    return fields.not_after(found, now) or now


def _read_created(data: Mapping[str, Any], now: datetime) -> list[Event]:
    order_id = _name_order(data.get("id"))
    who = _who(data, order_id)
    placed_at = fields.instant(data.get("created_at"))
    created = OrderCreated(**_base(now, placed_at, who, order_id, "created"), **_snapshot(data, order_id, now))
    return [created, *_read_buyer(data, who, order_id, now)]


def _read_paid(data: Mapping[str, Any], now: datetime) -> list[Event]:
    order_id = _name_order(data.get("id"))
    who = _who(data, order_id)
    paid = OrderCompleted(
        **_base(now, _updated_at(data, now), who, order_id, "completed"),
        **_snapshot(data, order_id, now),
        placed_at=fields.not_after(fields.instant(data.get("created_at")), now),
    )
    return [paid, *_read_buyer(data, who, order_id, now)]


def _read_updated(data: Mapping[str, Any], now: datetime) -> list[Event]:
    order_id = _name_order(data.get("id"))
    who = _who(data, order_id)
    at = _updated_at(data, now)
    updated = OrderUpdated(
        **_base(now, at, who, order_id, "updated", clock.to_text(at)), **_snapshot(data, order_id, now)
    )
    return [updated, *_read_buyer(data, who, order_id, now)]


def _read_cancelled(data: Mapping[str, Any], now: datetime) -> list[Event]:
    order_id = _name_order(data.get("id"))
    at = fields.instant(data.get("cancelled_at")) or _updated_at(data, now)
    reason = fields.text(data.get("cancel_reason"), 60)
    base = _base(now, at, _who(data, order_id), order_id, "cancelled")
    return [OrderCancelled(**base, order_id=order_id, reason=reason)]


def _read_fulfilled(data: Mapping[str, Any], now: datetime) -> list[Event]:
    order_id = _name_order(data.get("id"))
    at = _updated_at(data, now)
    return [OrderFulfilled(**_base(now, at, _who(data, order_id), order_id, "fulfilled"), order_id=order_id)]


def _read_refund(data: Mapping[str, Any], now: datetime) -> list[Event] | DropReason:
    """A refund names no customer: the order's own identifier leads to who placed it."""
    order_id = _name_order(data.get("order_id"))
    refund_id = fields.identifier(data.get("id"))
    if not refund_id:
        raise BadInput("a refund without an id")
    value, currency = _sum_refund(data)
    if not value:
        return DropReason.NO_CHANGE  # goods taken back without money
    at = fields.instant(data.get("processed_at")) or fields.instant(data.get("created_at"))
    return [
        OrderRefunded(
            **_base(now, at, _who(data, order_id), order_id, "refunded", refund_id),
            order_id=order_id,
            refund_id=refund_id,
            amount=fields.amount(value, currency),
            reason=fields.text(data.get("note")),
        )
    ]


def _sum_refund(data: Mapping[str, Any]) -> tuple[Decimal, Any]:
    """What the transactions paid back; without any, what the returned lines cost with tax and adjustments."""
    paid_back = [each for each in fields.parts(data.get("transactions")) if each.get("kind") in ("refund", None)]
    paid_back = [each for each in paid_back if each.get("status") in ("success", "pending", None)]
    if paid_back:
        money = [fields.part(each, "amount_set", "shop_money") for each in paid_back]
        total = sum(
            (_number(shop.get("amount", each.get("amount"))) for shop, each in zip(money, paid_back, strict=True)),
            Decimal(0),
        )
        return total, money[0].get("currency_code") or paid_back[0].get("currency")
    total, currency = Decimal(0), None
    for each in fields.parts(data.get("refund_line_items"), 1000):
        total += _number(each.get("subtotal")) + _number(each.get("total_tax"))
        currency = currency or fields.part(each, "subtotal_set", "shop_money").get("currency_code")
    for each in fields.parts(data.get("order_adjustments")):
        total -= _number(each.get("amount")) + _number(each.get("tax_amount"))  # negative: money to the customer
        currency = currency or fields.part(each, "amount_set", "shop_money").get("currency_code")
    return total, currency


def _number(value: Any) -> Decimal:
    try:
        found = Decimal(value or 0)
    except (InvalidOperation, TypeError, ValueError):
        raise BadInput("an amount that is no number") from None
    if not found.is_finite() or abs(found) > 10**13:
        raise BadInput("an amount that is no number")
    return found


def _read_buyer(data: Mapping[str, Any], who: dict[str, str], order_id: str, now: datetime) -> list[Event]:
    """What an order says of the person: names, language, country."""
    customer, billing = fields.part(data, "customer"), fields.part(data, "billing_address")
    said: dict[str, Any] = {
        "email": who.get("email", ""),
        "first_name": fields.text(customer.get("first_name"), 80) or fields.text(billing.get("first_name"), 80),
        "last_name": fields.text(customer.get("last_name"), 80) or fields.text(billing.get("last_name"), 80),
        "language": fields.language(data.get("customer_locale")),
        "country": fields.country(billing.get("country_code"))
        or fields.country(fields.part(data, "shipping_address").get("country_code"))
        or fields.country(fields.part(customer, "default_address").get("country_code")),
        "phone": who.get("phone", ""),
    }
    if not any(said.values()):
        return []
    at = _updated_at(data, now)
    key = (order_id, "buyer", clock.to_text(at), ids.digest(*said.values()))
    return [CustomerUpdated(**_base(now, at, who, *key), **said)]


def _read_customer(data: Mapping[str, Any], now: datetime) -> list[Event]:
    number = fields.identifier(data.get("id"))
    if not number:
        raise BadInput("a customer without an id")
    who = _who({**data, "customer": {"id": data.get("id")}})
    said: dict[str, Any] = {
        "email": who.get("email", ""),
        "first_name": fields.text(data.get("first_name"), 80),
        "last_name": fields.text(data.get("last_name"), 80),
        "language": fields.language(data.get("locale")),
        "country": fields.country(fields.part(data, "default_address").get("country_code")),
        "phone": who.get("phone", ""),
    }
    at = _updated_at(data, now)
    # A snapshot without a time is known by its content alone, else each retry would be another fact.
    moment = clock.to_text(at) if fields.instant(data.get("updated_at")) else ""
    base = _base(now, at, who, f"{NAME}:{number}", "customer", moment, ids.digest(*said.values()))
    return [CustomerUpdated(**base, **said), *_read_consents(data, who, now)]


def _read_consent_change(data: Mapping[str, Any], now: datetime) -> list[Event] | DropReason:
    """The consent topics name the customer as `id` or `customer_id`, the address as `email_address`."""
    number = fields.identifier(data.get("customer_id")) or fields.identifier(data.get("id"))
    who = _who(
        {
            "email": data.get("email_address") or data.get("email"),
            "phone": data.get("phone"),
            "customer": {"id": number},
        }
    )
    return _read_consents(data, who, now) or DropReason.NO_CHANGE


def _read_consents(data: Mapping[str, Any], who: dict[str, str], now: datetime) -> list[Event]:
    found: list[Event] = []
    for channel in ("email", "sms"):
        block = fields.part(data, f"{channel}_marketing_consent")
        state = block.get("state")
        at = fields.instant(block.get("consent_updated_at"))
        if state not in ("subscribed", "unsubscribed") or (at is None and state == "subscribed"):
            continue
        key = (who.get("customer", ""), "consent", channel, state, clock.to_text(at) if at else "")
        found.append(
            ConsentRecorded(
                **_base(now, at, who, *key),
                channel=channel,
                subscribed=state == "subscribed",
                wording=f"{NAME}:{fields.text(block.get('opt_in_level'), 40) or 'unknown'}",
            )
        )
    return found


TOPICS: dict[str, Callable[[Mapping[str, Any], datetime], list[Event] | DropReason]] = {
    "orders/create": _read_created,
    "orders/updated": _read_updated,
    "orders/paid": _read_paid,
    "orders/cancelled": _read_cancelled,
    "orders/fulfilled": _read_fulfilled,
    "refunds/create": _read_refund,
    "customers/create": _read_customer,
    "customers/update": _read_customer,
    "customers_marketing_consent/update": _read_consent_change,
    "customers_email_marketing_consent/update": _read_consent_change,
}
