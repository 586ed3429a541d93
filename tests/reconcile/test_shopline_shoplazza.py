"""SHOPLINE and Shoplazza are asked for what their webhooks lost: each fact is the webhook's own, counted once."""

import json
from datetime import UTC, datetime

import pytest

from chalicelib import events
from chalicelib.catalogue import store as catalogue
from chalicelib.collect import intake, strict_json
from chalicelib.collect.delivery import Delivery
from chalicelib.errors import DriplineError
from chalicelib.money import Money
from chalicelib.profile import jobs
from cli.commands.reconcile import PARTS_OF, READS
from cli.reconcile.missing import Report, reconcile
from tests.collect.test_shopline_shoplazza import shoplazza_order, shopline_order
from tests.reconcile.facts import facts_of
from tests.reconcile.rest_stub import TOKEN, Shoplazza, Shopline, served

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SINCE = datetime(2026, 11, 20, tzinfo=UTC)
LONG_AGO = "2026-10-01T00:00:00+00:00"
SETTINGS = {"store": {"currency": "USD", "url": "https://shop.example"}}


def ask(cloud, shop, *, only=None, dry_run=False):
    name = type(shop).__name__.lower()
    report = Report(dry_run=dry_run)
    with served(shop) as web:
        told = READS[name](web, TOKEN, SINCE, only or PARTS_OF[name])
        reconcile(cloud, intake.PLATFORMS[name], name, told, report, shop="shop.example", settings=SETTINGS, now=NOW)
    return report


def hear(cloud, source, topic, body):
    """The webhook arrives, as intake takes it once it was verified."""
    data = strict_json.read(json.dumps(body).encode())
    delivery = Delivery(source, {f"x-{source}-topic": topic}, b"", (), NOW, settings=SETTINGS, data=data)
    found = intake.PLATFORMS[source].translate(delivery)
    jobs.fold_now(cloud, [each for each in found if isinstance(each, events.Event)], NOW)
    catalogue.put(cloud, [each for each in found if not isinstance(each, events.Event)], NOW)


def line_order(number, shipping="unshipped", money="unpaid", **more):
    states = {"financial_status": money, "fulfillment_status": shipping}
    return shopline_order(id=f"2105{number}", email=f"n{number}@mail.example", customer={}, **states, **more)


def shopline_shop():
    back = {"kind": "refund", "status": "success", "amount": "5.00", "currency": "USD"}
    goods = {"id": "L1", "quantity": 1, "restock_type": "return", "line_item": {"product_id": "160"}}
    refund = {"id": "SL1", "note": "Too big", "created_at": "2026-11-22T18:00:00+08:00", "transactions": [back]}
    variant = {"price": "10", "inventory_item_id": "i1", "inventory_tracker": True, "inventory_quantity": 4}
    level = {"inventory_item_id": "i1", "location_id": "l1", "updated_at": "2026-11-22T20:00:00+08:00"}
    given = {"state": 1, "opt_in_level": 2, "consent_updated_at": "2026-11-22T18:00:00+08:00"}
    told = {"updated_at": "2026-11-22T18:00:00+08:00"}
    return Shopline(
        orders=[
            *(line_order(number) for number in range(1, 6)),
            line_order(6, "partial", "paid"),
            line_order(7, "shipped", "partially_refunded", hidden="true"),
            line_order(8, cancelled_at="2026-11-22T19:00:00+08:00"),
            line_order(9, updated_at=LONG_AGO),
        ],
        refunds={"21057": [refund | {"refund_line_items": [goods]}]},
        customers=[{"id": "c1", "email": "c1@mail.example", "email_marketing_consent": given, **told}],
        products=[{"id": "160", "title": "Watch", "status": "active", "variants": [variant], **told}],
        levels=[{"available": 4, **level, "updated_at": LONG_AGO}, {"available": 3, **level}],
    )


SHOPLINE_WEBHOOKS = {
    "21056": ("orders/create", "orders/paid", "orders/partially_fulfilled"),
    "21057": ("orders/create", "orders/paid", "orders/fulfilled"),
    "21058": ("orders/create", "orders/cancelled"),
}


def test_what_shopline_s_webhooks_lost_is_written_once_and_they_add_nothing(cloud):
    shop = shopline_shop()
    dry = ask(cloud, shop, dry_run=True)
    assert (dry.parts["orders"].asked, dry.parts["orders"].lost, facts_of(cloud)) == (8, 8, {})
    report = ask(cloud, shop)
    assert {part: vars(count) for part, count in report.parts.items()} == {
        "orders": {"asked": 8, "lost": 8, "stale": 0, "unusable": 0},
        "customers": {"asked": 1, "lost": 1, "stale": 0, "unusable": 0},
        "products": {"asked": 1, "lost": 0, "stale": 1, "unusable": 0},
        "stock": {"asked": 1, "lost": 0, "stale": 1, "unusable": 0},
    }
    stages = {"Order Created": 8, "Order Completed": 2, "Order Fulfilled": 1, "Order Cancelled": 1}
    money = {"Order Refunded": 1, "Product Returned": 1, "Consent Recorded": 1}
    assert {name: report.written.get(name) for name in stages | money} == stages | money
    after = facts_of(cloud)
    (refunded,) = [fact for fact in after.values() if fact.name == "Order Refunded"]
    assert (refunded.order_id, refunded.amount) == ("shopline:21057", Money(500, "USD"))
    for order in shop.lists["orders"][:8]:
        for topic in SHOPLINE_WEBHOOKS.get(order["id"], ("orders/create", "orders/updated")):
            hear(cloud, "shopline", topic, order)
    hear(cloud, "shopline", "refunds/create", shop.lists["refunds"]["21057"][0] | {"order_id": "21057"})
    hear(cloud, "shopline", "customers/update", shop.lists["customers"][0])
    known = catalogue.get(cloud, "160")
    hear(cloud, "shopline", "products/update", shop.lists["products"][0])
    hear(cloud, "shopline", "inventory_levels/update", shop.lists["levels"][1])
    assert (facts_of(cloud), catalogue.get(cloud, "160")) == (after, known)
    again = ask(cloud, shop)
    assert (again.written, [vars(count)["lost"] for count in again.parts.values()]) == ({}, [0, 0, 0, 0])


def test_after_shopline_s_webhooks_only_what_they_lost_is_written(cloud):
    shop = shopline_shop()
    for order in shop.lists["orders"][:6]:
        for topic in SHOPLINE_WEBHOOKS.get(order["id"], ("orders/create", "orders/updated")):
            hear(cloud, "shopline", topic, order)
    report = ask(cloud, shop, only=("orders",))
    assert (report.parts["orders"].lost, report.lost_orders) == (2, ["shopline:21058", "shopline:21057"])
    paths = [path for path, _ in shop.asked]
    assert paths.count("/admin/openapi/v20260301/orders/21057/refunds.json") == 1
    first = shop.asked[0][1]
    assert first["updated_at_min"] == "2026-11-20T00:00:00+00:00"


def lazza_order(number, **changes):
    customer = {"id": f"c{number}", "email": f"n{number}@mail.example"}
    dated = {"updated_at": "2026-11-22T10:00:00Z", "placed_at": "2026-11-22T09:00:00Z"}
    return shoplazza_order(id=f"11218-{number}", customer=customer, **(dated | changes))["order"]


def shoplazza_shop():
    paid = {"financial_status": "paid"}
    back = {"financial_status": "partially_refunded", "total_refund_price": "10.00", "fulfillment_status": "shipped"}
    variant = {"price": "9.99", "compare_at_price": "12.00", "cost_price": "4.00"}
    product = {"title": "Lamp", "published": True, "updated_at": "2026-11-22T10:00:00Z", "variants": [variant]}
    product |= {"inventory_tracking": True, "inventory_quantity": 7, "image": {"src": "//cdn.example/lamp.png"}}
    return Shoplazza(
        orders=[
            lazza_order(1),
            lazza_order(2, **paid),
            lazza_order(3, **back),
            lazza_order(4, status="cancelled", canceled_at="2026-11-22T10:00:00Z"),
            lazza_order(5, placed_at=None, status="opened"),
            lazza_order(6, updated_at=LONG_AGO),
        ],
        customers=[{"id": "c1", "email": "n1@mail.example", "first_name": "Eva", "updated_at": "2026-11-22T10:00:00Z"}],
        products=[product | {"id": f"p{number}"} for number in range(5)],
    )


def test_what_shoplazza_s_webhooks_lost_is_written_once_and_they_add_nothing(cloud):
    shop = shoplazza_shop()
    hear(cloud, "shoplazza", "orders/create", {"order": lazza_order(2, updated_at="2026-11-22T09:00:00Z")})
    before = facts_of(cloud)
    report = ask(cloud, shop)
    assert {part: vars(count) for part, count in report.parts.items()} == {
        "orders": {"asked": 4, "lost": 4, "stale": 0, "unusable": 0},
        "customers": {"asked": 1, "lost": 0, "stale": 1, "unusable": 0},
        "products": {"asked": 5, "lost": 0, "stale": 5, "unusable": 0},
    }
    assert [report.written[name] for name in ("Order Completed", "Order Refunded", "Order Cancelled")] == [2, 1, 1]
    assert catalogue.get(cloud, "p4").image == "https://cdn.example/lamp.png"
    after, known = facts_of(cloud), catalogue.get(cloud, "p1")
    assert before.items() <= after.items()
    topics = ("orders/create", "orders/paid", "orders/partially_refunded", "orders/cancelled")
    for topic, order in zip(topics, shop.lists["orders"], strict=False):
        hear(cloud, "shoplazza", topic, {"order": order})
    hear(cloud, "shoplazza", "customers/update", {"customer": shop.lists["customers"][0]})
    hear(cloud, "shoplazza", "products/update", {"product": shop.lists["products"][1]})
    assert (facts_of(cloud), catalogue.get(cloud, "p1")) == (after, known)
    assert ask(cloud, shop).written == {}
    shop.lists["orders"][2]["total_refund_price"] = "10.0"
    assert ask(cloud, shop).written == {}
    more = {"total_refund_price": "20.00", "updated_at": "2026-11-22T12:00:00Z"}
    shop.lists["orders"][2] |= more
    assert ask(cloud, shop).written["Order Refunded"] == 1


@pytest.mark.parametrize("make", [shopline_shop, shoplazza_shop])
def test_a_bad_day_is_waited_for_or_told_of_and_never_taken_for_an_empty_shop(make):
    shop = make()
    read = READS[type(shop).__name__.lower()]

    def asked(credential=TOKEN):
        with served(shop) as web:
            try:
                found = len(list(read(web, credential, SINCE, ("orders",))))
            except DriplineError as fault:
                found = str(fault)
        assert TOKEN not in str(found)
        return found, web.waited

    everything = asked()[0]
    shop.faults = [429, 503]
    assert asked() == (everything, [3.0, 2.0])
    shop.faults = [503] * 5
    assert "gave no answer in 5 tries" in asked()[0]
    assert "refused the credential; it must be allowed to read orders" in asked("another")[0]
    for fault, said in [
        (402, "answered 402"),
        (404, "answered 404"),
        (b"<html>", "is not JSON"),
        ({"errors": "x"}, "no list of orders"),
        ([], "no list of orders"),
    ]:
        shop.faults = [fault]
        assert said in asked()[0]
    before = len(shop.asked)
    shop.answer = lambda path, query: (
        {"orders": [{"id": "1", "updated_at": "2026-11-22T10:00:00Z"}]},
        {"link": '<https://x.example/?page_info=a>; rel="next"'},
    )
    assert "same page of orders again" in asked()[0]
    assert len(shop.asked) - before < 5
