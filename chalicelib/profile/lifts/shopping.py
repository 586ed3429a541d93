"""What a person does in the store before ordering: acts, wishes, the cart, and how long pages could be seen."""

from typing import Any

from chalicelib import clock, events
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts.device import with_device
from chalicelib.profile.lifts.registry import TITLE, URL, counted, lifts
from chalicelib.profile.shopping import act

CART_LINES = 20
LONGEST_LOOK = 3600  # seconds; a page left open over lunch says no more than that

counted(
    events.PageViewed,
    events.CartViewed,
    events.CouponApplied,
    events.CustomEventTracked,
)


@lifts(events.VisitStarted)
def _visit(event: events.VisitStarted, at: str) -> Facets:
    return with_device({}, event, at, event.time_zone, event.language)


def _about_product(event: Any, at: str, kind: str) -> Facets:
    return {
        "recent": act(
            event.id,
            at,
            kind,
            product_id=event.product_id,
            text=getattr(event, "title", ""),
            category=getattr(event, "category", ""),
            price=getattr(event, "price", None),
            quantity=max(getattr(event, "quantity", 1), 1),
        )
    }


@lifts(events.ProductViewed)
def _viewed(event: events.ProductViewed, at: str) -> Facets:
    return _about_product(event, at, "viewed")


@lifts(events.ProductAdded)
def _added(event: events.ProductAdded, at: str) -> Facets:
    return _about_product(event, at, "added")


@lifts(events.ProductRemoved)
def _removed(event: events.ProductRemoved, at: str) -> Facets:
    return _about_product(event, at, "removed")


@lifts(events.ProductAddedToWishlist)
def _wished(event: events.ProductAddedToWishlist, at: str) -> Facets:
    price = list(event.price) if event.price else []
    wish = [at, event.id, True, event.title[:TITLE], price, event.category[:TITLE]]
    return _about_product(event, at, "wished") | {"wishes": {event.product_id[:TITLE]: wish}}


@lifts(events.ProductRemovedFromWishlist)
def _unwished(event: events.ProductRemovedFromWishlist, at: str) -> Facets:
    return _about_product(event, at, "unwished") | {
        "wishes": {event.product_id[:TITLE]: [at, event.id, False, "", [], ""]}
    }


@lifts(events.ProductsSearched)
def _searched(event: events.ProductsSearched, at: str) -> Facets:
    return {"recent": act(event.id, at, "searched", text=event.query)}


@lifts(events.ProductListViewed)
def _listed(event: events.ProductListViewed, at: str) -> Facets:
    return {"recent": act(event.id, at, "listed", category=event.category)} if event.category else {}


@lifts(events.PageLeft)
def _left(event: events.PageLeft, at: str) -> Facets:
    seconds = min(max(event.seconds, 0), LONGEST_LOOK)
    seen: Facets = {"sums": {"seconds": {str(_day(event)): seconds}}} if seconds else {}
    if event.product_id or event.category:
        left = act(event.id, at, "left", product_id=event.product_id, category=event.category, number=seconds)
        seen["recent"] = left
    return seen


@lifts(events.CartUpdated)
def _cart_updated(event: events.CartUpdated, at: str) -> Facets:
    return _cart(event)


@lifts(events.CheckoutStarted)
def _checkout_started(event: events.CheckoutStarted, at: str) -> Facets:
    began = {} if event.completed else {"recent": act(event.id, at, "checkout")}
    return _cart(event) | began


def _cart(event: events.CartUpdated | events.CheckoutStarted) -> Facets:
    content: dict[str, Any] = {}
    if event.lines:
        content["lines"] = [
            [line.product_id[:TITLE], line.title[:TITLE], line.quantity, list(line.price), line.category[:TITLE]]
            for line in event.lines[:CART_LINES]
        ]
    if event.total:
        content["total"] = list(event.total)
    if event.url and len(event.url) <= URL:
        content["url"] = event.url
    if isinstance(event, events.CheckoutStarted):
        content["checkout"] = event.checkout_id[:TITLE]
        if event.completed:
            content["completed"] = True
    return {"cart": [clock.to_text(min(event.updated_at, event.received_at)), event.id, content]}


def _day(event: events.PageLeft) -> int:
    return int(min(event.occurred_at, event.received_at).timestamp()) // 86_400
