"""What `where` looks at: single acts in the store and the lines of single orders, with their fields.

    product_id, category, title    text, of which a profile keeps the first KEPT letters
    price                          per piece, in a currency
    quantity, seconds              numbers; seconds of a page left
    query                          the words searched for

A happening holds when one of its parts (an act is its only part, an order's
are its lines) satisfies every field asked for. The window is exact to the
moment. Refuses to count what a profile no longer keeps: see ACT_DAYS and
ORDERS_WITH_LINES, which `check` tells whoever asks further back.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.profile.comparison import compare, comparisons
from chalicelib.profile.shopping import ACT_DAYS
from chalicelib.profile.traits import whole_units

if TYPE_CHECKING:
    from chalicelib.events import Line
    from chalicelib.profile.customer import Customer
    from chalicelib.profile.shopping import Act

    Part = Act | Line

ACTS = {
    "Product Viewed": "viewed",
    "Product Added": "added",
    "Product Removed": "removed",
    "Product Added to Wishlist": "wished",
    "Product Removed from Wishlist": "unwished",
    "Products Searched": "searched",
    "Product List Viewed": "listed",
    "Page Left": "left",
}
ORDERS = {
    "Order Created": "placed_at",
    "Order Completed": "paid_at",
    "Order Cancelled": "cancelled_at",
    "Order Fulfilled": "fulfilled_at",
}
KEPT = {"product_id": 60, "category": 40, "title": 40, "query": 40}
"""Letters of each text that are compared: the fewest that any place keeps."""

NUMBERS = ("quantity", "seconds")
_OF_PRODUCTS = ("product_id", "category", "title", "price", "quantity")
FIELDS = (
    dict.fromkeys(ACTS, _OF_PRODUCTS)
    | {"Products Searched": ("query",), "Product List Viewed": ("category",)}
    | {"Page Left": ("product_id", "category", "title", "seconds")}
    | dict.fromkeys(ORDERS, _OF_PRODUCTS)
)
"""Event → the fields that `where` may ask for."""

LONGEST_DAYS = dict.fromkeys(ACTS, ACT_DAYS)
"""Of acts no more is kept; of orders the lines of the newest, however old."""


def happenings(customer: "Customer", event: str) -> "Iterator[tuple[datetime, Sequence[Part]]]":
    """When each happened, and its parts, as far as the profile keeps them."""
    if event in ACTS:
        kind = ACTS[event]
        for act in customer.recent:
            if act.kind == kind:
                yield act.at, (act,)
    elif event in ORDERS:
        for order in customer.orders.values():
            at = getattr(order, ORDERS[event])
            if at is not None and order.lines:
                yield at, order.lines


def count(customer: "Customer", event: str, where: Mapping[str, Any], since: datetime | None) -> int:
    """How many happened as `where` says, since then or as far back as is known."""
    return sum(
        any(_is_such(part, where) for part in parts)
        for at, parts in happenings(customer, event)
        if since is None or at >= since
    )


def _is_such(part: "Part", where: Mapping[str, Any]) -> bool:
    return all(compare(value_of(part, name, wanted), shortened(name, wanted)) for name, wanted in where.items())


def value_of(part: "Part", name: str, wanted: Any) -> Any:
    """One field as it is compared: text as far as it is kept, '' for none as None, a price in the currency wanted."""
    value = getattr(part, name)
    if name == "price":
        currency = wanted.get("currency") if isinstance(wanted, Mapping) else None
        known = value is not None and value.currency and currency in (None, value.currency)
        return whole_units(value) if known else None
    return (value[: KEPT[name]] or None) if name in KEPT else value


def shortened(name: str, wanted: Any) -> Any:
    """What is wanted of a text, no longer than what is kept of it."""
    if name not in KEPT:
        return wanted
    return {
        sign: [_cut(each, KEPT[name]) for each in value] if isinstance(value, list | tuple) else _cut(value, KEPT[name])
        for sign, value in comparisons(wanted)
    }


def _cut(value: Any, length: int) -> Any:
    return value[:length] if isinstance(value, str) else value
