"""A store whose webhooks were lost is asked for its orders: what was lost is written once, what was told stays."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib import events
from chalicelib.collect import intake
from chalicelib.collect.delivery import Delivery
from chalicelib.errors import BadInput, DriplineError
from chalicelib.profile import jobs, store
from cli.commands import reconcile as command
from cli.imports import orders as order_file
from cli.imports.load import load
from cli.imports.sheet import Row
from cli.reconcile import stores
from cli.reconcile.missing import reconcile
from cli.reconcile.web import Answer, Https, host_of

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
SINCE = datetime(2026, 11, 1, tzinfo=UTC)
SETTINGS = {"store": {"currency": "EUR", "url": "https://shop.example", "hosts": ["shop.example"]}}


def woo(number, status="processing", modified="2026-11-20T10:00:00", **more):
    return {
        "id": number, "number": str(number), "status": status, "currency": "EUR", "total": "30.00",
        "date_created_gmt": "2026-11-20T09:00:00", "date_modified_gmt": modified,
        "date_paid_gmt": "2026-11-20T09:05:00" if status != "pending" else None,
        "customer_id": number, "billing": {"email": f"n{number}@mail.example", "first_name": "Ann", "country": "DE"},
        "line_items": [{"product_id": 7, "name": "Kettle", "quantity": 1, "price": "30.00"}], "refunds": [], **more,
    }  # fmt: skip


def shopify(number, **more):
    return {
        "id": number, "name": f"#{number}", "email": f"s{number}@mail.example", "currency": "EUR",
        "created_at": "2026-11-20T10:00:00+01:00", "processed_at": "2026-11-20T10:01:00+01:00",
        "updated_at": "2026-11-21T10:00:00+01:00", "financial_status": "paid", "fulfillment_status": None,
        "cancelled_at": None, "total_price": "30.00", "total_discounts": "0.00", "discount_codes": [],
        "customer": {"id": number, "email": f"s{number}@mail.example", "first_name": "Ann"}, "refunds": [],
        "fulfillments": [], "line_items": [{"product_id": 7, "title": "Kettle", "quantity": 1, "price": "30.00"}],
        **more,
    }  # fmt: skip


class Shop:
    """A store's API in memory: pages of orders, and what was asked of it."""

    def __init__(self, orders, *, page=3, kind="woocommerce"):
        self.orders, self.page, self.kind, self.asked = orders, page, kind, []

    def get(self, path, headers):
        self.asked.append((path, dict(headers)))
        query = dict(parse_qsl(urlsplit(path).query))
        if self.kind == "woocommerce":
            start = (int(query["page"]) - 1) * self.page
            pages = -(-len(self.orders) // self.page)
            body, answered = self.orders[start : start + self.page], {"x-wp-totalpages": str(pages)}
        else:
            start = int(query.get("page_info", 0))
            body = {"orders": self.orders[start : start + self.page]}
            following = start + self.page
            link = f'<https://evil.example/admin/api/2026-01/orders.json?limit=3&page_info={following}>; rel="next"'
            answered = {"link": f'<https://x/>; rel="previous", {link}'} if following < len(self.orders) else {}
        return Answer(200, answered, json.dumps(body).encode())


def hear(cloud, name, topic, body):
    """The webhook arrives, as intake takes it once it was verified."""
    headers = {"x-wc-webhook-topic": topic, "x-shopify-topic": topic, "x-shopify-shop-domain": "a.myshopify.com"}
    raw = json.dumps(body).encode()
    found = intake.PLATFORMS[name].translate(
        Delivery(name, headers, raw, (), NOW, settings=SETTINGS, data=intake.strict_json.read(raw))
    )
    facts = [fact for fact in found if isinstance(fact, events.Event)]
    for fact in facts:
        jobs.fold_now(cloud, [fact], NOW)
    return facts


def ask(cloud, shop, **more):
    told = getattr(stores, shop.kind)(shop, "key:secret", SINCE)
    return reconcile(cloud, intake.PLATFORMS[shop.kind], shop.kind, told, settings=SETTINGS, now=NOW, **more)


def facts_of(cloud):
    found, after = {}, None
    while True:
        page = cloud.events.scan(after=after)
        for item in page.items:
            fact = events.parse(json.loads(item["body"]))
            found[(fact.partition, fact.id)] = fact
        after = page.next_key
        if after is None:
            return found


def test_what_a_disabled_webhook_lost_is_written_once(cloud):
    shop = Shop([woo(number) for number in range(1, 9)])
    for order in shop.orders[:5]:
        hear(cloud, "woocommerce", "order.updated", order)
    before = facts_of(cloud)
    dry = ask(cloud, shop, dry_run=True)
    assert (dry.orders, dry.lost, len(facts_of(cloud))) == (8, 3, len(before))
    report = ask(cloud, shop)
    assert (report.orders, report.lost, report.stale, report.unusable) == (8, 3, 0, 0)
    assert report.lost_orders == [f"woocommerce:{number}" for number in (6, 7, 8)]
    assert report.written["Order Completed"] == 3
    after = facts_of(cloud)
    assert {key: after[key] for key in before} == before
    again = ask(cloud, shop)
    assert (again.lost, again.written, facts_of(cloud)) == (0, {}, after)
    assert hear(cloud, "woocommerce", "order.updated", shop.orders[7])  # the webhook, after all
    assert facts_of(cloud) == after
    path, headers = shop.asked[0]
    assert {"modified_after": "2026-11-01T00:00:00", "dates_are_gmt": "true", "page": "1"}.items() <= dict(
        parse_qsl(urlsplit(path).query)
    ).items()
    assert headers["Authorization"] == "Basic a2V5OnNlY3JldA=="
    assert "secret" not in path


def test_a_stage_that_was_lost_in_the_middle_is_found(cloud):
    hear(cloud, "woocommerce", "order.created", woo(1, "pending"))
    shop = Shop([woo(1, "processing", "2026-11-21T10:00:00")])
    report = ask(cloud, shop)
    assert (report.lost, report.written["Order Completed"]) == (1, 1)
    newer = ask(cloud, Shop([woo(1, "processing", "2026-11-22T10:00:00", total="33.00")]))
    assert (newer.lost, newer.stale) == (0, 1)
    assert set(newer.written) <= {"Order Updated", "Customer Updated"}


def test_shopifys_orders_tell_every_stage_they_went_through(cloud):
    refund = {
        "id": 5, "created_at": "2026-11-22T10:00:00+01:00", "transactions": [
            {"kind": "refund", "status": "success", "amount": "10.00", "currency": "EUR"}
        ],
    }  # fmt: skip
    orders = [
        shopify(1),
        shopify(2, financial_status="pending"),
        shopify(3, financial_status="partially_refunded", refunds=[refund]),
        shopify(4, cancelled_at="2026-11-21T09:00:00+01:00", cancel_reason="customer"),
        shopify(5, fulfillment_status="fulfilled", fulfillments=[{"created_at": "2026-11-20T18:00:00+01:00"}]),
    ]
    shop = Shop(orders, kind="shopify", page=2)
    hear(cloud, "shopify", "orders/create", orders[0])
    hear(cloud, "shopify", "orders/paid", orders[0])
    report = ask(cloud, shop)
    assert (report.orders, report.lost, report.lost_orders) == (5, 4, [f"shopify:{number}" for number in (2, 3, 4, 5)])
    names = {name: number for name, number in report.written.items() if name.startswith("Order ")}
    assert names == {
        "Order Created": 4, "Order Completed": 3, "Order Cancelled": 1, "Order Fulfilled": 1, "Order Refunded": 1,
        "Order Updated": 4,
    }  # fmt: skip
    (paid,) = [
        fact for fact in facts_of(cloud).values() if fact.name == "Order Completed" and fact.order_id == "shopify:5"
    ]
    assert f"{paid.occurred_at:%d %H:%M}" == "20 09:01"  # when it was paid, not when it was last touched
    assert len(shop.asked) == 3
    assert all(headers["X-Shopify-Access-Token"] == "key:secret" for _, headers in shop.asked)
    assert ask(cloud, shop).written == {}


def test_an_order_that_an_import_told_is_not_lost(cloud):
    cells = {
        "order_id": "1", "email": "n1@mail.example", "placed_at": "2026-11-20T09:00:00Z", "total": "30.00",
        "paid_at": "2026-11-20T09:05:00Z", "currency": "EUR",
    }  # fmt: skip
    groups = list(order_file.read([Row(2, cells)], zone="", now=NOW, platform="woocommerce"))
    load(cloud, groups, now=NOW)
    jobs.fold_now(cloud, groups[0], NOW)
    assert store.find(cloud, "email", "n1@mail.example").orders["woocommerce:1"].paid_at
    report = ask(cloud, Shop([woo(1), woo(2)]))
    assert (report.lost, report.lost_orders) == (1, ["woocommerce:2"])
    told = [fact.name for fact in facts_of(cloud).values() if getattr(fact, "order_id", "") == "woocommerce:1"]
    assert told.count("Order Completed") == 1


def test_orders_that_tell_nothing_are_counted_and_an_empty_shop_is_fine(cloud):
    draft = woo(3, "checkout-draft")
    broken = woo(4, total="NaN-ish")
    report = ask(cloud, Shop([draft, broken, {"id": None}]))
    assert (report.orders, report.lost, report.unusable) == (3, 0, 3)
    assert ask(cloud, Shop([])).orders == 0
    assert ask(cloud, Shop([], kind="shopify")).orders == 0


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"{}", "refused the credential"),
        (404, b"", "answered 404"),
        (200, b"<html>", "is not JSON"),
        (200, b'{"errors": "x"}', "no list of orders"),
        (200, b"[" * 100_000, "is not JSON"),
    ],
)
@pytest.mark.parametrize("kind", ["woocommerce", "shopify"])
def test_a_shop_that_answers_something_else_is_told_of(status, body, said, kind):
    class Other:
        def get(self, path, headers):
            return Answer(status, {}, body)

    with pytest.raises(DriplineError, match=said):
        list(getattr(stores, kind)(Other(), "key:secret", SINCE))


class Unsteady(Https):
    """A host that answers in the end, or not."""

    def __init__(self, answers):
        self.waited = []
        super().__init__("shop.example", pause=self.waited.append)
        self.answers = answers

    def _ask(self, path, headers):
        return self.answers.pop(0)


def test_a_busy_shop_is_asked_again_after_as_long_as_it_says():
    busy, late, good = (
        Answer(429, {"retry-after": "7"}, b""),
        Answer(503, {"retry-after": "soon"}, b""),
        Answer(200, {}, b"[]"),
    )
    web = Unsteady([busy, late, None, good])
    assert web.get("/", {}) == good
    assert web.waited == [7, 2, 4]
    with pytest.raises(DriplineError, match="gave no answer in 5 tries"):
        Unsteady([late] * 5).get("/", {})
    patient = Unsteady([Answer(429, {"retry-after": "9999"}, b""), good])
    assert (patient.get("/", {}), patient.waited) == (good, [60])


@pytest.mark.parametrize("shop", ["http://shop.example", "https://user:pass@shop.example", "", "file:///etc/passwd"])
def test_a_credential_goes_to_an_https_address_only(shop):
    with pytest.raises(DriplineError, match="not the https address"):
        host_of(shop)


def test_the_command_reads_times_and_credentials(cloud, monkeypatch):
    assert command.read_since("7d", NOW) == datetime(2026, 11, 16, 10, tzinfo=UTC)
    assert command.read_since("36h", NOW) == datetime(2026, 11, 21, 22, tzinfo=UTC)
    assert command.read_since("2026-11-01", NOW) == SINCE
    for wrong in ("yesterday", "2027-01-01", "0d", ""):
        with pytest.raises(BadInput):
            command.read_since(wrong, NOW)
    with pytest.raises(DriplineError, match="no store_api_shopify"):
        command.credential_of(cloud, "shopify")
    monkeypatch.setenv("DRIPLINE_STORE_API_SHOPIFY", "token")
    assert command.credential_of(cloud, "shopify") == "token"
    assert [
        option for option in command.reconcile_orders.params if "key" in option.name or "token" in option.name
    ] == []
    report = ask(cloud, Shop([woo(1)]))
    assert command.lines(report)[0] == "1 orders asked for, 1 were lost, 0 had newer content"


@pytest.mark.parametrize("kind", ["woocommerce", "shopify"])
def test_a_shop_that_gives_the_same_page_for_ever_is_told_of(kind):
    class Stuck(Shop):
        def get(self, path, headers):
            assert len(self.asked) < 10, "it is asked for ever"
            again = {"link": '<https://x/admin/api/2026-01/orders.json?limit=3&page_info=3>; rel="next"'}
            first = f"{path.partition('?')[0]}?page=1"
            answer = super().get(first, headers)
            return Answer(200, again if kind == "shopify" else {"x-wp-totalpages": "many"}, answer.body)

    shop = Stuck([{"id": number} for number in range(9)], kind=kind)
    with pytest.raises(DriplineError):
        list(getattr(stores, kind)(shop, "key:secret", SINCE))
