"""A visit as the snippet posts it: what somebody looked at before a purchase, in one batch from their browser.

Builds the body only. The products are those of the purchase; how long each was
looked at, what went onto the wish-list or out of the cart again, and the code
that was tried is invented.
"""

import json
import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib import clock
from cli.demo.journey import Item
from cli.demo.people import Person

SEARCHES, WISHES, CHANGES_MIND, CHECKS_OUT = 0.3, 0.25, 0.12, 0.7
LOOKED_AT = 3
SHOP = "https://shop.example"


def visit_body(
    person: Person, items: tuple[Item, ...], key: str, chance: random.Random, now: datetime, code: str = ""
) -> bytes:
    """A visit that ends at `now`: who, the shelf, up to three products, the cart, the checkout with `code`."""
    visit_id = f"v{person.number}-{int(now.timestamp())}"
    at = now - timedelta(minutes=chance.randint(4, 20))
    batch: list[dict[str, Any]] = []

    def tell(**call: Any) -> None:
        batch.append(
            {
                "messageId": f"{visit_id}-{len(batch)}",
                "anonymousId": f"browser-{person.number}",
                "timestamp": clock.to_text(min(at, now)),
                **call,
            }
        )

    def did(event: str, **properties: Any) -> None:
        tell(**track(event, visit_id=visit_id, **properties))

    did("Visit Started", device="phone" if chance.random() < 0.6 else "desktop", referrer="")
    tell(type="identify", traits={"email": person.email})
    tell(type="page", properties={"visit_id": visit_id, "path": "/", "title": "Shop"})
    if chance.random() < SEARCHES:
        did("Products Searched", query=items[0].title.lower())
    did("Product List Viewed", category=items[0].category)
    for item in items[:LOOKED_AT]:
        seconds = chance.randint(5, 150)
        did("Product Viewed", **told(item))
        at += timedelta(seconds=seconds)
        did("Page Left", seconds=seconds, path=f"/p/{item.product_id}", **_of(item))
    if chance.random() < WISHES:
        did("Product Added to Wishlist", **told(items[-1]))
    for item in items[:LOOKED_AT]:
        did("Product Added", **told(item), quantity=item.quantity)
    kept = items[:LOOKED_AT]
    if len(kept) > 1 and chance.random() < CHANGES_MIND:
        did("Product Removed", **told(kept[-1]), quantity=kept[-1].quantity)
        kept = kept[:-1]
    did("Cart Updated", cart_id=f"cart-{visit_id}", url=f"{SHOP}/cart", **_content(kept))
    if code or chance.random() < CHECKS_OUT:
        did("Checkout Started", checkout_id=f"checkout-{visit_id}", url=f"{SHOP}/checkout", **_content(kept))
    if code:
        did("Coupon Applied", coupon=code)
    return json.dumps(
        {"writeKey": key, "sentAt": clock.to_text(now), "context": _context(person), "batch": batch}
    ).encode()


def looks_body(person: Person, calls: list[dict[str, Any]], key: str, now: datetime) -> bytes:
    """Some calls of one moment from a known person's browser."""
    visit = f"look-{person.number}-{int(now.timestamp())}"
    batch = [
        call
        | {"messageId": f"{visit}-{place}", "anonymousId": f"browser-{person.number}", "timestamp": clock.to_text(now)}
        for place, call in enumerate([{"type": "identify", "traits": {"email": person.email}}, *calls])
    ]
    return json.dumps(
        {"writeKey": key, "sentAt": clock.to_text(now), "context": _context(person), "batch": batch}
    ).encode()


def track(event: str, **properties: Any) -> dict[str, Any]:
    """One call of a browser."""
    return {"type": "track", "event": event, "properties": properties}


def told(item: Item) -> dict[str, Any]:
    """A product as the snippet tells of it."""
    return {**_of(item), "name": item.title, "price": item.price, "currency": "USD"}


def _content(items: tuple[Item, ...]) -> dict[str, Any]:
    value = sum((Decimal(item.price) * item.quantity for item in items), Decimal(0))
    products = [told(item) | {"quantity": item.quantity} for item in items]
    return {"products": products, "value": str(value), "currency": "USD"}


def _of(item: Item) -> dict[str, str]:
    return {"product_id": item.product_id, "category": item.category}


def _context(person: Person) -> dict[str, str]:
    return {"timezone": person.zone, "locale": person.language}
