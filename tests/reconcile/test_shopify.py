"""A Shopify store asked through its GraphQL Admin API tells the facts its webhooks told, or would have told."""

import json
from dataclasses import replace
from datetime import UTC, datetime

from chalicelib.catalogue import store as catalogue
from chalicelib.collect.delivery import Delivery
from chalicelib.collect.sources import shopify as adapter
from chalicelib.events import Event
from chalicelib.profile import jobs, store
from cli.reconcile.missing import Report, reconcile
from cli.reconcile.shopify import parts, shapes
from cli.reconcile.shopify.admin import Admin
from cli.reconcile.told import PARTS
from tests.collect.conftest import MATERIAL, needs_material
from tests.reconcile.facts import facts_of
from tests.reconcile.shopify_stub import (
    Shop,
    bag,
    checkout_node,
    gid,
    order_node,
    person_node,
    product_node,
    refund_node,
    served,
)

NOW = datetime(2023, 2, 25, tzinfo=UTC)
SINCE = datetime(2023, 2, 20, tzinfo=UTC)
SETTINGS = {"store": {"currency": "CAD", "url": "https://shop.example"}}
STATES = {
    "orders.create": ({}, ["orders/create", "orders/cancelled", "orders/updated"]),
    "orders.paid": (
        {"displayFinancialStatus": "PAID"},
        ["orders/create", "orders/paid", "orders/cancelled", "orders/updated"],
    ),
    "orders.fulfilled": (
        {"displayFulfillmentStatus": "FULFILLED"},
        ["orders/create", "orders/fulfilled", "orders/cancelled", "orders/updated"],
    ),
}


def body_of(name, **more):
    return json.loads((MATERIAL / "shopify" / "2023-01" / f"{name}.json").read_text())["body"] | more


def translated(topic, body):
    headers = {"x-shopify-topic": topic, "x-shopify-shop-domain": "aurora.myshopify.com"}
    return adapter.translate(Delivery("shopify", headers, b"", (), NOW, settings=SETTINGS, data=body))


def webhooks():
    """Each third-party body with the topics that it would have come under, and the shop that holds the same."""
    told, orders = [], []
    refund = body_of("refunds.create", created_at="2023-02-21T10:00:00Z", processed_at="2023-02-21T10:00:00Z")
    for number, (name, (state, topics)) in enumerate(STATES.items()):
        body = body_of(name)
        body |= {"id": body["id"] + number * 1024, "cart_token": f"cart-{number}", "phone": "+15145550123"}
        body["discount_codes"] = [{"code": "TEA", "amount": "5.00"}]
        told += [(topic, body) for topic in topics]
        orders.append(order_node(body, *([refund_node(refund)] if not number else []), **state))
    told.append(("refunds/create", refund))
    at = "2023-02-21T09:00:00-05:00"
    consent = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": at}
    customer = body_of("customers.update", created_at=at, updated_at=at, email_marketing_consent=consent)
    told.append(("customers/update", customer))
    product = body_of("products.update")
    for number, variant in enumerate(product["variants"]):
        variant |= {"inventory_item_id": 700 + number, "inventory_management": "shopify"}
    told.append(("products/update", product))
    level = body_of("inventory_levels.update", inventory_item_id=700, location_id=5, updated_at=at, available=3)
    told.append(("inventory_levels/update", level))
    checkout = body_of("checkouts.update", cart_token=None, total_price="31.90")  # GraphQL tells no cart, and 31.9
    checkout["customer"]["email"] = checkout["email"]  # and no address but its customer's
    told.append(("checkouts/update", checkout))
    place = {
        "id": gid("Location", 5), "inventoryLevels": [
            {
                "updatedAt": "2023-02-21T14:00:00Z", "item": {"legacyResourceId": "700"},
                "quantities": [{"quantity": 3}],
            }
        ],
    }  # fmt: skip
    shop = Shop(
        orders=orders, customers=[person_node(customer)], products=[product_node(product)], locations=[place],
        abandonedCheckouts=[checkout_node(checkout)],
    )  # fmt: skip
    return told, shop


def ask(cloud, shop, *, only=PARTS, dry_run=False, since=SINCE):
    report = Report(dry_run=dry_run)
    with served(shop) as web:
        told = parts.read(Admin(web, "token-1", pause=web.waited.append), since, only, NOW)
        reconcile(cloud, adapter, "shopify", told, report, shop="aurora.myshopify.com", settings=SETTINGS, now=NOW)
    return report


def hear(cloud, told):
    for topic, body in told:
        found = translated(topic, body)
        facts = [each for each in found if isinstance(each, Event)]
        jobs.fold_now(cloud, facts, NOW)
        catalogue.put(cloud, [each for each in found if not isinstance(each, Event)], NOW)


def ids_of(cloud):
    return set(facts_of(cloud))


@needs_material
def test_without_the_webhooks_every_fact_of_theirs_is_written_and_the_webhooks_add_none(cloud):
    told, shop = webhooks()
    dry = ask(cloud, shop, dry_run=True)
    assert ids_of(cloud) == set()
    report = ask(cloud, shop)
    assert report.written == dry.written
    assert {part: count.asked for part, count in report.parts.items()} == dict(zip(PARTS, (3, 1, 1, 1, 1), strict=True))
    written = facts_of(cloud)
    would = {(each.partition, each.id): each for item in told for each in translated(*item) if isinstance(each, Event)}
    assert written.keys() == would.keys()
    dated_otherwise = ("Order Completed", "Order Fulfilled")  # a webhook is dated by when it came
    assert [fact for key, fact in written.items() if fact.name not in dated_otherwise and fact != would[key]] == []
    product = catalogue.get(cloud, str(body_of("products.update")["id"]))
    assert (product.title, product.price.amount, product.compare_at.amount) == ("Example T-Shirt", 1999, 2499)
    catalogue.put(cloud, translated("products/update", dict(told)["products/update"]), NOW)
    assert catalogue.get(cloud, product.product_id) == product
    again = ask(cloud, shop)
    assert (again.written, sum(count.lost + count.stale for count in again.parts.values())) == ({}, 0)


@needs_material
def test_after_the_webhooks_nothing_is_written(cloud):
    told, shop = webhooks()
    hear(cloud, told)
    before, product = ids_of(cloud), catalogue.get(cloud, str(body_of("products.update")["id"]))
    report = ask(cloud, shop)
    assert (report.written, report.lost_orders, report.kept) == ({}, [], 0)
    assert {part: (count.lost, count.stale) for part, count in report.parts.items() if count.lost or count.stale} == {
        "products": (0, 1)
    }, "but the stock, which a place's first level left unknown"
    assert ids_of(cloud) == before
    assert product.stock is None
    assert catalogue.get(cloud, product.product_id) == replace(product, stock=125, updated_at=NOW)
    again = ask(cloud, shop)
    assert sum(count.lost + count.stale for count in again.parts.values()) == 0


@needs_material
def test_a_product_a_level_and_a_refund_read_the_same_in_both_spellings():
    told, shop = webhooks()
    bodies = dict(told)
    assert translated("products/update", shapes.product(_as_answered(shop.lists["products"][0]))) == translated(
        "products/update", bodies["products/update"]
    )
    place = shop.lists["locations"][0]
    assert translated("inventory_levels/update", shapes.level(place["inventoryLevels"][0], 5)) == translated(
        "inventory_levels/update", bodies["inventory_levels/update"]
    )
    refund = shapes.refund(_as_answered(shop.lists["orders"][0]["refunds"][0]), bodies["refunds/create"]["order_id"])
    assert translated("refunds/create", refund) == translated("refunds/create", bodies["refunds/create"])
    assert shapes.number("gid://shopify/InventoryLevel/12?inventory_item_id=7") == 12
    assert shapes.number("820982911946154508") == 820982911946154508
    assert [shapes.number(each) for each in (None, "", "x", "gid://shopify/Order/", "1" * 21)] == [None] * 5


def _as_answered(node):
    return {
        name: {"nodes": value} if name in ("variants", "refundLineItems") else value for name, value in node.items()
    }


@needs_material
def test_a_paid_order_is_dated_by_its_payment_and_long_lists_are_read_to_their_end(cloud):
    lines = [{"title": f"n{n}", "quantity": 1, "price": "1.00", "product_id": 1 + n} for n in range(130)]
    body = body_of("orders.paid", line_items=lines, cancelled_at=None)
    back = body_of("refunds.create", created_at="2023-02-21T10:00:00Z", processed_at="2023-02-21T10:00:00Z")
    back["refund_line_items"] = [
        {**back["refund_line_items"][0], "id": 9000 + n, "line_item": {"product_id": 1 + n}} for n in range(70)
    ]
    paid = {"kind": "SALE", "status": "SUCCESS", "processedAt": "2023-02-21T03:00:00Z"}
    node = order_node(
        body, refund_node(back), displayFinancialStatus="PARTIALLY_REFUNDED",
        transactions=[paid, paid | {"kind": "REFUND", "processedAt": "2023-02-22T03:00:00Z"}],
    )  # fmt: skip
    node["refunds"][0]["transactions"] = [{"kind": "REFUND", "status": "SUCCESS", "amountSet": bag("31.99")}]
    variants = [{**body_of("products.update")["variants"][0], "inventory_item_id": 1 + n} for n in range(30)]
    shop = Shop(orders=[node], products=[product_node(body_of("products.update", variants=variants))])
    shop.limit = 4  # so that pages are asked for in halves
    ask(cloud, shop)
    facts = {fact.name: fact for fact in facts_of(cloud).values()}
    assert f"{facts['Order Completed'].occurred_at:%d %H:%M}" == "21 03:00"
    assert len(facts["Order Created"].lines) == 100  # as many as a webhook is read for
    assert facts["Order Refunded"].amount == (3199, "CAD")
    assert sum(fact.name == "Product Returned" for fact in facts_of(cloud).values()) == 50
    assert catalogue.get(cloud, str(body_of("products.update")["id"])).stock == 30 * 75


@needs_material
def test_a_no_said_here_and_a_newer_cart_known_here_are_left_alone_and_a_no_told_there_is_heard(cloud):
    at = "2023-02-21T09:00:00Z"
    told = {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": at}
    customer = body_of(
        "customers.update", created_at=at, updated_at=at, email_marketing_consent=told, phone="+15145550123"
    )
    left = {"customer_id": customer["id"], "email_address": customer["email"]}
    no = {**told, "state": "unsubscribed", "consent_updated_at": "2023-02-20T09:00:00Z"}
    hear(cloud, [("customers_email_marketing_consent/update", {**left, "email_marketing_consent": no})])
    node = person_node(customer)
    texts = {"state": "UNSUBSCRIBED", "optInLevel": "SINGLE_OPT_IN", "updatedAt": at}
    node["defaultPhoneNumber"]["smsMarketingConsent"] = texts
    report = ask(cloud, Shop(customers=[node]), only=("customers",))
    assert (report.kept, report.parts["customers"].lost) == (1, 1)
    jobs.fold_now(cloud, list(facts_of(cloud).values()), NOW)
    known = store.find(cloud, "email", customer["email"])
    assert (known.consent_of("email").state, known.consent_of("sms").state) == ("unsubscribed", "unsubscribed")
    undated = person_node({**customer, "email_marketing_consent": told | {"consent_updated_at": None}})
    assert translated("customers/update", shapes.customer(undated))[1:] == []

    checkout = body_of("checkouts.update")
    nobody = checkout_node({**checkout, "id": 5}) | {"customer": None}
    newer = {**checkout, "updated_at": "2023-02-22T00:00:00Z"}
    hear(cloud, [("checkouts/update", newer)])  # the shop's own address, not its customer's
    report = ask(cloud, Shop(abandonedCheckouts=[checkout_node(checkout), nobody]), only=("checkouts",))
    assert (report.written, vars(report.parts["checkouts"])) == ({}, {"asked": 2, "lost": 0, "stale": 0, "unusable": 1})
