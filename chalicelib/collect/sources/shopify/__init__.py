"""Shopify's webhooks → what they tell: facts of orders, people and carts, changes of products, privacy requests.

Signed by X-Shopify-Hmac-SHA256, base64 of HMAC-SHA256 over the raw body. The
topic says what happened, in the order in which nothing may be relied on.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import ids
from chalicelib.collect import signature
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.collect.sources.sender import Sender, is_listed, sender_of
from chalicelib.collect.sources.shopify import carts, orders, people, products, rights

if TYPE_CHECKING:
    from chalicelib.collect.delivery import Finding

NAME = "shopify"
Read = Callable[[Mapping[str, Any], Sender], "list[Any] | DropReason"]


def verify(delivery: Delivery) -> DropReason | None:
    """Signed by a secret of ours, and for a shop that is listed where `store.shopify_shops` lists any."""
    if not signature.is_signed_base64(delivery.body, delivery.header("x-shopify-hmac-sha256"), delivery.secrets):
        return DropReason.BAD_SIGNATURE
    return None if is_listed(delivery, _shop(delivery), "shopify_shops") else DropReason.FOREIGN_SHOP


def delivery_id(delivery: Delivery) -> str:
    """Shop, topic and webhook id: Shopify's own pages differ on how far the last alone may be relied on."""
    given = delivery.header("x-shopify-webhook-id")
    return ids.digest(_shop(delivery), delivery.header("x-shopify-topic").lower(), given) if given else ""


def translate(delivery: Delivery) -> "list[Finding] | DropReason":
    """What a topic of TOPICS tells; other topics are not used. Raises BadInput for an order without id or amount."""
    read = TOPICS.get(delivery.header("x-shopify-topic").lower())
    if read is None:
        return DropReason.UNUSED_TOPIC
    return read(delivery.data, sender_of(NAME, delivery, shop=_shop(delivery), delivery_id=delivery_id(delivery)))


def _shop(delivery: Delivery) -> str:
    return delivery.header("x-shopify-shop-domain").lower()


TOPICS: dict[str, Read] = {
    "orders/create": orders.read_created,
    "orders/updated": orders.read_updated,
    "orders/paid": orders.read_paid,
    "orders/partially_fulfilled": orders.read_updated,
    "orders/fulfilled": orders.read_fulfilled,
    "orders/cancelled": orders.read_cancelled,
    "orders/delete": orders.read_deleted,
    "refunds/create": orders.read_refund,
    "carts/create": carts.read_cart,
    "carts/update": carts.read_cart,
    "checkouts/create": carts.read_checkout,
    "checkouts/update": carts.read_checkout,
    "checkouts/delete": carts.read_deleted_checkout,
    "customers/create": people.read_customer,
    "customers/update": people.read_customer,
    "customers/delete": people.read_deleted,
    "customers_marketing_consent/update": people.read_consent_change,
    "customers_email_marketing_consent/update": people.read_consent_change,
    "products/create": products.read_product,
    "products/update": products.read_product,
    "products/delete": products.read_deleted_product,
    "inventory_levels/connect": products.read_level,
    "inventory_levels/update": products.read_level,
    "inventory_levels/disconnect": products.read_gone_level,
    "inventory_items/update": products.read_item,
    "customers/data_request": rights.read_data_request,
    "customers/redact": rights.read_redact,
    "shop/redact": rights.read_shop_redact,
}
