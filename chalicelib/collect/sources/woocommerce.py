"""WooCommerce's webhooks → facts. Its orders carry a status, so each delivery is read as a snapshot.

WooCommerce never tries again and its delivery ids are not unique (they hash the
second), so a snapshot tells every stage it proves, each one fact an order, and
nothing here looks at the delivery id. A deletion names only the order; the
order's own identifier leads to the customer.
"""

import html
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib import clock, ids
from chalicelib.collect import fields, signature
from chalicelib.collect.delivery import Delivery, DropReason
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
)

NAME = "woocommerce"
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_OPEN = ("pending", "on-hold", "failed")
_PAID = ("processing", "completed", "refunded")
_NO_ORDER_YET = ("checkout-draft", "auto-draft", "draft")


def is_ping(delivery: Delivery) -> bool:
    """The unsigned form that saving a webhook sends; it wants exactly 200 and says nothing."""
    form = delivery.header("content-type").startswith("application/x-www-form-urlencoded")
    return form and _PING.fullmatch(delivery.body.strip()) is not None


def verify(delivery: Delivery) -> DropReason | None:
    if is_ping(delivery):
        return DropReason.PING
    secrets = signature.decode_wordpress(delivery.secrets)
    given = delivery.header("x-wc-webhook-signature")
    return None if signature.is_signed_base64(delivery.body, given, secrets) else DropReason.BAD_SIGNATURE


def translate(delivery: Delivery) -> list[Event] | DropReason:
    """Facts of orders and customers; other topics are not used. Raises BadInput for an order without id or amount."""
    topic = delivery.header("x-wc-webhook-topic").lower()
    if topic in ("order.created", "order.updated", "order.restored"):
        return _read_order(delivery.data, delivery.now)
    if topic == "order.deleted":
        return _read_deletion(delivery.data, delivery.now)
    if topic in ("customer.created", "customer.updated"):
        return _read_customer(delivery.data, delivery.now)
    return DropReason.UNUSED_TOPIC


def _name_order(value: Any) -> str:
    found = fields.identifier(value)
    if not found:
        raise BadInput("an order without an id")
    return f"{NAME}:{found}"


def _base(now: datetime, occurred_at: datetime | None, who: Mapping[str, str], *key: str) -> dict[str, Any]:
    return {
        "id": ids.event_id(NAME, *key),
        "occurred_at": fields.not_after(occurred_at, now) or now,
        "received_at": now,
        "source": NAME,
        "who": who,
    }


def _who(email: Any, customer: Any, phone: Any, order_id: str = "") -> dict[str, str]:
    number = fields.identifier(customer)  # 0 is a guest
    found = {
        "email": fields.email(email),
        "customer": f"{NAME}:{number}" if number else "",
        "phone": fields.phone(phone),
        "order": order_id,
    }
    return {kind: value for kind, value in found.items() if value}


def _at(data: Mapping[str, Any], name: str) -> datetime | None:
    return fields.instant(data.get(f"{name}_gmt"), utc=True)


def _read_order(data: Mapping[str, Any], now: datetime) -> list[Event] | DropReason:
    order_id = _name_order(data.get("id"))
    status = data.get("status")
    if status in _NO_ORDER_YET:
        return DropReason.NO_CHANGE
    billing = fields.part(data, "billing")
    who = _who(billing.get("email"), data.get("customer_id"), billing.get("phone"), order_id)
    content = _snapshot(data, order_id, now)
    changed_at, placed_at = content["updated_at"], _at(data, "date_created")
    facts: list[Event] = []
    if status == "cancelled":
        facts.append(OrderCancelled(**_base(now, changed_at, who, order_id, "cancelled"), order_id=order_id))
    facts += _read_refunds(data, who, order_id, status, changed_at, now)
    if status in _PAID:
        paid_at = _at(data, "date_paid") or _at(data, "date_completed") or changed_at
        placed = fields.not_after(placed_at, now)
        base = _base(now, paid_at, who, order_id, "completed")
        facts.append(OrderCompleted(**base, **content, placed_at=placed))
    if status in _OPEN:
        facts.append(OrderCreated(**_base(now, placed_at, who, order_id, "created"), **content))
    if status == "completed":
        sent_at = _at(data, "date_completed") or changed_at
        facts.append(OrderFulfilled(**_base(now, sent_at, who, order_id, "fulfilled"), order_id=order_id))
    key = (order_id, "updated", clock.to_text(changed_at), str(content["total"].amount), fields.text(status, 40))
    facts.append(OrderUpdated(**_base(now, changed_at, who, *key), **content))
    return facts + _read_person(billing, {}, who, changed_at, order_id, now)


def _snapshot(data: Mapping[str, Any], order_id: str, now: datetime) -> dict[str, Any]:
    currency = data.get("currency")
    codes = (fields.text(each.get("code"), 60) for each in fields.parts(data.get("coupon_lines"), 10))
    changed_at = fields.not_after(_at(data, "date_modified") or _at(data, "date_created"), now)
    return {
        "order_id": order_id,
        "total": fields.amount(data.get("total"), currency),
        "updated_at": changed_at or now,
        "number": fields.text(data.get("number"), 40),
        "discount": fields.amount(data.get("discount_total") or 0, currency),
        "lines": tuple(
            Line(
                product_id=fields.identifier(each.get("product_id")),
                title=fields.text(html.unescape(fields.text(each.get("name"), 240))),
                quantity=fields.quantity(each.get("quantity")),
                price=fields.amount(each.get("price") or 0, currency),
            )
            for each in fields.parts(data.get("line_items"))
        ),
        "pay_url": fields.link(data.get("payment_url")),
        "codes": tuple(code for code in codes if code),
    }


def _read_refunds(
    data: Mapping[str, Any], who: Mapping[str, str], order_id: str, status: Any, at: datetime, now: datetime
) -> list[Event]:
    """Each refund listed in the order; a refunded order that lists none gave back all of it."""
    listed = [(each, fields.identifier(each.get("id"))) for each in fields.parts(data.get("refunds"))]
    found = [(refund_id, each.get("total"), each.get("reason")) for each, refund_id in listed if refund_id]
    if status == "refunded" and not found:
        found = [("all", data.get("total"), "")]
    facts: list[Event] = []
    for refund_id, total, reason in found:
        amount = fields.amount(total, data.get("currency"))
        facts.append(
            OrderRefunded(
                **_base(now, at, who, order_id, "refunded", refund_id),
                order_id=order_id,
                refund_id=refund_id,
                amount=amount._replace(amount=abs(amount.amount)),  # listed as negative
                reason=fields.text(reason),
            )
        )
    return facts


def _read_deletion(data: Mapping[str, Any], now: datetime) -> list[Event]:
    order_id = _name_order(data.get("id"))
    base = _base(now, now, {"order": order_id}, order_id, "cancelled")
    return [OrderCancelled(**base, order_id=order_id, reason="deleted")]


def _read_customer(data: Mapping[str, Any], now: datetime) -> list[Event] | DropReason:
    billing = fields.part(data, "billing")
    email = data.get("email") or billing.get("email")
    who = _who(email, data.get("id"), billing.get("phone"))
    if not who:
        return DropReason.NOBODY
    at = _at(data, "date_modified") or _at(data, "date_created")
    return _read_person(billing, data, who, at, who.get("customer", ""), now)


def _read_person(
    billing: Mapping[str, Any],
    account: Mapping[str, Any],
    who: Mapping[str, str],
    at: datetime | None,
    subject: str,
    now: datetime,
) -> list[Event]:
    """What an order or an account says of the person. A guest's id is the order's."""
    said: dict[str, Any] = {
        "email": who.get("email", ""),
        "first_name": fields.text(account.get("first_name"), 80) or fields.text(billing.get("first_name"), 80),
        "last_name": fields.text(account.get("last_name"), 80) or fields.text(billing.get("last_name"), 80),
        "country": fields.country(billing.get("country")),
        "phone": who.get("phone", ""),
    }
    if not any(said.values()):
        return []
    key = (subject, "person", clock.to_text(at) if at else "", ids.digest(*said.values()))
    return [CustomerUpdated(**_base(now, at, who, *key), **said)]
