"""Shopify's real deliveries, signed again with our secret: what is believed, and which facts they become."""

import base64
import json
from datetime import UTC, datetime

from chalicelib.aws.table import privacy_request_key
from chalicelib.catalogue import store
from chalicelib.money import Money
from chalicelib.playbook import bundle
from tests.collect.conftest import MATERIAL, NOW, needs_material, playbook, shopify_headers, sign_base64

CASES = sorted((MATERIAL / "shopify" / "2023-01").glob("*.json")) if MATERIAL.is_dir() else []
STORED = {
    "carts.create": {"Cart Updated"},
    "carts.update": {"Cart Updated"},
    "checkouts.create": {"Checkout Started"},
    "checkouts.update": {"Checkout Started"},
    "checkouts.delete": {"Cart Updated"},
    "orders.create": {"Order Created", "Customer Updated"},
    "orders.updated": {"Order Updated", "Customer Updated"},
    "orders.paid": {"Order Completed", "Customer Updated"},
    "orders.cancelled": {"Order Cancelled"},
    "orders.fulfilled": {"Order Fulfilled"},
    "refunds.create": {"Order Refunded", "Product Returned"},
    "customers.create": {"Customer Updated"},
    "customers.update": {"Customer Updated"},
    "customers.delete": {"Account Deleted"},
}
CHANGED = ("products.create", "products.update", "products.delete", "inventory_levels.update")
UNUSED = ("shop.update", "customer_groups.create", "fulfillments.update")
NOTHING_NEW = ("customers_marketing_consent.update", "inventory_items.update")


def bodies():
    for path in CASES:
        case = json.loads(path.read_text())
        yield path.stem, case["headers"]["x-shopify-topic"], json.dumps(case["body"], ensure_ascii=False).encode()
    for path in sorted((MATERIAL / "shopify").glob("privacy.*.json")):
        yield path.stem, path.stem.removeprefix("privacy.").replace(".", "/", 1), path.read_bytes()


def order(**changes):
    return {
        "id": 820982911946154508,
        "name": "#1001",
        "email": "Ann@Mail.example",
        "currency": "EUR",
        "total_price": "36.99",
        "total_discounts": "5.00",
        "created_at": "2026-11-22T09:00:00+01:00",
        "updated_at": "2026-11-22T09:00:05+01:00",
        "customer_locale": "de-DE",
        "order_status_url": "https://shop.example/orders/abc/authenticate?key=x",
        "billing_address": {"country_code": "DE", "phone": "030 123"},
        "customer": {
            "id": 115310627314723954,
            "email": "ann@mail.example",
            "first_name": "Ann",
            "phone": "+4930123456",
        },
        "discount_codes": [{"code": "WELCOME10"}],
        "line_items": [{"product_id": 7339056169172, "title": "Jersey", "quantity": 2, "price": "18.99"}],
    } | changes


@needs_material
def test_every_real_delivery_is_accepted_and_becomes_its_facts(web):
    for encoded in (True, False):
        answers = [
            web.call("POST", "/webhooks/shopify", shopify_headers(body, topic), body, encoded=encoded).status
            for _, topic, body in bodies()
        ]
        assert answers == [200] * len(CASES) + [200] * 3
    found = {}
    for fact in web.facts():
        found.setdefault(fact.name, []).append(fact)
    assert set(found) == set().union(*STORED.values())
    assert len(CASES) == len(STORED) + len(CHANGED) + len(UNUSED) + len(NOTHING_NEW)
    assert web.drops() == {"unused_topic": 2 * len(UNUSED), "no_change": 2 * len(NOTHING_NEW)}
    assert len(list(web.cloud.data.list("unused/shopify/2026-11-23/"))) == len(UNUSED)
    assert {product.product_id for product in store.all_products(web.cloud)} == {"788032119674292900"}
    asked = list(web.cloud.catalog.query(privacy_request_key("").pk))
    assert sorted(item["topic"] for item in asked) == ["customers/data_request", "customers/redact", "shop/redact"]


@needs_material
def test_nothing_but_the_very_bytes_under_our_secret_is_accepted(web):
    refused, made = 0, 0
    for _, topic, body in bodies():
        good = shopify_headers(body, topic)
        signature = good["X-Shopify-Hmac-SHA256"]
        flipped = bytes([body[0]]) + bytes([body[1] ^ 1]) + body[2:]
        again = json.dumps(json.loads(body), separators=(",", ":")).encode()
        assert again != body
        without = {name: value for name, value in good.items() if not name.endswith("SHA256")}
        attempts = [
            (good, flipped),
            (good | {"X-Shopify-Hmac-SHA256": sign_base64(body, "another-secret")}, body),
            (good | {"X-Shopify-Hmac-SHA256": sign_base64(body, "")}, body),
            (good | {"X-Shopify-Hmac-SHA256": base64.b64decode(signature).hex()}, body),
            (good | {"X-Shopify-Hmac-SHA256": signature.rstrip("=")}, body),
            (good | {"X-Shopify-Hmac-SHA256": "ü" + signature[1:]}, body),
            (good | {"X-Shopify-Hmac-SHA256": ""}, body),
            (without, body),
            (good, again),
        ]
        for headers, sent in attempts:
            made += 1
            refused += web.call("POST", "/webhooks/shopify", headers, sent).status == 401
    assert refused == made
    assert web.facts() == []
    assert list(web.cloud.data.list("unused/")) == list(web.cloud.data.list("quarantine/")) == []
    print(f"refused {refused} of {made}")


def test_two_secrets_sign_during_a_rotation(web):
    numbers = range(1, 41)
    answers = [
        web.shopify("orders/create", order(id=number), ["shopify-secret", "shopify-old-secret"][number % 2]).status
        for number in numbers
    ]
    assert answers == [200] * 40
    assert web.shopify("orders/create", order(id=99), "retired-secret").status == 401
    assert len(web.facts("Order Created")) == 40


def test_an_order_keeps_what_was_said_of_it(web):
    assert web.shopify("orders/create", order()).status == 200
    (created,) = web.facts("Order Created")
    assert created.order_id == "shopify:820982911946154508"
    assert created.total == Money(3699, "EUR")
    assert created.discount == Money(500, "EUR")
    assert created.occurred_at == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    assert created.updated_at == datetime(2026, 11, 22, 8, 0, 5, tzinfo=UTC)
    assert created.codes == ("WELCOME10",)
    assert created.pay_url == "https://shop.example/orders/abc/authenticate?key=x"
    assert [(line.product_id, line.quantity, line.price) for line in created.lines] == [
        ("7339056169172", 2, Money(1899, "EUR"))
    ]
    assert dict(created.who) == {
        "email": "ann@mail.example",
        "customer": "shopify:115310627314723954",
        "phone": "+4930123456",
        "order": "shopify:820982911946154508",
    }
    (buyer,) = web.facts("Customer Updated")
    assert (buyer.first_name, buyer.language, buyer.country) == ("Ann", "de-DE", "DE")


def test_the_same_stage_counts_once_however_often_it_arrives(web):
    for _ in range(5):
        assert web.shopify("orders/paid", order()).status == 200
    assert web.shopify("orders/paid", order(updated_at="2026-11-22T12:00:00+01:00")).status == 200
    assert len(web.facts("Order Completed")) == 1


def test_each_version_of_an_order_is_its_own_fact(web):
    for minute in range(4):
        web.shopify("orders/updated", order(updated_at=f"2026-11-22T09:0{minute}:00+01:00"))
        web.shopify("orders/updated", order(updated_at=f"2026-11-22T09:0{minute}:00+01:00"))
    assert len(web.facts("Order Updated")) == 4


def test_a_refund_finds_its_order_by_number_and_counts_money_once(web):
    refund = {
        "id": 890088186047892319,
        "order_id": 820982911946154508,
        "processed_at": "2026-11-22T10:00:00Z",
        "note": "Too small",
        "transactions": [{"kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR"}],
        "refund_line_items": [{"subtotal": 31.99, "total_tax": 0}],
    }
    assert [web.shopify("refunds/create", refund).status for _ in range(2)] == [200, 200]
    (refunded,) = web.facts("Order Refunded")
    assert (refunded.amount, refunded.reason) == (Money(1000, "EUR"), "Too small")
    assert dict(refunded.who) == {"order": "shopify:820982911946154508"}
    assert web.shopify("refunds/create", refund | {"id": 2, "transactions": [], "refund_line_items": []}).status == 200
    assert len(web.facts("Order Refunded")) == 1
    assert web.drops() == {"no_change": 1}
    yen = {"amount": "4500", "currency": "JPY"}
    shop = yen | {"amount_set": {"shop_money": {"amount": "30.00", "currency_code": "EUR"}}}
    plain = {"amount": "2.00", "currency": "eur"}
    sums = {3: [shop, shop], 4: [shop, plain], 5: [yen], 6: [yen, shop]}
    for number, transactions in sums.items():
        web.shopify("refunds/create", refund | {"id": number, "transactions": transactions, "refund_line_items": []})
    told = {fact.refund_id: fact.amount for fact in web.facts("Order Refunded")}
    assert [told.get(str(each)) for each in sums] == [Money(6000, "EUR"), Money(3200, "EUR"), Money(4500, "JPY"), None]
    assert web.drops() == {"no_change": 1, "unusable": 1}


def test_consent_counts_only_with_its_time(web):
    def customer(number, state, at):
        block = {"state": state, "opt_in_level": "single_opt_in", "consent_updated_at": at}
        return {"id": number, "email": f"c{number}@mail.example", "email_marketing_consent": block}

    web.shopify("customers/update", customer(1, "subscribed", "2026-11-01T00:00:00Z"))
    web.shopify("customers/update", customer(2, "subscribed", None))
    web.shopify("customers/update", customer(3, "unsubscribed", None))
    web.shopify("customers/update", customer(4, None, None))
    web.shopify(
        "customers/update", {"id": 5, "email": None, "email_marketing_consent": None, "accepts_marketing": True}
    )
    found = {fact.who["customer"]: fact for fact in web.facts("Consent Recorded")}
    assert {who: fact.subscribed for who, fact in found.items()} == {"shopify:1": True, "shopify:3": False}
    assert found["shopify:1"].wording == "shopify:single_opt_in"
    assert found["shopify:1"].occurred_at == datetime(2026, 11, 1, tzinfo=UTC)


def test_a_consent_topic_without_a_state_changes_nothing(web):
    empty = {"state": None, "opt_in_level": None, "consent_updated_at": None, "consent_collected_from": "other"}
    data = {"customer_id": 706405506930370084, "email_address": None, "email_marketing_consent": empty}
    assert web.shopify("customers_email_marketing_consent/update", data).status == 200
    assert web.facts() == []
    data["email_marketing_consent"] = empty | {"state": "unsubscribed", "consent_updated_at": "2026-11-22T00:00:00Z"}
    data["email_address"] = "Ann@mail.example"
    assert web.shopify("customers_email_marketing_consent/update", data).status == 200
    (fact,) = web.facts("Consent Recorded")
    assert (fact.channel, fact.subscribed) == ("email", False)
    assert dict(fact.who) == {"email": "ann@mail.example", "customer": "shopify:706405506930370084"}


def test_another_shop_is_refused_once_shops_are_listed(web):
    settings = playbook()
    settings["settings"]["store"]["shopify_shops"] = ["aurora.myshopify.com"]
    settings["version"] = "listed"
    web.cloud.data.put("playbook/bundles/listed.json", json.dumps(settings).encode())
    web.cloud.data.put_json(bundle.POINTER, {"version": "listed"})
    bundle.forget()
    assert web.shopify("orders/create", order()).status == 200
    body = json.dumps(order(id=2)).encode()
    foreign = shopify_headers(body, "orders/create") | {"X-Shopify-Shop-Domain": "other.myshopify.com"}
    assert web.call("POST", "/webhooks/shopify", foreign, body).status == 401
    assert len(web.facts("Order Created")) == 1
    assert web.drops() == {"foreign_shop": 1}


def test_a_sender_s_clock_never_reaches_beyond_now(web):
    for number, at in enumerate(
        ("2026-11-23T10:20:00Z", "2027-11-23T10:00:00Z", "0001-01-01T00:00:00+14:00", "soon", 7)
    ):
        assert web.shopify("orders/create", order(id=number + 1, created_at=at, updated_at=at)).status == 200
    assert [(fact.occurred_at, fact.updated_at) for fact in web.facts("Order Created")] == [(NOW, NOW)] * 5
