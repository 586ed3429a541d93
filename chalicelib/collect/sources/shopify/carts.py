"""Shopify's carts and checkouts → facts; each delivery is the whole content, the newest `updated_at` wins.

A cart names nobody: its token stands for the browser, and the checkout that is
made of it, or the order, says whose it was. A deleted checkout is told as an
empty cart, since nothing can be bought through its link any more; Shopify does
not say when, so it counts as now.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chalicelib import clock, ids
from chalicelib.collect import fields
from chalicelib.collect.sources.sender import Sender, number
from chalicelib.collect.sources.shopify.orders import lines_of, updated_at, who_of
from chalicelib.errors import BadInput
from chalicelib.events import CartUpdated, CheckoutStarted, Event, Line


def read_cart(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    token = fields.identifier(data.get("token")) or fields.identifier(data.get("id"))
    if not token:
        raise BadInput("a cart without a token")
    priced = fields.parts(data.get("line_items"))
    named = (fields.part(each, "price_set", "shop_money").get("currency_code") for each in priced)
    currency = next((code for code in named if code), sender.currency)
    lines = lines_of(data, currency)
    told = fields.part(data, "customer")
    at = updated_at(data, sender)
    total = sum((number(each.get("line_price")) for each in priced), Decimal(0)) or number(data.get("total_amount"))
    who = sender.who(email=told.get("email"), customer=told.get("id"), phone=told.get("phone"), cart=token)
    return [
        CartUpdated(
            **sender.frame(at, who, "cart", token, clock.to_text(at), _content_of(lines)),
            cart_id=f"{sender.name}:{token}",
            updated_at=at,
            lines=lines,
            total=fields.amount(total, currency) if lines and total else None,
            url=fields.link(data.get("url")),
        )
    ]


def read_checkout(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    checkout_id = _name(data, sender)
    at = updated_at(data, sender)
    currency = data.get("currency") or sender.currency
    lines = lines_of(data, currency)
    completed = fields.instant(data.get("completed_at")) is not None
    total = data.get("total_price")
    key = (checkout_id, "checkout", clock.to_text(at), str(completed), str(total), _content_of(lines))
    return [
        CheckoutStarted(
            **sender.frame(at, who_of(data, sender, checkout_id), *key),
            checkout_id=checkout_id,
            updated_at=at,
            lines=lines,
            total=None if total in (None, "") else fields.amount(total, currency),
            url=fields.link(data.get("abandoned_checkout_url")),
            completed=completed,
        )
    ]


def read_deleted_checkout(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    checkout_id = _name(data, sender)
    frame = sender.frame(None, {"order": checkout_id}, checkout_id, "checkout", "deleted")
    return [CartUpdated(**frame, cart_id=checkout_id, updated_at=sender.now)]


def _name(data: Mapping[str, Any], sender: Sender) -> str:
    found = sender.name_checkout(data.get("id"), data.get("token"))
    if not found:
        raise BadInput("a checkout without an id")
    return found


def _content_of(lines: tuple[Line, ...]) -> str:
    """Two changes within one tick of the shop's clock are two facts."""
    return ids.digest(*(f"{line.product_id}:{line.quantity}:{line.price.amount}" for line in lines))
