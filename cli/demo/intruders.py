"""Deliveries that must not count, simulated: forged, altered, stale and broken posts to the webhook addresses.

One every few hours, a kind after the other, so that the drops of the intake can
be seen. Refuses to be clever: each is wrong in one way only.
"""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from cli.demo.storefront import Post, sign_generic
from cli.local.cloud import SECRETS

EVERY = timedelta(hours=9)


def plan(
    start: datetime,
    end: datetime,
    at: Callable[[datetime, Callable[[datetime], None]], None],
    send: Callable[[Post], object],
) -> None:
    """One delivery each EVERY from `start` on, of each kind in turn, by `at(instant, action)`."""
    kinds = (_wrong_secret, _altered, _stale, _no_signature, _no_json, _unknown_source, _nobody)
    number, moment = 0, start + EVERY
    while moment < end:
        make = kinds[number % len(kinds)]
        at(moment, _delivering(make, send))
        number, moment = number + 1, moment + EVERY


def _delivering(make: Callable[[datetime], Post], send: Callable[[Post], object]) -> Callable[[datetime], None]:
    def deliver(now: datetime) -> None:
        send(make(now))

    return deliver


def _wrong_secret(now: datetime) -> Post:
    raw = json.dumps({"id": 1, "email": "forged@shopper.example", "total_price": "0.01", "currency": "USD"}).encode()
    return Post("shopify", raw, _shopify(raw, "a guessed secret"))


def _altered(now: datetime) -> Post:
    raw = json.dumps({"id": 2, "email": "forged@shopper.example", "total_price": "10.00", "currency": "USD"}).encode()
    return Post("shopify", raw.replace(b"10.00", b"99.00"), _shopify(raw, SECRETS["webhook_shopify"]))


def _stale(now: datetime) -> Post:
    return sign_generic({"type": "product.viewed", "id": "stale"}, now - timedelta(minutes=20))


def _no_signature(now: datetime) -> Post:
    return replace(sign_generic({"type": "product.viewed", "id": "bare"}, now), headers={})


def _no_json(now: datetime) -> Post:
    raw = b'{"id": 3, "total_price": NaN}'
    return Post("shopify", raw, _shopify(raw, SECRETS["webhook_shopify"]))


def _unknown_source(now: datetime) -> Post:
    return replace(sign_generic({"type": "product.viewed", "id": "lost"}, now), source="someone")


def _nobody(now: datetime) -> Post:
    """A view that names no person; all else about it is right."""
    stamp = now.strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return sign_generic({"type": "product.viewed", "id": f"nobody-{stamp}", "at": stamp, "product": {"sku": "1"}}, now)


def _shopify(raw: bytes, secret: str) -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-Shop-Domain": "shop.example",
        "X-Shopify-Webhook-Id": "forged",
        "X-Shopify-Hmac-Sha256": base64.b64encode(hmac.digest(secret.encode(), raw, "sha256")).decode("ascii"),
    }
