"""Shoplazza's webhooks → what they tell. Each body holds one resource under its name, an order with its states.

What Shoplazza says of itself (shoplazza.dev: webhook properties, supported
webhook events, order properties):

- X-Shoplazza-Hmac-Sha256 is base64 of HMAC-SHA256 over the body under the app's
  client secret; X-Shoplazza-Topic, -Shop-Domain, -Deduplication-ID.
- It sends again up to 19 times within two days until it has a 2xx.
- `financial_status` is waiting, paying, paid, cancelled, failed, refunding,
  refund_failed, refunded or partially_refunded; `fulfillment_status` initialled,
  waiting, partially_shipped, shipped, partially_finished, finished, cancelled,
  returning or returned; `placed_at` is when the order was confirmed.
- A refund is told by the order: `total_refund_price` is the sum of all so far,
  and nothing names the single one. So there is one refund an order here, whose
  newest amount holds.

A snapshot tells every stage it proves, each one fact an order. Shoplazza says
nothing of consent that has a time, so nothing is taken for consent.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import clock, ids
from chalicelib.catalogue.product import ProductChange
from chalicelib.collect import fields, signature
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.collect.sources.sender import Sender, is_listed, number, sender_of
from chalicelib.errors import BadInput
from chalicelib.events import (
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
)

if TYPE_CHECKING:
    from chalicelib.collect.delivery import Finding

NAME = "shoplazza"
_PAID = ("paid", "refunding", "refund_failed", "refunded", "partially_refunded")
_SENT = ("shipped", "partially_finished", "finished")


def verify(delivery: Delivery) -> DropReason | None:
    given = delivery.header("x-shoplazza-hmac-sha256")
    if not signature.is_signed_base64(delivery.body, given, delivery.secrets):
        return DropReason.BAD_SIGNATURE
    return None if is_listed(delivery, _shop(delivery), "shoplazza_shops") else DropReason.FOREIGN_SHOP


def delivery_id(delivery: Delivery) -> str:
    given = delivery.header("x-shoplazza-deduplication-id")
    return ids.digest(_shop(delivery), delivery.header("x-shoplazza-topic").lower(), given) if given else ""


def translate(delivery: Delivery) -> "list[Finding] | DropReason":
    """What a topic of TOPICS tells; other topics are not used. Raises BadInput for an order without id or amount."""
    topic = delivery.header("x-shoplazza-topic").lower()
    if topic not in TOPICS:
        return DropReason.UNUSED_TOPIC
    sender = sender_of(NAME, delivery, shop=_shop(delivery), delivery_id=delivery_id(delivery))
    resource, _, what = topic.partition("/")
    data = fields.part(delivery.data, resource.removesuffix("s")) or delivery.data
    is_deleted = what == "delete"
    if resource == "orders":
        return _read_deletion(data, sender) if is_deleted else _read_order(data, topic, sender)
    if resource == "customers":
        return _read_customer(data, sender, is_deleted=is_deleted)
    return _read_product(data, sender, is_deleted=is_deleted)


TOPICS = (
    "orders/create",
    "orders/update",
    "orders/paid",
    "orders/partially_fulfilled",
    "orders/fulfilled",
    "orders/finished",
    "orders/partially_refunded",
    "orders/refunded",
    "orders/cancelled",
    "orders/delete",
    "customers/create",
    "customers/update",
    "customers/delete",
    "products/create",
    "products/update",
    "products/delete",
)


def _shop(delivery: Delivery) -> str:
    return delivery.header("x-shoplazza-shop-domain").lower()


def _read_order(data: Mapping[str, Any], topic: str, sender: Sender) -> list[Any]:
    order_id = sender.name_order(data.get("id"))
    who = _who(data, order_id, sender)
    content = _snapshot(data, order_id, sender)
    changed_at: datetime = content["updated_at"]
    placed_at = fields.instant(data.get("placed_at")) or fields.instant(data.get("created_at"))
    money, parcel = data.get("financial_status"), data.get("fulfillment_status")
    facts: list[Event] = []
    if topic == "orders/cancelled" or data.get("status") == "cancelled":
        at = fields.instant(data.get("canceled_at")) or changed_at
        reason = fields.text(data.get("cancel_reason"), 60)
        facts.append(OrderCancelled(**sender.frame(at, who, order_id, "cancelled"), order_id=order_id, reason=reason))
    if topic == "orders/paid" or money in _PAID:
        placed = fields.not_after(placed_at, sender.now)
        frame = sender.frame(changed_at, who, order_id, "completed")
        facts.append(OrderCompleted(**frame, **content, placed_at=placed))
    else:
        facts.append(OrderCreated(**sender.frame(placed_at, who, order_id, "created"), **content))
    if topic in ("orders/fulfilled", "orders/finished") or parcel in _SENT:
        facts.append(OrderFulfilled(**sender.frame(changed_at, who, order_id, "fulfilled"), order_id=order_id))
    refunded = number(data.get("total_refund_price"))
    if refunded > 0:
        frame = sender.frame(changed_at, who, order_id, "refunded", str(refunded.normalize()))
        amount = fields.amount(refunded, data.get("currency"))
        facts.append(OrderRefunded(**frame, order_id=order_id, refund_id="all", amount=amount))
    key = (order_id, "updated", clock.to_text(changed_at), str(content["total"].amount), fields.text(money, 40))
    facts.append(OrderUpdated(**sender.frame(changed_at, who, *key), **content))
    return facts + _read_buyer(data, who, order_id, changed_at, sender)


def _who(data: Mapping[str, Any], order_id: str, sender: Sender) -> dict[str, str]:
    customer = fields.part(data, "customer")
    addresses = [fields.part(data, f"{kind}_address") for kind in ("billing", "shipping")]
    found = (fields.email(each.get("email")) for each in (customer, *addresses))
    return sender.who(
        email=next((email for email in found if email), ""),
        customer=customer.get("id"),
        phone=customer.get("phone"),
        order_id=order_id,
    )


def _snapshot(data: Mapping[str, Any], order_id: str, sender: Sender) -> dict[str, Any]:
    currency = data.get("currency")
    shipping = data.get("total_shipping")
    code = fields.text(data.get("discount_code"), 60)
    return {
        "order_id": order_id,
        "total": fields.amount(data.get("total_price"), currency),
        "updated_at": _changed_at(data, sender),
        "number": fields.text(data.get("number"), 40),
        "discount": fields.amount(data.get("total_discount") or 0, currency),
        "lines": tuple(
            Line(
                product_id=fields.identifier(each.get("product_id")),
                title=fields.text(each.get("product_title")),
                quantity=fields.quantity(each.get("quantity")),
                price=fields.amount(each.get("price") or 0, currency),
            )
            for each in fields.parts(data.get("line_items"))
        ),
        "codes": (code,) if code else (),
        "shipping": None if shipping in (None, "") else fields.amount(shipping, currency),
    }


def _changed_at(data: Mapping[str, Any], sender: Sender) -> datetime:
    return sender.past(fields.instant(data.get("updated_at")) or fields.instant(data.get("created_at")))


def _read_buyer(
    data: Mapping[str, Any], who: dict[str, str], order_id: str, at: datetime, sender: Sender
) -> list[Event]:
    customer = fields.part(data, "customer")
    places = [fields.part(data, f"{kind}_address") for kind in ("billing", "shipping")]
    place = next((each for each in places if fields.country(each.get("country_code"))), {})
    said: dict[str, Any] = _say(customer, place, who) | {
        "first_name": fields.text(customer.get("first_name"), 80) or fields.text(place.get("first_name"), 80),
        "last_name": fields.text(customer.get("last_name"), 80) or fields.text(place.get("last_name"), 80),
    }
    if not any(said.values()):
        return []
    key = (order_id, "buyer", clock.to_text(at), ids.digest(*said.values()))
    return [CustomerUpdated(**sender.frame(at, who, *key), **said)]


def _say(account: Mapping[str, Any], place: Mapping[str, Any], who: Mapping[str, str]) -> dict[str, Any]:
    return {
        "email": who.get("email", ""),
        "first_name": fields.text(account.get("first_name"), 80),
        "last_name": fields.text(account.get("last_name"), 80),
        "country": fields.country(place.get("country_code")),
        "phone": who.get("phone", ""),
        "city": fields.text(place.get("city"), 80),
        "region": fields.text(place.get("province"), 80),
    }


def _read_deletion(data: Mapping[str, Any], sender: Sender) -> list[Any]:
    order_id = sender.name_order(data.get("id"))
    frame = sender.frame(None, {"order": order_id}, order_id, "cancelled")
    return [OrderCancelled(**frame, order_id=order_id, reason="deleted")]


def _read_customer(data: Mapping[str, Any], sender: Sender, *, is_deleted: bool) -> list[Any]:
    customer = sender.name_customer(data.get("id"))
    if not customer:
        raise BadInput("a customer without an id")
    who = sender.who(email=data.get("email"), customer=data.get("id"), phone=data.get("phone"))
    if is_deleted:
        return [AccountDeleted(**sender.frame(None, who, customer, "deleted"), reason="deleted in the store")]
    homes = [fields.part(data, "default_address"), *fields.parts(data.get("addresses"), 5)]
    said: dict[str, Any] = _say(
        data, next((each for each in homes if fields.country(each.get("country_code"))), {}), who
    )
    at = fields.instant(data.get("updated_at"))
    key = (customer, "customer", clock.to_text(at) if at else "", ids.digest(*said.values()))
    return [CustomerUpdated(**sender.frame(at, who, *key), **said)]


def _read_product(data: Mapping[str, Any], sender: Sender, *, is_deleted: bool) -> list[Any]:
    product_id = fields.identifier(data.get("id"))
    if not product_id:
        raise BadInput("a product without an id")
    if is_deleted:
        return [ProductChange(product_id, sender.now, NAME, {"deleted": True})]
    variants = fields.parts(data.get("variants"), 2000)
    priced = [(price, each) for each in variants if (price := sender.price(each.get("price"))) is not None]
    images = [fields.part(data, "image"), *fields.parts(data.get("images"), 1)]
    tags = data.get("tags") if isinstance(data.get("tags"), list) else fields.text(data.get("tags"), 4000).split(",")
    told: dict[str, Any] = {
        "title": fields.text(data.get("title"), 240),
        "description": data.get("description") if isinstance(data.get("description"), str) else "",
        "image": next((link for each in images if (link := fields.image(each.get("src")))), ""),
        "brand": fields.text(data.get("vendor"), 80),
        "tags": [fields.text(tag, 60) for tag in tags or () if fields.text(tag, 60)],
        "deleted": data.get("published") is False,
    }
    handle = fields.text(data.get("handle"), 240)
    if sender.url and handle:
        told["url"] = fields.link(f"{sender.url}/products/{handle}")
    if priced:
        told["price"], cheapest = min(priced, key=lambda each: each[0].amount)
        was = sender.price(cheapest.get("compare_at_price"))
        told["compare_at"] = was if was and was.amount > told["price"].amount else None
        told["cost"] = sender.price(cheapest.get("cost_price"))
    held = data.get("inventory_quantity")
    is_counted = data.get("inventory_tracking") is True and data.get("inventory_policy") != "continue"
    quantity = held if is_counted and isinstance(held, int) and not isinstance(held, bool) else None
    return [ProductChange(product_id, _changed_at(data, sender), NAME, told, {"": quantity})]
