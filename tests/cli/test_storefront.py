"""What the demo's storefronts post is what the deployed intake takes, for every platform and every button."""

import json
from datetime import timedelta

import pytest

from chalicelib import clock
from chalicelib.collect import intake
from chalicelib.collect.delivery import Delivery
from cli.demo.journey import Item
from cli.demo.people import Person
from cli.demo.storefront import Order, order_webhook
from cli.local.cloud import SECRETS
from cli.publish.compile import bundle_of

NOW = clock.parse("2026-11-20T09:00:00Z")
KETTLE = Item("1041", "Kettle", "Kitchen", 2, "49.50")
PLATFORMS = ("shopify", "woocommerce", "generic")


def _person(platform):
    return Person(71, "JP", "en", "Asia/Tokyo", "Yui", False, platform)


def _facts(post):
    secret = SECRETS[f"webhook_{post.source}"].encode()
    headers = {name.lower(): value for name, value in post.headers.items()}
    mapping = json.loads(json.dumps(bundle_of().sources["generic"])) if post.source == "generic" else {}
    found = intake.read(Delivery(post.source, headers, post.body, [secret], NOW, mapping=mapping))
    assert isinstance(found, list), found
    return {fact.name: fact for fact in found}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_stage_of_an_order_is_taken(platform):
    order = Order("5001", _person(platform), (KETTLE,), "99.00", NOW - timedelta(minutes=9))
    created = _facts(order_webhook(order, NOW))["Order Created"]
    assert (created.total.amount, created.total.currency) == (9900, "USD")
    assert created.lines[0].quantity == 2
    assert created.pay_url == "https://shop.example/orders/5001/pay"
    assert _facts(order_webhook(order.pay(NOW), NOW))["Order Completed"].occurred_at == NOW
    assert "Order Cancelled" in _facts(order_webhook(order.cancel(NOW), NOW))
