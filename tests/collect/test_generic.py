"""A sender of its own make: signed with a time, mapped by the playbook's file."""

import json
from datetime import UTC, datetime, timedelta

from chalicelib.catalogue import store
from chalicelib.money import Money
from cli import replaying
from tests.collect.conftest import NOW, sign_generic

ORDER = {
    "type": "order.placed",
    "order": {
        "id": 9007199254740993,
        "number": "A-1",
        "total": "1200",
        "currency": "JPY",
        "placed_at": "2026-11-23T18:30:00+09:00",
        "updated_at": "2026-11-23T18:30:01+09:00",
        "pay_url": "https://shop.example/pay/1",
        "customer": {"id": 5, "email": "Ken@Mail.example"},
        "items": [{"sku": "TEA", "name": "Tea", "quantity": 3, "unit_price": 400}],
    },
}


def post(web, data, at=NOW, secret="generic-secret", source="generic", header=None):
    body = json.dumps(data).encode()
    signature = header if header is not None else sign_generic(body, secret, at)
    headers = {"Content-Type": "application/json", "X-Dripline-Signature": signature}
    return web.call("POST", f"/webhooks/{source}", headers, body)


def test_an_order_is_read_as_the_mapping_says(web):
    assert [post(web, ORDER).status for _ in range(2)] == [200, 200]
    (created,) = web.facts()
    assert created.order_id == "generic:9007199254740993"
    assert created.total == Money(1200, "JPY")
    assert created.occurred_at == datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    assert created.lines[0].price == Money(400, "JPY")
    assert dict(created.who) == {
        "email": "ken@mail.example",
        "customer": "generic:5",
        "order": "generic:9007199254740993",
    }


def test_every_event_of_the_default_mapping_can_be_sent(web):
    customer = {"id": 5, "email": "ken@mail.example", "language": "ja", "country": "jp", "time_zone": "Asia/Tokyo"}
    order = ORDER["order"] | {
        "paid_at": "2026-11-23T09:40:00Z",
        "shipped_at": "2026-11-23T09:50:00Z",
        "cancelled_at": "2026-11-23T09:55:00Z",
    }
    at = "2026-11-23T09:00:00Z"
    refund = {"id": "R1", "order_id": 9007199254740993, "amount": 400, "currency": "JPY", "made_at": at}
    sent = [
        {"type": "order.paid", "order": order},
        {"type": "order.shipped", "order": order},
        {"type": "order.cancelled", "order": order},
        {"type": "refund.made", "refund": refund, "customer": customer},
        {"type": "product.viewed", "id": "v1", "at": at, "visitor": "abc", "product": {"sku": "TEA", "name": "Tea"}},
        {"type": "newsletter.changed", "id": "n1", "at": at, "customer": customer, "subscribed": False},
        {"type": "customer.changed", "id": "c1", "at": at, "customer": customer | {"time_zone": "Mars/Olympus"}},
    ]
    assert [post(web, data).status for data in sent] == [200] * len(sent)
    found = {fact.name: fact for fact in web.facts()}
    assert len(found) == len(sent)
    assert web.drops() == {}
    assert (found["Customer Updated"].country, found["Customer Updated"].time_zone) == ("JP", "")
    assert found["Order Refunded"].order_id == found["Order Completed"].order_id
    assert found["Consent Recorded"].subscribed is False


def test_five_minutes_either_way_and_not_a_second_more(web):
    seconds = (-301, -299, 0, 299, 301)
    assert [post(web, ORDER, NOW + timedelta(seconds=each)).status for each in seconds] == [401, 200, 200, 200, 401]


def test_other_signatures_are_refused(web):
    body = json.dumps(ORDER).encode()
    good = sign_generic(body, "generic-secret", NOW)
    stamp, _, mac = good.partition(",v1=")
    assert post(web, ORDER, header=f"{stamp},v1={'0' * 64},v1={mac}").status == 200
    wrong = ["", "t=,v1=", mac, f"v1={mac}", f"{stamp},v1={mac.upper()}", f"{stamp},v1={mac[:-1]}", f"t=1,v1={mac}"]
    wrong += [f"{stamp}, v1={mac}", f"t=٣,v1={mac}", sign_generic(body, "", NOW), sign_generic(body, "x", NOW)]
    assert [post(web, ORDER, header=each).status for each in wrong] == [401] * len(wrong)
    assert post(web, ORDER, source="unmapped").status == 404


def test_what_the_mapping_cannot_read_is_kept_and_never_a_fault(web):
    order = ORDER["order"]
    broken = [
        ORDER | {"order": order | {"total": "much"}},
        ORDER | {"order": order | {"id": None}},
        ORDER | {"order": order | {"placed_at": "yesterday"}},
        ORDER | {"order": order | {"currency": "yens"}},
        ORDER | {"order": order | {"items": [{"sku": "TEA"}]}},
        ORDER | {"order": None},
        {
            "type": "newsletter.changed",
            "id": "n1",
            "at": "2026-11-23T09:00:00Z",
            "customer": {"id": 1},
            "subscribed": 1,
        },
    ]
    assert [post(web, data).status for data in broken] == [200] * len(broken)
    assert post(web, {"type": ["order.placed"]}).status == 200
    assert post(web, {"type": "order.haunted"}).status == 200
    assert web.facts() == []
    assert web.drops() == {"unusable": 6, "nobody": 1, "unused_topic": 2}
    assert len(list(web.cloud.data.list("quarantine/generic/2026-11-23/"))) == len(broken)


def test_carts_wishes_and_what_people_say_can_be_sent(web):
    at, product = "2026-11-23T09:00:00Z", {"sku": "TEA", "name": "Tea", "category": "drinks", "price": 400}
    customer = {"id": 5, "email": "ken@mail.example"}
    cart = {"id": "k1", "updated_at": at, "total": 800, "url": "https://shop.example/cart/k1"}
    cart |= {"items": [{"sku": "TEA", "name": "Tea", "quantity": 2, "unit_price": 400}]}
    about = {"at": at, "customer": customer, "product": product, "currency": "JPY", "order_id": 7}
    sent = [
        {"type": "cart.changed", "cart": cart, "customer": customer, "currency": "JPY"},
        {"type": "checkout.changed", "cart": cart | {"completed": False}, "customer": customer, "currency": "JPY"},
        {"type": "wishlist.added", "id": "w1"} | about,
        {"type": "wishlist.removed", "id": "w2"} | about,
        {"type": "question.asked", "id": "q1", "subject": "Is it green?"} | about,
        {"type": "complaint.made", "id": "k1", "subject": "It is black."} | about,
        {"type": "goods.returned", "id": "r1", "quantity": 1, "reason": "bitter"} | about,
        {"type": "product.reviewed", "id": "v1", "rating": 2, "words": "meh"} | about,
    ]
    assert [post(web, data).text for data in sent] == ["ok"] * len(sent)
    found = {fact.name: fact for fact in web.facts()}
    assert len(found) == len(sent)
    assert found["Cart Updated"].total == found["Checkout Started"].total == Money(800, "JPY")
    assert found["Checkout Started"].lines[0].quantity == 2
    assert (found["Product Returned"].reason, found["Product Returned"].order_id) == ("bitter", "generic:7")
    assert found["Product Reviewed"].rating == 2
    assert post(web, sent[0] | {"cart": cart | {"updated_at": "2026-11-23T09:30:00Z"}}).text == "ok"
    assert len(web.facts("Cart Updated")) == 2


def test_products_change_the_catalogue_and_no_fact(web):
    product = {"sku": "TEA", "name": "Tea", "price": 400, "cost": 120, "stock": 9, "for_gender": "women", "tags": ["x"]}
    changed = {"type": "product.changed", "at": "2026-11-23T09:00:00Z", "currency": "JPY", "product": product}
    assert post(web, changed).text == "ok"
    found = store.get(web.cloud, "TEA")
    assert (found.title, found.price, found.margin, found.stock) == ("Tea", Money(400, "JPY"), Money(280, "JPY"), 9)
    assert (found.target_gender, found.tags, found.deleted) == ("female", ("x",), False)
    removed = {"type": "product.removed", "at": "2026-11-23T09:30:00Z", "product": {"sku": "TEA"}}
    assert post(web, removed).text == "ok"
    assert store.get(web.cloud, "TEA").deleted
    assert post(web, changed | {"product": product | {"stock": "many"}}).text == "unusable"
    assert web.facts() == []


def test_a_body_put_aside_is_taken_days_after_its_signature_has_aged(web):
    broken = ORDER | {"order": ORDER["order"] | {"total": "a lot"}}
    assert post(web, broken).text == "unusable"
    (key,) = web.cloud.data.list("quarantine/generic/")
    headers = web.cloud.data.read_metadata(key)
    web.cloud.data.put(key, json.dumps(ORDER).encode(), metadata=headers)  # as if the mapping had learned to read it
    assert replaying.replay(web.cloud, "quarantine", NOW + timedelta(days=2)) == {"taken": 1}
    assert [fact.name for fact in web.facts()] == ["Order Created"]
