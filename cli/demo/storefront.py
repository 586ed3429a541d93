"""A storefront's side of the wire: orders as Shopify, WooCommerce or the generic source would post them, signed.

Builds bodies and headers only; whoever posts them does so over HTTP to the
gateway. Refuses to know anything of Dripline but the header formats that these
platforms document.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cli.demo.journey import Item
from cli.demo.people import Person
from cli.local.cloud import SECRETS

SHOP = "https://shop.example"


@dataclass(frozen=True)
class Order:
    """One order of a person, at one stage: placed, paid or cancelled."""

    number: str
    person: Person
    items: tuple[Item, ...]
    total: str
    placed_at: datetime
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    code: str = ""
    discount: str = "0.00"
    """What the code took off; `total` is what is to be paid."""

    def pay(self, at: datetime) -> "Order":
        return replace(self, paid_at=at)

    def cancel(self, at: datetime) -> "Order":
        return replace(self, cancelled_at=at)

    @property
    def changed_at(self) -> datetime:
        return self.cancelled_at or self.paid_at or self.placed_at


@dataclass(frozen=True)
class Post:
    """One signed webhook, ready to be posted to `/webhooks/{source}`."""

    source: str
    body: bytes
    headers: dict[str, str]


def order_webhook(order: Order, now: datetime) -> Post:
    """The webhook that the person's platform sends when the order reaches its stage."""
    return {"shopify": _shopify, "woocommerce": _woocommerce, "generic": _generic}[order.person.platform](order, now)


def sign_generic(body: dict[str, Any], now: datetime) -> Post:
    raw = json.dumps(body, ensure_ascii=False).encode()
    stamp = str(int(now.timestamp()))
    signature = hmac.new(SECRETS["webhook_generic"].encode(), stamp.encode() + b"." + raw, "sha256").hexdigest()
    return Post(
        "generic",
        raw,
        {"Content-Type": "application/json", "X-Dripline-Signature": f"t={stamp},v1={signature}"},
    )


def _shopify(order: Order, now: datetime) -> Post:
    topic = "orders/cancelled" if order.cancelled_at else "orders/paid" if order.paid_at else "orders/create"
    body = {
        "id": int(order.number),
        "name": f"#{order.number}",
        "email": order.person.email,
        "created_at": _iso(order.placed_at),
        "updated_at": _iso(order.changed_at),
        "cancelled_at": _iso(order.cancelled_at),
        "cancel_reason": "customer" if order.cancelled_at else None,
        "financial_status": "paid" if order.paid_at else "pending",
        "currency": "USD",
        "total_price": order.total,
        "total_discounts": order.discount,
        "discount_codes": [{"code": order.code, "amount": order.discount, "type": "percentage"}] if order.code else [],
        "order_status_url": _pay_url(order),
        "customer": {
            "id": order.person.number,
            "email": order.person.email,
            "first_name": order.person.first_name,
        },
        "line_items": [
            {
                "product_id": int(item.product_id),
                "title": item.title,
                "product_type": item.category,
                "quantity": item.quantity,
                "price": item.price,
            }
            for item in order.items
        ],
    }
    return sign_shopify(topic, body)


def sign_shopify(topic: str, body: dict[str, Any]) -> Post:
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Post(
        "shopify",
        raw,
        {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": "shop.example",
            "X-Shopify-Webhook-Id": hashlib.sha256(raw).hexdigest()[:32],
            "X-Shopify-Hmac-Sha256": _sign_base64("webhook_shopify", raw),
        },
    )


def refund_webhook(order: Order, item: Item, reason: str, now: datetime) -> Post:
    """One piece of an order came back to a Shopify shop and was paid back, as `refunds/create` tells it."""
    body = {
        "id": int(order.number) * 10 + 1,
        "order_id": int(order.number),
        "created_at": _iso(now),
        "processed_at": _iso(now),
        "note": reason,
        "transactions": [{"kind": "refund", "status": "success", "amount": item.price, "currency": "USD"}],
        "refund_line_items": [
            {
                "id": int(order.number) * 10 + 2,
                "quantity": 1,
                "restock_type": "return",
                "return_reason": reason,
                "line_item": {"product_id": int(item.product_id), "product_type": item.category},
            }
        ],
    }
    return sign_shopify("refunds/create", body)


def privacy_webhook(topic: str, person: Person) -> Post:
    """What Shopify asks for a person: `customers/data_request` or `customers/redact`."""
    customer = {"id": person.number, "email": person.email}
    return sign_shopify(topic, {"shop_domain": "shop.example", "customer": customer, "orders_to_redact": []})


def _woocommerce(order: Order, now: datetime) -> Post:
    topic = "order.updated" if order.paid_at or order.cancelled_at else "order.created"
    body = {
        "id": int(order.number),
        "number": order.number,
        "status": "cancelled" if order.cancelled_at else "processing" if order.paid_at else "pending",
        "currency": "USD",
        "date_created_gmt": _iso(order.placed_at, bare=True),
        "date_modified_gmt": _iso(order.changed_at, bare=True),
        "date_paid_gmt": _iso(order.paid_at, bare=True),
        "total": order.total,
        "discount_total": order.discount,
        "customer_id": order.person.number,
        "payment_url": _pay_url(order),
        "billing": {
            "email": order.person.email,
            "first_name": order.person.first_name,
            "country": order.person.country,
        },
        "coupon_lines": [{"code": order.code}] if order.code else [],
        "line_items": [
            {"product_id": int(item.product_id), "name": item.title, "quantity": item.quantity, "price": item.price}
            for item in order.items
        ],
    }
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Post(
        "woocommerce",
        raw,
        {
            "Content-Type": "application/json",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Delivery-ID": hashlib.sha256(_iso(now).encode()).hexdigest()[:32],
            "X-WC-Webhook-Signature": _sign_base64("webhook_woocommerce", raw),
        },
    )


def _generic(order: Order, now: datetime) -> Post:
    kind = "order.cancelled" if order.cancelled_at else "order.paid" if order.paid_at else "order.placed"
    body = {
        "type": kind,
        "order": {
            "id": order.number,
            "number": order.number,
            "customer": {"email": order.person.email, "id": _customer_id(order.person)},
            "placed_at": _iso(order.placed_at),
            "paid_at": _iso(order.paid_at),
            "cancelled_at": _iso(order.cancelled_at),
            "updated_at": _iso(order.changed_at),
            "total": order.total,
            "discount": order.discount,
            "currency": "USD",
            "pay_url": _pay_url(order),
            "items": [
                {
                    "sku": item.product_id,
                    "name": item.title,
                    "quantity": item.quantity,
                    "unit_price": item.price,
                    "category": item.category,
                }
                for item in order.items
            ],
        },
    }
    return sign_generic({key: value for key, value in body.items() if value is not None}, now)


def _customer_id(person: Person) -> str:
    return person.address or str(person.number)


def _pay_url(order: Order) -> str:
    return f"{SHOP}/orders/{order.number}/pay"


def _iso(instant: datetime | None, *, bare: bool = False) -> str:
    """ISO 8601 in UTC to the second; `bare` without its offset, as WooCommerce's *_gmt fields are."""
    if instant is None:
        return ""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") + ("" if bare else "+00:00")


def _sign_base64(secret: str, raw: bytes) -> str:
    return base64.b64encode(hmac.digest(SECRETS[secret].encode(), raw, "sha256")).decode("ascii")
