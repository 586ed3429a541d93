"""A store whose webhooks were lost is asked for its orders: what was lost is written once, what was told stays."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from chalicelib import events
from chalicelib.catalogue import store as catalogue
from chalicelib.collect import intake
from chalicelib.collect.delivery import Delivery
from chalicelib.errors import DriplineError
from chalicelib.profile import jobs, store
from cli.imports import orders as order_file
from cli.imports.load import load
from cli.imports.origin import Origin
from cli.imports.sheet import Row
from cli.reconcile import woocommerce
from cli.reconcile.missing import Count, Report, reconcile
from cli.reconcile.web import Answer, Https, host_of
from tests.collect.conftest import MATERIAL, needs_material
from tests.reconcile.facts import facts_of

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


class Shop:
    """A WooCommerce shop's API in memory: pages of what it has, and what was asked of it."""

    def __init__(self, orders, *, page=3, **more):
        self.lists, self.page, self.asked = {"orders": orders, "customers": [], "products": [], **more}, page, []

    def ask(self, path, headers, body=None):
        self.asked.append((path, dict(headers)))
        query = dict(parse_qsl(urlsplit(path).query))
        listed = self.lists[urlsplit(path).path.rpartition("/")[2]]
        start = (int(query["page"]) - 1) * self.page
        pages = -(-len(listed) // self.page)
        body = json.dumps(listed[start : start + self.page]).encode()
        return Answer(200, {"x-wp-totalpages": str(pages)}, body)


def hear(cloud, topic, body):
    """The webhook arrives, as intake takes it once it was verified."""
    raw = json.dumps(body).encode()
    data = intake.strict_json.read(raw)
    found = intake.PLATFORMS["woocommerce"].translate(
        Delivery("woocommerce", {"x-wc-webhook-topic": topic}, raw, (), NOW, settings=SETTINGS, data=data)
    )
    facts = [fact for fact in found if isinstance(fact, events.Event)]
    for fact in facts:
        jobs.fold_now(cloud, [fact], NOW)
    catalogue.put(cloud, [each for each in found if not isinstance(each, events.Event)], NOW)
    return facts


def ask(cloud, shop, *, only=("orders",), dry_run=False):
    report = Report(dry_run=dry_run)
    told = woocommerce.read(shop, "key:secret", SINCE, only)
    reconcile(
        cloud,
        intake.PLATFORMS["woocommerce"],
        "woocommerce",
        told,
        report,
        shop="shop.example",
        settings=SETTINGS,
        now=NOW,
    )
    return report


def orders_of(report):
    count = report.parts.get("orders", Count())
    return count.asked, count.lost, count.stale, count.unusable


def test_what_a_disabled_webhook_lost_is_written_once(cloud):
    shop = Shop([woo(number) for number in range(1, 9)])
    for order in shop.lists["orders"][:5]:
        hear(cloud, "order.updated", order)
    before = facts_of(cloud)
    dry = ask(cloud, shop, dry_run=True)
    assert (*orders_of(dry)[:2], len(facts_of(cloud))) == (8, 3, len(before))
    report = ask(cloud, shop)
    assert orders_of(report) == (8, 3, 0, 0)
    assert report.lost_orders == [f"woocommerce:{number}" for number in (6, 7, 8)]
    assert report.written["Order Completed"] == 3
    after = facts_of(cloud)
    assert {key: after[key] for key in before} == before
    again = ask(cloud, shop)
    assert (orders_of(again)[1], again.written, facts_of(cloud)) == (0, {}, after)
    assert hear(cloud, "order.updated", shop.lists["orders"][7])  # the webhook, after all
    assert facts_of(cloud) == after
    path, headers = shop.asked[0]
    assert {"modified_after": "2026-11-01T00:00:00", "dates_are_gmt": "true", "page": "1"}.items() <= dict(
        parse_qsl(urlsplit(path).query)
    ).items()
    assert headers["Authorization"] == "Basic a2V5OnNlY3JldA=="
    assert "secret" not in path


def test_a_stage_that_was_lost_in_the_middle_is_found(cloud):
    hear(cloud, "order.created", woo(1, "pending"))
    shop = Shop([woo(1, "processing", "2026-11-21T10:00:00")])
    report = ask(cloud, shop)
    assert (orders_of(report)[1], report.written["Order Completed"]) == (1, 1)
    newer = ask(cloud, Shop([woo(1, "processing", "2026-11-22T10:00:00", total="33.00")]))
    assert orders_of(newer)[1:3] == (0, 1)
    assert set(newer.written) <= {"Order Updated", "Customer Updated"}


def test_an_order_that_an_import_told_is_not_lost(cloud):
    cells = {
        "order_id": "1", "email": "n1@mail.example", "placed_at": "2026-11-20T09:00:00Z", "total": "30.00",
        "paid_at": "2026-11-20T09:05:00Z", "currency": "EUR",
    }  # fmt: skip
    groups = list(order_file.read([Row(2, cells)], Origin(NOW, platform="woocommerce")))
    load(cloud, groups, now=NOW)
    jobs.fold_now(cloud, groups[0], NOW)
    assert store.find(cloud, "email", "n1@mail.example").orders["woocommerce:1"].paid_at
    report = ask(cloud, Shop([woo(1), woo(2)]))
    assert (orders_of(report)[1], report.lost_orders) == (1, ["woocommerce:2"])
    told = [fact.name for fact in facts_of(cloud).values() if getattr(fact, "order_id", "") == "woocommerce:1"]
    assert told.count("Order Completed") == 1


def test_orders_that_tell_nothing_are_counted_and_an_empty_shop_is_fine(cloud):
    draft = woo(3, "checkout-draft")
    broken = woo(4, total="NaN-ish")
    report = ask(cloud, Shop([draft, broken, {"id": None}]))
    assert orders_of(report) == (3, 0, 0, 3)
    assert orders_of(ask(cloud, Shop([]))) == (0, 0, 0, 0)


@needs_material
def test_customers_and_products_are_told_as_their_webhooks_tell_them(cloud):
    customer, product = (
        json.loads((MATERIAL / "woocommerce" / name).read_text())
        for name in ("rest-v3-customer--create-a-customer-1.json", "product.updated.json")
    )
    product = product.get("body", product)
    changed = {"date_modified_gmt": "2026-11-20T10:00:00"}
    fresh, old = customer | changed, customer | {"id": 99, "date_modified_gmt": "2026-10-01T00:00:00"}
    shop = Shop([], customers=[fresh, old], products=[product | changed])
    report = ask(cloud, shop, only=woocommerce.PARTS)
    assert {part: vars(count) for part, count in report.parts.items()} == {
        "customers": {"asked": 1, "lost": 0, "stale": 1, "unusable": 0},
        "products": {"asked": 1, "lost": 0, "stale": 1, "unusable": 0},
    }
    written, known = facts_of(cloud), catalogue.get(cloud, str(product["id"]))
    assert known.title
    hear(cloud, "customer.updated", fresh)
    hear(cloud, "product.updated", product | changed)
    assert (facts_of(cloud), catalogue.get(cloud, str(product["id"]))) == (written, known)
    assert ask(cloud, shop, only=woocommerce.PARTS).written == {}
    asked = [dict(parse_qsl(urlsplit(path).query)) for path, _ in shop.asked[:3]]
    assert ["modified_after" in query for query in asked] == [True, False, True]


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
def test_a_shop_that_answers_something_else_is_told_of(status, body, said):
    class Other:
        def ask(self, path, headers, sent=None):
            return Answer(status, {}, body)

    with pytest.raises(DriplineError, match=said):
        list(woocommerce.read(Other(), "key:secret", SINCE, ("orders",)))


class Unsteady(Https):
    """A host that answers in the end, or not."""

    def __init__(self, answers):
        self.waited = []
        super().__init__("shop.example", pause=self.waited.append)
        self.answers = answers

    def _try(self, path, headers, body):
        return self.answers.pop(0)


def test_a_busy_shop_is_asked_again_after_as_long_as_it_says():
    busy, late, good = (
        Answer(429, {"retry-after": "7"}, b""),
        Answer(503, {"retry-after": "soon"}, b""),
        Answer(200, {}, b"[]"),
    )
    web = Unsteady([busy, late, None, good])
    assert web.ask("/", {}) == good
    assert web.waited == [7, 2, 4]
    with pytest.raises(DriplineError, match="gave no answer in 5 tries"):
        Unsteady([late] * 5).ask("/", {})
    patient = Unsteady([Answer(429, {"retry-after": "9999"}, b""), good])
    assert (patient.ask("/", {}), patient.waited) == (good, [60])


@pytest.mark.parametrize("shop", ["http://shop.example", "https://user:pass@shop.example", "", "file:///etc/passwd"])
def test_a_credential_goes_to_an_https_address_only(shop):
    with pytest.raises(DriplineError, match="not the https address"):
        host_of(shop)


def test_a_shop_that_gives_the_same_page_for_ever_is_told_of():
    class Stuck(Shop):
        def ask(self, path, headers, body=None):
            assert len(self.asked) < 10, "it is asked for ever"
            answer = super().ask(f"{path.partition('?')[0]}?page=1", headers)
            return Answer(200, {"x-wp-totalpages": "many"}, answer.body)

    with pytest.raises(DriplineError):
        list(woocommerce.read(Stuck([{"id": number} for number in range(9)]), "key:secret", SINCE, ("orders",)))
