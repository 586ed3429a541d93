"""WooCommerce's webhooks → facts. Its orders carry a status, so each delivery is read as a snapshot.

WooCommerce never tries again and its delivery ids are not unique (they hash the
second), so a snapshot tells every stage it proves, each one fact an order, and
nothing here looks at the delivery id. A deletion names only what was deleted;
an order's own identifier leads to the customer. Coupons say nothing of a
person: a code is read where an order used it.
"""

import html
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import clock, ids
from chalicelib.catalogue.product import ProductChange
from chalicelib.collect import fields, signature
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.collect.sources.sender import Sender, sender_of
from chalicelib.errors import BadInput
from chalicelib.events import (
    WHOLE_REFUND,
    AccountDeleted,
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

if TYPE_CHECKING:
    from chalicelib.collect.delivery import Finding

NAME = "woocommerce"
_PING = re.compile(rb"webhook_id=[0-9]{1,20}")
_OPEN = ("pending", "on-hold", "failed")
_PAID = ("processing", "completed", "refunded")
_PARENT = re.compile(r"/orders/([0-9]{1,20})$")
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


def delivery_id(_delivery: Delivery) -> str:
    """None: WooCommerce's hashes the second, and two orders of one second share it."""
    return ""


def translate(delivery: Delivery) -> "list[Finding] | DropReason":
    """What a topic of TOPICS tells; other topics are not used. Raises BadInput for an order without id or amount."""
    read = TOPICS.get(delivery.header("x-wc-webhook-topic").lower())
    return read(delivery.data, sender_of(NAME, delivery)) if read else DropReason.UNUSED_TOPIC


def _at(data: Mapping[str, Any], name: str) -> datetime | None:
    return fields.instant(data.get(f"{name}_gmt"), utc=True)


def _read_order(data: Mapping[str, Any], sender: Sender) -> list[Event] | DropReason:
    order_id = sender.name_order(data.get("id"))
    status = data.get("status")
    if status in _NO_ORDER_YET:
        return DropReason.NO_CHANGE
    billing = fields.part(data, "billing")
    who = sender.who(
        email=billing.get("email"),
        customer=data.get("customer_id"),
        phone=billing.get("phone"),
        order_id=order_id,
    )
    content = _snapshot(data, order_id, sender)
    changed_at, placed_at = content["updated_at"], _at(data, "date_created")
    facts: list[Event] = []
    if status == "cancelled":
        facts.append(OrderCancelled(**sender.frame(changed_at, who, order_id, "cancelled"), order_id=order_id))
    facts += _read_refunds(data, who, order_id, status, changed_at, sender)
    if status in _PAID:
        paid_at = _at(data, "date_paid") or _at(data, "date_completed") or changed_at
        placed = fields.not_after(placed_at, sender.now)
        base = sender.frame(paid_at, who, order_id, "completed")
        facts.append(OrderCompleted(**base, **content, placed_at=placed))
    if status in _OPEN:
        facts.append(OrderCreated(**sender.frame(placed_at, who, order_id, "created"), **content))
    if status == "completed":
        sent_at = _at(data, "date_completed") or changed_at
        facts.append(OrderFulfilled(**sender.frame(sent_at, who, order_id, "fulfilled"), order_id=order_id))
    key = (order_id, "updated", clock.to_text(changed_at), str(content["total"].amount), fields.text(status, 40))
    facts.append(OrderUpdated(**sender.frame(changed_at, who, *key), **content))
    return facts + _read_person(billing, {}, who, changed_at, order_id, sender)


def _snapshot(data: Mapping[str, Any], order_id: str, sender: Sender) -> dict[str, Any]:
    currency = data.get("currency")
    codes = (fields.text(each.get("code"), 60) for each in fields.parts(data.get("coupon_lines"), 10))
    shipping = data.get("shipping_total")
    return {
        "order_id": order_id,
        "total": fields.amount(data.get("total"), currency),
        "updated_at": sender.past(_at(data, "date_modified") or _at(data, "date_created")),
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
        "shipping": None if shipping in (None, "") else fields.amount(shipping, currency),
        "stands": data.get("status") != "cancelled",
    }


def _read_refunds(
    data: Mapping[str, Any], who: Mapping[str, str], order_id: str, status: Any, at: datetime, sender: Sender
) -> list[Event]:
    """Each refund listed in the order; a refunded order that lists none gave back all of it."""
    listed = [(each, fields.identifier(each.get("id"))) for each in fields.parts(data.get("refunds"))]
    found = [(refund_id, each.get("total"), each.get("reason")) for each, refund_id in listed if refund_id]
    if status == "refunded" and not found:
        found = [(WHOLE_REFUND, data.get("total"), "")]
    facts: list[Event] = []
    for refund_id, total, reason in found:
        amount = fields.amount(total, data.get("currency"))
        facts.append(
            OrderRefunded(
                **sender.frame(at, who, order_id, "refunded", refund_id),
                order_id=order_id,
                refund_id=refund_id,
                amount=amount._replace(amount=abs(amount.amount)),  # listed as negative
                reason=fields.text(reason),
            )
        )
    return facts


def _read_deletion(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    order_id = sender.name_order(data.get("id"))
    base = sender.frame(None, {"order": order_id}, order_id, "cancelled")
    return [OrderCancelled(**base, order_id=order_id, reason="deleted")]


def _read_customer(data: Mapping[str, Any], sender: Sender) -> list[Event] | DropReason:
    billing = fields.part(data, "billing")
    email = data.get("email") or billing.get("email")
    who = sender.who(email=email, customer=data.get("id"), phone=billing.get("phone"))
    if not who:
        return DropReason.NOBODY
    at = _at(data, "date_modified") or _at(data, "date_created")
    return _read_person(billing, data, who, at, who.get("customer", ""), sender)


def _read_person(
    billing: Mapping[str, Any],
    account: Mapping[str, Any],
    who: Mapping[str, str],
    at: datetime | None,
    subject: str,
    sender: Sender,
) -> list[Event]:
    """What an order or an account says of the person. A guest's id is the order's."""
    said: dict[str, Any] = {
        "email": who.get("email", ""),
        "first_name": fields.text(account.get("first_name"), 80) or fields.text(billing.get("first_name"), 80),
        "last_name": fields.text(account.get("last_name"), 80) or fields.text(billing.get("last_name"), 80),
        "country": fields.country(billing.get("country")),
        "phone": who.get("phone", ""),
        "city": fields.text(billing.get("city"), 80),
        "region": fields.text(billing.get("state"), 80),
    }
    if not any(said.values()):
        return []
    key = (subject, "person", clock.to_text(at) if at else "", ids.digest(*said.values()))
    return [CustomerUpdated(**sender.frame(at, who, *key), **said)]


def _read_account_deletion(data: Mapping[str, Any], sender: Sender) -> list[Event] | DropReason:
    customer = sender.name_customer(data.get("id"))
    if not customer:
        return DropReason.NOBODY
    frame = sender.frame(None, {"customer": customer}, customer, "deleted")
    return [AccountDeleted(**frame, reason="deleted in the store")]


def _read_refund(data: Mapping[str, Any], sender: Sender) -> list[Event] | DropReason:
    """The goods of a refund by itself, as the REST API shows it; its order is where its links lead up.

    It says no currency, and its order may be in another than the store's: the money is told by the order,
    which lists the same refund in its own.
    """
    above = fields.parts(fields.part(data, "_links").get("up"), 1)
    link = _PARENT.search(fields.text(above[0].get("href"), 300)) if above else None
    order_id = sender.name_order(data.get("parent_id") or (link.group(1) if link else None))
    refund_id = fields.identifier(data.get("id"))
    if not refund_id:
        raise BadInput("a refund without an id")
    at, who, reason = _at(data, "date_created"), {"order": order_id}, fields.text(data.get("reason"))
    facts: list[Event] = []
    for each in fields.parts(data.get("line_items"), 50):
        product_id, quantity = fields.identifier(each.get("product_id")), each.get("quantity")
        if product_id and isinstance(quantity, int) and quantity:  # listed as negative
            line = fields.identifier(each.get("id")) or product_id
            frame = sender.frame(at, who, order_id, "returned", refund_id, line)
            pieces = fields.quantity(abs(quantity))
            facts.append(
                ProductReturned(**frame, product_id=product_id, order_id=order_id, quantity=pieces, reason=reason)
            )
    return facts or DropReason.NO_CHANGE


def _read_product(data: Mapping[str, Any], sender: Sender) -> list[ProductChange]:
    """Prices carry no currency: the store's. What is not counted has no number, unless it is sold out."""
    categories, brands, images = (fields.parts(data.get(name), 1) for name in ("categories", "brands", "images"))
    price, regular = sender.price(data.get("price")), sender.price(data.get("regular_price"))
    cost = fields.part(data, "cost_of_goods_sold").get("total_value")
    told: dict[str, Any] = {
        "title": fields.text(html.unescape(fields.text(data.get("name"), 240)), 240),
        "description": data.get("description") if isinstance(data.get("description"), str) else "",
        "url": fields.link(data.get("permalink")),
        "image": fields.link(images[0].get("src")) if images else "",
        "category": html.unescape(fields.text(categories[0].get("name"), 80)) if categories else "",
        "tags": [fields.text(each.get("name"), 60) for each in fields.parts(data.get("tags"), 50)],
        "price": price,
        "compare_at": regular if price and regular and regular.amount > price.amount else None,
        "deleted": data.get("status", "publish") != "publish",
    }
    if brands:
        told["brand"] = html.unescape(fields.text(brands[0].get("name"), 80))
    if cost not in (None, ""):
        told["cost"] = sender.price(str(cost))
    held = data.get("stock_quantity")
    is_counted = data.get("manage_stock") is True and not data.get("backorders_allowed")
    quantity = held if is_counted and isinstance(held, int) and not isinstance(held, bool) else None
    if data.get("stock_status") == "outofstock":
        quantity = 0
    at = sender.past(_at(data, "date_modified") or _at(data, "date_created"))
    return [ProductChange(_product_id(data), at, NAME, told, {"": quantity})]


def _read_product_deletion(data: Mapping[str, Any], sender: Sender) -> list[ProductChange]:
    return [ProductChange(_product_id(data), sender.now, NAME, {"deleted": True})]


def _read_restored_product(data: Mapping[str, Any], sender: Sender) -> list[ProductChange]:
    """Restoring does not change `date_modified`, so that it is back is told as of now."""
    gone = data.get("status", "publish") != "publish"
    return [*_read_product(data, sender), ProductChange(_product_id(data), sender.now, NAME, {"deleted": gone})]


def _product_id(data: Mapping[str, Any]) -> str:
    found = fields.identifier(data.get("id"))
    if not found:
        raise BadInput("a product without an id")
    return found


def _read_nothing(_data: Mapping[str, Any], _sender: Sender) -> DropReason:
    return DropReason.NO_CHANGE


TOPICS: dict[str, Callable[[Mapping[str, Any], Sender], "list[Any] | DropReason"]] = {
    "order.created": _read_order,
    "order.updated": _read_order,
    "order.deleted": _read_deletion,
    "order.restored": _read_order,
    "refund.created": _read_refund,
    "customer.created": _read_customer,
    "customer.updated": _read_customer,
    "customer.deleted": _read_account_deletion,
    "customer.restored": _read_customer,
    "product.created": _read_product,
    "product.updated": _read_product,
    "product.deleted": _read_product_deletion,
    "product.restored": _read_restored_product,
    "coupon.created": _read_nothing,
    "coupon.updated": _read_nothing,
    "coupon.deleted": _read_nothing,
    "coupon.restored": _read_nothing,
}
