"""What a storefront is promised: only what is authentic is taken, by its bytes, once, in any order, with no fault."""

import base64
import json
import os
import random
from datetime import UTC, datetime, timedelta

from chalicelib import ids
from chalicelib.aws.clients import client
from chalicelib.collect import intake
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.collect.sources import generic, shopify, shoplazza, shopline, woocommerce
from chalicelib.profile.fold import fold_all
from tests.collect import test_shopify, test_woocommerce
from tests.collect.conftest import (
    MATERIAL,
    NOW,
    needs_material,
    shopify_headers,
    sign_base64,
    sign_generic,
)
from tests.collect.test_order_of_arrival import facts_of
from tests.collect.test_strict_json import REFUSED
from tests.conftest import SECRETS_JSON

SIGNATURES = {
    "shopify": ("X-Shopify-Hmac-SHA256", "X-Shopify-Topic"),
    "woocommerce": ("X-WC-Webhook-Signature", "X-WC-Webhook-Topic"),
    "shopline": ("X-Shopline-Hmac-Sha256", "X-Shopline-Topic"),
    "shoplazza": ("X-Shoplazza-Hmac-Sha256", "X-Shoplazza-Topic"),
}
SECRETS = {"shopify": "shopify-secret", "woocommerce": "woo-secret"} | {
    name: f"{name}-secret" for name in ("shopline", "shoplazza")
}


def headers(source, topic, signature):
    signed, named = (name.lower() for name in SIGNATURES[source])
    return {"content-type": "application/json", named: topic} | ({signed: signature} if signature is not None else {})


def real_bodies():
    """(source, topic, bytes) of what real senders sent; Shopify's again in the manner of SHOPLINE and Shoplazza."""
    for _, topic, body in test_shopify.bodies():
        yield "shopify", topic, body
        if topic in shopline.TOPICS:
            yield "shopline", topic, body
        if topic in shoplazza.TOPICS:
            wrapped = {topic.partition("/")[0].removesuffix("s"): json.loads(body)}
            yield "shoplazza", topic, json.dumps(wrapped, ensure_ascii=False).encode()
    for topic, data in test_woocommerce.cases():
        yield "woocommerce", topic, json.dumps(data, ensure_ascii=False).encode()


def judge(source, given, body, secrets=None):
    delivery = Delivery(source, given, body, secrets if secrets is not None else [SECRETS[source].encode()], NOW)
    return intake.read(delivery)


def is_refused(found):
    return found is DropReason.BAD_SIGNATURE


@needs_material
def test_only_authentic_deliveries_are_taken(record_property):
    accepted = attempts = taken = 0
    cases = list(real_bodies())
    for source, topic, body in cases:
        secret = SECRETS[source]
        good = sign_base64(body, secret)
        accepted += not is_refused(judge(source, headers(source, topic, good), body))
        flipped = body[:-2] + bytes([body[-2] ^ 1]) + body[-1:]
        again = json.dumps(json.loads(body), separators=(",", ":")).encode()
        wrong = [
            (good, flipped, None),
            (sign_base64(body, "another"), body, None),
            (sign_base64(body, ""), body, None),
            (sign_base64(body, ""), body, [b""]),
            (None, body, None),
            ("", body, None),
            (good[:-2], body, None),
        ]
        if source != "shopline":  # its own library writes hex
            wrong.append((base64.b64decode(good).hex(), body, None))
        if again != body:
            wrong.append((good, again, None))
        attempts += len(wrong)
        taken += sum(
            not is_refused(judge(source, headers(source, topic, sign), sent, keys)) for sign, sent, keys in wrong
        )
    assert (accepted, taken) == (len(cases), 0)
    real = sum(source in ("shopify", "woocommerce") for source, _, _ in cases)
    vector = json.loads((MATERIAL / "standard-webhooks" / "vectors.json").read_text())
    results = [_standard(vector, sign) for sign in (vector["signature"], vector["near_miss_signature"])]
    assert results == [True, False]
    record_property(
        "promise",
        f"P1: {real}/{real} real bodies accepted, {len(cases) - real} more as SHOPLINE and Shoplazza would send them;"
        f" {taken}/{attempts} tampered accepted;"
        f" Standard Webhooks vector {int(results[0])}/1, near miss {int(results[1])}/1",
    )


def _standard(vector, sign, *, seconds=0, secret=None):
    at = datetime.fromtimestamp(vector["timestamp"], UTC) + timedelta(seconds=seconds)
    given = {"webhook-id": vector["msg_id"], "webhook-timestamp": str(vector["timestamp"]), "webhook-signature": sign}
    keys = [(secret or vector["secret"]).encode()]
    delivery = Delivery("till", given, vector["payload"].encode(), keys, at, mapping={"signature": "standard"})
    return generic.verify(delivery) is None


@needs_material
def test_standard_webhooks_signs_as_its_vector_says_and_no_wider():
    vector = json.loads((MATERIAL / "standard-webhooks" / "vectors.json").read_text())
    good, near = vector["signature"], vector["near_miss_signature"]
    assert [_standard(vector, good, seconds=each) for each in (-301, -299, 0, 299, 301)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert _standard(vector, f"{near} v1a,x {good}")
    bare = vector["secret"].removeprefix("whsec_")
    assert _standard(vector, good, secret=bare)
    wrong = [
        "",
        good[3:],
        "v1",
        "v1,",
        f"v2,{good[3:]}",
        f"v1,{good}",
        "v1,é",
        good.upper(),
        good.replace(" ", "")[:-1],
    ]
    assert [_standard(vector, each) for each in wrong] == [False] * len(wrong)
    assert not _standard(vector, good, secret="whsec_not base64!")
    assert not _standard(vector | {"msg_id": ""}, good)


@needs_material
def test_signatures_are_held_against_the_raw_bytes(web, record_property):
    cases = [(topic, body) for _, topic, body in test_shopify.bodies()]
    spaced = [(topic, json.dumps(json.loads(body), indent=3).encode()) for topic, body in cases]
    answers = [
        web.call("POST", "/webhooks/shopify", shopify_headers(body, topic), body, encoded=encoded).status
        for topic, body in cases + spaced
        for encoded in (True, False)
    ]
    assert answers == [200] * len(answers)
    record_property("promise", f"P2: {answers.count(200)}/{len(answers)} by their raw bytes, plain and in base64")


def test_no_delivery_is_lost_while_a_secret_is_rotated(web, record_property):
    def accept(keys, numbers):
        found = []
        for number in numbers:
            body = json.dumps(test_shopify.order(id=number + 1)).encode()
            key = keys[number % len(keys)]
            given = {name.lower(): value for name, value in shopify_headers(body, "orders/create", key).items()}
            secrets = web.cloud.secrets.of_webhook("shopify")
            found.append(not is_refused(judge("shopify", given, body, secrets)))
        return sum(found)

    values = json.loads(SECRETS_JSON) | {"webhook_shopify": "new", "webhook_shopify_old": "old"}
    client("secretsmanager").put_secret_value(SecretId=os.environ["DRIPLINE_SECRETS"], SecretString=json.dumps(values))
    web.cloud.renew_secrets(NOW)
    both = accept(("new", "old"), range(200))
    del values["webhook_shopify_old"]
    client("secretsmanager").put_secret_value(SecretId=os.environ["DRIPLINE_SECRETS"], SecretString=json.dumps(values))
    web.cloud.renew_secrets(NOW + timedelta(minutes=6))
    retired = accept(("old",), range(50))
    assert (both, retired, accept(("new",), range(50))) == (200, 0, 50)
    record_property("promise", f"P3: {both}/200 under two secrets accepted, {retired}/50 under the retired one")


def test_replays_outside_the_window_are_refused(record_property):
    body = b'{"type": "none"}'
    taken = {}
    for seconds in (-301, -299, 299, 301):
        given = {"x-dripline-signature": sign_generic(body, "k", NOW + timedelta(seconds=seconds))}
        taken[seconds] = generic.verify(Delivery("till", given, body, [b"k"], NOW)) is None
    assert taken == {-301: False, -299: True, 299: True, 301: False}
    told = ", ".join(f"{seconds:+d} s {'accepted' if fine else 'refused'}" for seconds, fine in taken.items())
    record_property("promise", f"P4: {told}")


def test_distinct_orders_never_collapse(web, record_property):
    numbers = range(1, 201)  # all under the one delivery id that the conftest's headers carry
    answers = [web.woo("order.created", test_woocommerce.order(id=number)).status for number in numbers]
    stored = {fact.order_id for fact in web.facts("Order Created")}
    assert answers == [200] * 200
    record_property("promise", f"P6: {len(stored)}/200 WooCommerce orders under one delivery id stored")
    assert len(stored) == 200


def test_a_thousand_orders_of_arrival_end_in_one_state(record_property):
    def shopify_case(topic, data):
        return "shopify", shopify_headers, topic, data, b"shopify-secret"

    order = test_shopify.order
    refund = {"id": 9, "order_id": order()["id"], "processed_at": "2026-11-22T12:00:00Z"}
    refund["transactions"] = [{"kind": "refund", "status": "success", "amount": "36.99", "currency": "EUR"}]
    refund["refund_line_items"] = [{"id": 4, "quantity": 1, "line_item": {"product_id": 7339056169172}}]
    told = [
        facts_of(each)
        for each in (
            shopify_case("orders/create", order()),
            shopify_case("orders/paid", order(updated_at="2026-11-22T10:00:00+01:00", total_price="36.99")),
            shopify_case("orders/updated", order(updated_at="2026-11-22T09:30:00+01:00", total_price="40.00")),
            shopify_case("refunds/create", refund),
            shopify_case("orders/cancelled", order(cancelled_at="2026-11-22T13:00:00+01:00")),
        )
    ]
    dice, ends = random.Random(7), set()
    for _ in range(1000):
        arrived = [*told, dice.choice(told)]
        dice.shuffle(arrived)
        stored = {}
        for fact in (fact for facts in arrived for fact in facts):
            stored.setdefault(fact.id, fact)
        profile = fold_all(ids.identity_key("email", "ann@mail.example"), stored.values())
        (found,) = profile.customer.orders.values()
        ends.add((repr(found), found.status))
    record_property("promise", f"P7: 1000 orders of arrival, {len(ends)} final state ({', '.join(s for _, s in ends)})")
    assert len(ends) == 1


@needs_material
def test_no_body_causes_a_fault(web, record_property):
    names = json.loads((MATERIAL / "hostile" / "blns.json").read_text())
    bodies = [*REFUSED, *(json.dumps(name).encode() for name in names)]
    for name in names:
        bodies.append(json.dumps({name: name, "id": name, "line_items": [{"title": name, "price": name}]}).encode())
        bodies.append(name.encode("utf-8", "surrogatepass"))
    statuses = [status for body in bodies for status in _answers_to(body)]
    for number, name in enumerate(names, 1):
        data = test_shopify.order(id=number, name=name, customer_locale=name, note=name)
        data |= {"customer": {"id": name, "first_name": name}, "line_items": [{"product_id": name, "title": name}]}
        statuses += _answers_to(json.dumps(data).encode())
    faults = sum(status >= 500 for status in statuses)
    assert {web.call("POST", "/webhooks/shopify", shopify_headers(b, "orders/create"), b).status for b in REFUSED} == {
        400
    }
    record_property(
        "promise",
        f"P9: {len(REFUSED)} bodies that are no strict JSON and {len(names)} naughty strings,"
        f" {len(statuses)} answers, {faults} of them 5xx",
    )
    assert faults == 0


def _answers_to(body):
    """The status with which each platform's delivery of these bytes, signed, is answered; 500 where anything raises."""
    for source, topic in (
        ("shopify", "orders/create"),
        ("woocommerce", "order.updated"),
        ("shopline", "customers/update"),
        ("shoplazza", "products/update"),
    ):
        try:
            found = judge(source, headers(source, topic, sign_base64(body, SECRETS[source])), body)
        except Exception:
            yield 500
        else:
            yield intake.STATUS.get(found, 200) if isinstance(found, DropReason) else 200


def test_every_platform_is_one_that_intake_knows():
    assert (
        set(intake.PLATFORMS) == set(SIGNATURES) == {each.NAME for each in (shopify, woocommerce, shopline, shoplazza)}
    )
