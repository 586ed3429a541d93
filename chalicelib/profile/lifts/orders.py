"""What facts of orders say: an order's content by the store's own time, and each stage once."""

from typing import Any

from chalicelib import clock, events
from chalicelib.profile.facets import Facets
from chalicelib.profile.lifts.registry import CODES, LINES, TITLE, URL, lifts
from chalicelib.profile.orders import mix_of, written


@lifts(events.OrderCreated)
def _order_created(event: events.OrderCreated, at: str) -> Facets:
    return _order(event.order_id, at, **_told(event), **_placed(event, at))


@lifts(events.OrderCompleted)
def _order_completed(event: events.OrderCompleted, at: str) -> Facets:
    if event.placed_at is None:
        return _order(event.order_id, at, **_told(event), paid=at)
    placed = min(clock.to_text(event.placed_at), at)
    return _order(event.order_id, placed, **_told(event), **_placed(event, placed), paid=at)


@lifts(events.OrderUpdated)
def _order_updated(event: events.OrderUpdated, at: str) -> Facets:
    return _order(event.order_id, at, **_told(event))


@lifts(events.OrderFulfilled)
def _order_fulfilled(event: events.OrderFulfilled, at: str) -> Facets:
    return _order(event.order_id, at, fulfilled=at)


@lifts(events.OrderCancelled)
def _order_cancelled(event: events.OrderCancelled, at: str) -> Facets:
    return _order(event.order_id, at, cancelled=at)


@lifts(events.OrderRefunded)
def _order_refunded(event: events.OrderRefunded, at: str) -> Facets:
    return _order(event.order_id, at, refunds={event.refund_id: [at, event.id, *event.amount]})


def _order(order_id: str, first: str, **facts: Any) -> Facets:
    return {"orders": {order_id: {"first": first, **facts}}}


def _placed(event: events.OrderCreated, at: str) -> Facets:
    return {"placed": at, "noon": at} if event.day_only else {"placed": at}


def _told(event: events.OrderCreated) -> Facets:
    told: Facets = {"content": _content(event)}
    if event.stands is not None:
        told["stood" if event.stands else "cancelled"] = told["content"][0]
    if event.checkout_id:
        told["checkout"] = [*told["content"][:2], event.checkout_id[:TITLE]]
    return told


def _content(event: events.OrderCreated) -> list[Any]:
    content: dict[str, Any] = {"total": list(event.total)}
    if event.number:
        content["number"] = event.number[:TITLE]
    if event.discount:
        content["discount"] = list(event.discount)
    if event.shipping:
        content["shipping"] = list(event.shipping)
    if event.lines:
        content["lines"] = [
            [line.product_id[:TITLE], line.title[:TITLE], line.quantity, list(line.price), line.category[:TITLE]]
            for line in event.lines[:LINES]
        ]
    if len(event.lines) > LINES:
        lines = ([line.product_id, line.title, line.quantity, line.price, line.category] for line in event.lines)
        content["mix"] = written(mix_of(lines, event.total.currency))
    if event.pay_url and len(event.pay_url) <= URL:  # a cut link leads nowhere
        content["pay_url"] = event.pay_url
    if event.codes:
        content["codes"] = [code[:TITLE] for code in event.codes[:CODES]]
    return [clock.to_text(event.updated_at), event.id, content]
