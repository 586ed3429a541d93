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

    def tell(kind: str, **told: Any) -> None:
        batch.append(
            {
                "type": kind,
                "messageId": f"{visit_id}-{len(batch)}",
                "anonymousId": f"browser-{person.number}",
                "timestamp": clock.to_text(min(at, now)),
                **told,
            }
        )

    def track(event: str, **properties: Any) -> None:
        tell("track", event=event, properties={"visit_id": visit_id, **properties})

    track("Visit Started", device="phone" if chance.random() < 0.6 else "desktop", referrer="")
    tell("identify", traits={"email": person.email})
    tell("page", properties={"visit_id": visit_id, "path": "/", "title": "Shop"})
    if chance.random() < SEARCHES:
        track("Products Searched", query=items[0].title.lower())
    track("Product List Viewed", category=items[0].category)
    for item in items[:LOOKED_AT]:
        seconds = chance.randint(5, 150)
        track("Product Viewed", **_told(item))
        at += timedelta(seconds=seconds)
        track("Page Left", seconds=seconds, path=f"/p/{item.product_id}", **_of(item))
    if chance.random() < WISHES:
        track("Product Added to Wishlist", **_told(items[-1]))
    for item in items[:LOOKED_AT]:
        track("Product Added", **_told(item), quantity=item.quantity)
    kept = items[:LOOKED_AT]
    if len(kept) > 1 and chance.random() < CHANGES_MIND:
        track("Product Removed", **_told(kept[-1]), quantity=kept[-1].quantity)
        kept = kept[:-1]
    track("Cart Updated", cart_id=f"cart-{visit_id}", url=f"{SHOP}/cart", **_content(kept))
    if code or chance.random() < CHECKS_OUT:
        track("Checkout Started", checkout_id=f"checkout-{visit_id}", url=f"{SHOP}/checkout", **_content(kept))
    if code:
        track("Coupon Applied", coupon=code)
    return json.dumps(
        {"writeKey": key, "sentAt": clock.to_text(now), "context": _context(person), "batch": batch}
    ).encode()


def _told(item: Item) -> dict[str, Any]:
    return {**_of(item), "name": item.title, "price": item.price, "currency": "USD"}


def _content(items: tuple[Item, ...]) -> dict[str, Any]:
    value = sum((Decimal(item.price) * item.quantity for item in items), Decimal(0))
    products = [_told(item) | {"quantity": item.quantity} for item in items]
    return {"products": products, "value": str(value), "currency": "USD"}


def _of(item: Item) -> dict[str, str]:
    return {"product_id": item.product_id, "category": item.category}


def _context(person: Person) -> dict[str, str]:
    return {"timezone": person.zone, "locale": person.language}
