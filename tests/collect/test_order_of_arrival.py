"""An order's life told by webhooks in every order of arrival, some of them twice: one final state."""

import json
import random
from datetime import UTC, datetime

import pytest

from chalicelib import ids
from chalicelib.collect import intake
from chalicelib.collect.delivery import Delivery
from chalicelib.profile import jobs, rebuild, store
from chalicelib.profile.fold import fold_all
from tests.collect.conftest import NOW, shopify_headers, woo_headers
from tests.collect.test_shopify import order
from tests.collect.test_shopline_shoplazza import post
from tests.collect.test_woocommerce import order as woo_order


def deliveries():
    def shopify(topic, data):
        return "shopify", shopify_headers, topic, data, b"shopify-secret"

    def woo(data):
        return "woocommerce", woo_headers, "order.updated", data, b"woo-secret"

    paid = {"date_paid_gmt": "2026-11-22T20:00:00"}
    refund = {"id": 9, "order_id": order()["id"], "processed_at": "2026-11-22T12:00:00Z"}
    refund["transactions"] = [{"kind": "refund", "status": "success", "amount": "36.99", "currency": "EUR"}]
    yield [
        shopify("orders/create", order()),
        shopify("orders/updated", order(updated_at="2026-11-22T09:30:00+01:00", total_price="40.00")),
        shopify("orders/paid", order(updated_at="2026-11-22T10:00:00+01:00", total_price="36.99")),
        shopify("refunds/create", refund),
        shopify("orders/cancelled", order(cancelled_at="2026-11-22T13:00:00+01:00", cancel_reason="customer")),
    ]
    yield [
        woo(woo_order()),
        woo(woo_order(status="processing", date_modified_gmt="2026-11-22T20:00:01", total="31.00") | paid),
        woo(woo_order(status="processing", date_modified_gmt="2026-11-22T20:30:00", total="29.35") | paid),
        woo(woo_order(status="completed", date_modified_gmt="2026-11-22T22:00:00", total="29.35") | paid),
    ]


def facts_of(case):
    source, sign, topic, data, secret = case
    body = json.dumps(data).encode()
    headers = {name.lower(): value for name, value in sign(body, topic).items()}
    facts = intake.read(Delivery(source, headers, body, [secret], NOW))
    assert isinstance(facts, list), facts
    return facts


@pytest.mark.parametrize(("life", "status"), list(zip(deliveries(), ("refunded", "fulfilled"), strict=True)))
def test_every_order_of_arrival_ends_in_one_state(life, status):
    told = [facts_of(case) for case in life]
    dice = random.Random(3)
    ends = set()
    for _ in range(200):
        arrived = told + dice.choices(told, k=2)
        dice.shuffle(arrived)
        stored = {}
        for fact in (fact for facts in arrived for fact in facts):
            stored.setdefault(fact.id, fact)  # as the log does: the first to arrive stays
        profile = fold_all(ids.identity_key("email", "ann@mail.example"), stored.values())
        (found,) = profile.customer.orders.values()
        ends.add((repr(found), found.status))
    assert len(ends) == 1, ends
    assert {end for _, end in ends} == {status}
    print(f"{len(ends)} final state over 200 orders of arrival")


def test_what_the_log_holds_of_a_stage_stays_as_it_came_first(web):
    """A later delivery tells stages again, dated by itself; a profile made anew must be the one that was folded."""
    at = "2026-11-22T18:00:00+08:00"
    order = {
        "id": "77", "status": "placed", "currency": "USD", "total_price": "58.00", "placed_at": at, "updated_at": at,
        "financial_status": "paid", "fulfillment_status": "waiting",
        "customer": {"id": "5", "email": "tom@mail.example"},
    }  # fmt: skip
    cancelled = order | {"status": "cancelled", "updated_at": "2026-11-23T09:00:00+08:00"}
    assert post(web, "shoplazza", "orders/paid", {"order": order}, delivery="a").text == "ok"
    jobs.fold_now(web.cloud, web.facts(), NOW)
    assert post(web, "shoplazza", "orders/cancelled", {"order": cancelled}, delivery="b").text == "ok"
    assert post(web, "shoplazza", "orders/cancelled", {"order": cancelled}).text == "ok"
    (paid,) = web.facts("Order Completed")
    assert paid.occurred_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    jobs.fold_now(web.cloud, web.facts(), NOW)
    folded = store.find(web.cloud, "email", "tom@mail.example")
    rebuild.rebuild(web.cloud, folded.profile_id, NOW)
    assert store.load(web.cloud, folded.profile_id).facets == folded.facets
