"""What vendors call the same thing: each of our fields with the paths where Segment, GA4, Klaviyo or Shopify put it.

The first path that leads to something counts. Reads products, orders' lines,
money and texts out of an event's properties; a new vendor is more paths here.
Refuses to invent: what no path leads to is left out, and an amount that is
none raises where an order stands on it.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.events import Line, Said
from chalicelib.money import Money

Properties = Mapping[str, Any]

PATHS: dict[str, tuple[str, ...]] = {
    "product_id": (
        "product_id", "item_id", "ProductID", "AddedItemProductID", "productVariant.product.id",
        "cartLine.merchandise.product.id", "variant.product.id", "sku", "SKU", "AddedItemSKU",
    ),
    "title": (
        "name", "item_name", "ProductName", "AddedItemProductName", "productVariant.product.title",
        "cartLine.merchandise.product.title", "variant.product.title", "title",
    ),
    "category": (
        "category", "item_category", "Categories", "AddedItemCategories", "productVariant.product.type",
        "cartLine.merchandise.product.type", "variant.product.type",
    ),
    "brand": (
        "brand", "item_brand", "Brand", "productVariant.product.vendor", "cartLine.merchandise.product.vendor",
    ),
    "price": (
        "price", "ItemPrice", "Price", "AddedItemPrice", "productVariant.price.amount",
        "cartLine.merchandise.price.amount", "variant.price.amount",
    ),
    "currency": (
        "currency", "Currency", "$currency_code", "currencyCode", "checkout.currencyCode",
        "productVariant.price.currencyCode", "cartLine.merchandise.price.currencyCode",
        "cart.cost.totalAmount.currencyCode",
    ),
    "quantity": ("quantity", "Quantity", "AddedItemQuantity", "cartLine.quantity"),
    "products": ("products", "items", "Items", "lineItems", "checkout.lineItems", "cart.lines"),
    "list": ("category", "item_list_name", "CollectionName", "collection.title", "list_name"),
    "list_id": ("list_id", "item_list_id", "CollectionID", "collection.id"),
    "query": ("query", "search_term", "SearchQuery", "searchResult.query", "search_query"),
    "order_id": ("order_id", "transaction_id", "OrderId", "orderId", "checkout.order.id", "$event_id"),
    "checkout_id": ("checkout_id", "checkout.token", "CheckoutID", "cart_id", "$event_id", "order_id"),
    "cart_id": ("cart_id", "cart.id"),
    "total": ("total", "value", "$value", "revenue", "checkout.totalPrice.amount", "cart.cost.totalAmount.amount"),
    "refunded": ("refund", "amount", "total", "value", "$value", "revenue"),
    "shipping": ("shipping", "ShippingAmount", "checkout.shippingLine.price.amount"),
    "discount": ("discount", "DiscountValue", "checkout.discountsAmount.amount"),
    "code": ("coupon", "coupon_id", "coupon_name", "code", "DiscountCode", "discount_code"),
    "url": ("url", "checkout_url", "CheckoutURL", "cart_url"),
    "reason": ("reason", "Reason", "cancel_reason"),
}  # fmt: skip


def find(properties: Properties, field: str) -> Any:
    """The first value that one of the field's paths leads to; None for none, or for an empty one."""
    for path in PATHS.get(field, (field,)):
        found: Any = properties.get(path)
        if found is None and "." in path:
            found = properties
            for name in path.split("."):
                found = found.get(name) if isinstance(found, Mapping) else None
        if found is not None and found != "" and found != []:
            return None if fields.is_absurd(found) else found
    return None


def word(properties: Properties, field: str, limit: int = 120) -> str:
    """Text; of a list of them the first."""
    found = find(properties, field)
    return fields.text(found[0] if isinstance(found, list) else found, limit)


def identifier(properties: Properties, field: str) -> str:
    """An id; of Shopify's `gid://shopify/Product/12` the number, which is what its webhooks call it."""
    found = fields.identifier(find(properties, field))
    return found.rpartition("/")[2] if found.startswith("gid://") else found


def whole(properties: Properties, field: str, default: int = 0) -> int:
    """A whole number, also from its text or with a fraction cut off."""
    found = find(properties, field)
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 10:
        found = int(found)
    return default if found is None else fields.quantity(found)


def amount(properties: Properties, field: str, currency: str) -> Money | None:
    """Money; None where there is none. Raises BadInput for what is no amount."""
    found = find(properties, field)
    return None if found is None else fields.amount(found, word(properties, "currency", 10) or currency)


def price(properties: Properties, currency: str) -> Money | None:
    """A product's price; one that means nothing is left out, since a view is a view all the same."""
    try:
        found = amount(properties, "price", currency)
    except BadInput:
        return None
    return found if found and found.amount >= 0 else None


def products(properties: Properties, limit: int = 100) -> list[Properties]:
    """The products of an event, each with the event's currency where it has none of its own."""
    listed = fields.parts(find(properties, "products"), limit)
    currency = find(properties, "currency")
    return [{"currency": currency} | dict(each) if currency else each for each in listed]


def lines(properties: Properties, currency: str) -> tuple[Line, ...]:
    """The lines of an order or a cart; one without an id or a price is left out."""
    found = []
    for each in products(properties):
        cost, product_id = price(each, currency), identifier(each, "product_id")
        if cost is not None and product_id:
            pieces = whole(each, "quantity", 1)
            found.append(Line(product_id, word(each, "title"), pieces, cost, word(each, "category", 80)))
    return tuple(found)


def said(given: Any, limit: int = 20) -> tuple[Said, ...]:
    """Questions and answers out of an object; a list of answers is joined by commas, an object is none."""
    if not isinstance(given, Mapping):
        return ()
    found: list[Said] = []
    for key, value in given.items():
        if len(found) == limit:
            break
        answer = ",".join(map(_plain, value[:limit])) if isinstance(value, list) else _plain(value)
        name = fields.text(key, 60)
        if name and answer:
            found.append(Said(name, fields.text(answer, 200)))
    return tuple(found)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    return fields.identifier(value)
