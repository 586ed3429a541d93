"""Files brought in again, changed, late, beside webhooks and beside what people said themselves."""

import itertools
import json
from datetime import UTC, datetime

import pytest

from chalicelib import events
from chalicelib.collect import intake
from chalicelib.collect.delivery import Delivery
from chalicelib.profile import fold, log
from cli.imports import orders
from cli.imports.origin import Origin
from cli.imports.sheet import Row
from tests.imports import headers
from tests.imports.conftest import NOW


@pytest.fixture
def tell(local):
    """A fact told by a page or a store, folded."""

    def tell(kind, who, at, source="pages", **said):
        at = datetime.fromisoformat(at).replace(tzinfo=UTC)
        common = {"id": f"{kind.name} {at}", "occurred_at": at, "received_at": local.now(), "source": source}
        log.append(local.services, kind(**common, who={"email": who}, **said))
        local.pump()

    return tell


def on(day):
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def test_whoever_says_no_later_is_out_however_often_a_file_said_no_before(bring_in, customer, sheet, tell):
    kim, head = "kim-again@mail.example", "Email,Email Marketing Consent,Email Marketing Consent Timestamp,"

    def state(noun="", rows="", saved="2026-11-22", *more):
        told = bring_in(noun, sheet(rows, saved=on(saved)), *more) if noun else {}
        assert not told or bring_in(noun, sheet(rows, saved=on(saved)), *more)["written"] == {}
        return customer(kim).consent_of("email").state

    def confirms(day):
        tell(events.SubscriptionConfirmed, kim, day, channel="email", wording="news")
        assert state() == "subscribed"

    klaviyo = f"{head}Email Suppressions\n{kim},"
    assert state("customers", f"{klaviyo}UNSUBSCRIBED,2025-01-01T00:00:00Z,\n") == "unsubscribed"
    confirms("2025-06-01")
    assert state("customers", f"{klaviyo}UNSUBSCRIBED,2025-01-01T00:00:00Z,['UNSUBSCRIBE']\n") == "subscribed"
    assert state("customers", f"{klaviyo}UNSUBSCRIBED,2025-12-20T00:00:00Z,\n") == "unsubscribed"
    confirms("2026-02-01")
    assert state("consent", f"email,consent,date\n{kim},no,2026-03-01T00:00:00Z\n") == "unsubscribed"
    confirms("2026-04-01")
    undated = f"email,accepts marketing\n{kim},no\n"
    assert state("customers", undated, "2026-03-15") == "subscribed"  # what the file says was so before she confirmed
    assert state("customers", undated, "2026-05-01") == "unsubscribed"
    confirms("2026-06-01")
    assert state("customers", f"{klaviyo}SUBSCRIBED,2025-01-01T00:00:00Z,['USER_SUPPRESSED']\n") == "unsubscribed"


UNREADABLE = [
    ("customers", "email,email_consent,email_consent_at", "unsubscribed,31.10.2026 14:00"),
    ("customers", "email,email_consent,email_consent_at", "no,2026-10-31 14:00"),
    ("customers", "email,email_consent,created_at", "no,0000-00-00 00:00:00"),
    ("customers", "email,email_consent,created_at", "no,1970-01-01T00:00:00Z"),
    ("customers", "email,email_consent,created_at", "no,45000"),
    ("consent", "email,consent,date", "no,31.10.2026 14:00"),
    ("consent", "email,consent,date", "no,2026-10-31 14:00"),
    ("consent", "email,consent,date", "no,2999-10-31T14:00:00Z"),
]


def test_a_no_holds_whatever_else_in_its_row_cannot_be_read(bring_in, customer, sheet, tell):
    for number, (noun, head, cells) in enumerate(UNREADABLE):
        who = f"no-{number}@mail.example"
        tell(events.ConsentRecorded, who, "2026-01-01", "api", channel="email", subscribed=True, wording="w")
        told = bring_in(noun, sheet(f"{head}\n{who},{cells}\n"))
        assert (told["taken"], told["refused"]) == (1, 1), (head, cells, told)
        assert "date" in told["refusals"][0]["reason"]
        assert customer(who).consent_of("email").state == "unsubscribed", (head, cells)


def shopify(topic, **data):
    delivery = Delivery("shopify", {"x-shopify-topic": topic}, b"", (), NOW, settings={}, data=data)
    return intake.PLATFORMS["shopify"].translate(delivery)


def woo(status, at, **more):
    data = {
        "id": 55, "status": status, "currency": "EUR", "total": "10.00", "date_created_gmt": "2026-11-01T08:00:00",
        "date_modified_gmt": at, "date_paid_gmt": "2026-11-01T08:05:00", "billing": {"email": "both@mail.example"},
    }  # fmt: skip
    delivery = Delivery("woocommerce", {"x-wc-webhook-topic": "order.updated"}, b"", (), NOW, settings={})
    return intake.PLATFORMS["woocommerce"].translate(
        Delivery(**{**vars(delivery), "data": json.loads(json.dumps(data | more))})
    )


ID = 820982911946154508
SNAPSHOT = {
    "id": ID, "name": "#1001", "email": "ann@mail.example", "created_at": "2026-11-05T09:59:00+01:00",
    "updated_at": "2026-11-20T10:00:00+01:00", "total_price": "25.00", "currency": "EUR",
    "line_items": [{"product_id": 77, "title": "Lamp", "quantity": 1, "price": "20.00"}],
}  # fmt: skip
REFUND = {
    "id": 9, "order_id": ID, "created_at": "2026-11-21T10:00:00+01:00",
    "transactions": [{"kind": "refund", "status": "success", "amount": "5.00", "currency": "EUR"}],
}  # fmt: skip


def test_shopifys_own_export_of_orders_and_its_webhooks_tell_of_one_order(bring_in, local, customer, sheet):
    first = {
        "Name": "#1001", "Email": "ann@mail.example", "Financial Status": "paid", "Currency": "EUR", "Total": "25.00",
        "Paid at": "2026-11-05 10:00:00 +0100", "Created at": "2026-11-05 09:59:00 +0100", "Shipping": "3.00",
        "Lineitem quantity": "1", "Lineitem name": "Lamp", "Lineitem price": "20.00", "Lineitem sku": "LAMP-1",
        "Discount Code": "SAVE", "Discount Amount": "2.00", "Billing Country": "DE", "Billing Phone": "0151 23456789",
        "Refunded Amount": "0.00", "Id": str(ID),
    }  # fmt: skip
    further = {
        "Name": "#1001", "Email": "ann@mail.example", "Created at": first["Created at"], "Lineitem quantity": "2",
        "Lineitem name": "Bulb", "Lineitem price": "1.00", "Lineitem sku": "BULB-1",
    }  # fmt: skip
    strange = {**first, "Name": "#1002", "Id": "8.20983E+17"}
    path = sheet(headers.file_of(headers.ORDERS, first, further, strange, {**further, "Name": "#1002"}))
    told = bring_in("orders", path, "--platform", "shopify")
    assert [each["line"] for each in told["refusals"]] == [4, 5]
    assert "a spreadsheet has shortened" in told["refusals"][0]["reason"]
    ann = customer("ann@mail.example")
    (order,) = ann.orders.values()
    assert (order.order_id, order.number, order.codes, ann.phone) == (
        f"shopify:{ID}", "#1001", ("SAVE",), "+4915123456789",
    )  # fmt: skip
    assert [(line.title, line.quantity) for line in order.lines] == [("Lamp", 1), ("Bulb", 2)]
    assert (order.shipping.amount, order.discount.amount) == (300, 200)
    for topic, data in (("orders/updated", SNAPSHOT), ("orders/paid", SNAPSHOT), ("refunds/create", REFUND)):
        for fact in shopify(topic, **data):
            log.append(local.services, fact)
        local.pump()
    ann = customer("ann@mail.example")
    (order,) = ann.orders.values()
    assert (order.lines[0].product_id, order.refunded) == ("77", 500)
    assert ann.count("Order Completed", within=None, now=local.now()) == 1
    assert bring_in("orders", path, "--platform", "shopify")["written"] == {}


def order_file(platform, order_id, email):
    told = {
        "order_id": order_id, "email": email, "placed_at": "2026-11-01T08:00:00Z", "paid_at": "2026-11-01T08:05:00Z",
        "fulfilled_at": "2026-11-02T08:05:00Z", "total": "25.00", "currency": "EUR",
    }  # fmt: skip
    (facts,) = orders.read([Row(2, told)], Origin(now=NOW, platform=platform))
    return facts


@pytest.mark.parametrize(
    "sources",
    [
        [
            order_file("shopify", str(ID), "ann@mail.example"),
            shopify("orders/paid", **SNAPSHOT),
            shopify("orders/updated", **SNAPSHOT),
            shopify("orders/fulfilled", **SNAPSHOT),
        ],
        [
            order_file("woocommerce", "55", "both@mail.example"),
            woo("processing", "2026-11-01T08:06:00"),
            woo("completed", "2026-11-02T08:06:00", date_completed_gmt="2026-11-02T08:06:00"),
        ],
    ],
    ids=["shopify", "woocommerce"],
)
def test_a_file_and_webhooks_count_an_order_once_in_any_order_of_arrival(sources):
    for arrival in itertools.permutations(sources):
        kept = {}
        for fact in itertools.chain(*arrival):
            kept.setdefault((fact.partition, fact.id), fact)  # as the log does
        found = fold.fold_all("p", kept.values()).customer
        counts = [found.count(f"Order {stage}", within=None, now=NOW) for stage in ("Completed", "Fulfilled")]
        assert (len(found.orders), counts) == (1, [1, 1])
        assert next(iter(found.orders.values())).status == "fulfilled"


def test_changed_orders_are_told_again_and_the_same_file_changes_nothing(bring_in, customer, sheet):
    head = "Id,Email,Created at,Paid at,Total,Currency,Refunded Amount\n"

    def after(day, total, refunded="0"):
        rows = f"{head}9,ivy@mail.example,2026-01-01T00:00:00Z,2026-01-02T00:00:00Z,{total},EUR,{refunded}\n"
        told = bring_in("orders", sheet(rows, saved=on(day)))
        assert bring_in("orders", sheet(rows, saved=on(day)))["written"] == {}
        (order,) = customer("ivy@mail.example").orders.values()
        return order.total.amount, order.refunded, told["written"]

    assert after("2026-02-01", "10")[:2] == (1000, 0)
    for day, total in (("2026-02-02", 20), ("2026-02-03", 15), ("2026-02-04", 10), ("2026-02-05", 20)):
        assert after(day, str(total)) == (total * 100, 0, {"Order Updated": 1})
    assert after("2026-02-05", "12")[0] == 1200  # of files of one moment the later import holds
    assert after("2026-02-05", "15")[0] == 1500
    assert after("2026-02-01", "10")[0] == 1500  # an old file, again: what is newer stands
    assert after("2026-02-06", "15", "4") == (1500, 400, {"Order Refunded": 1})
    assert after("2026-02-07", "15", "10") == (1500, 1000, {"Order Refunded": 1})
    assert after("2026-02-08", "15", "10") == (1500, 1000, {})


HISTORY = (("02", "", ""), ("03", "03", ""), ("05", "", "04"), ("07", "06", "04"), ("09", "", "04"))
"""Of files of one order: the day each was made, and when it was called off and paid by then."""


@pytest.mark.parametrize("month", ["01", "10"], ids=["as it happened", "all later"])
def test_an_order_that_is_called_off_and_stands_again_is_what_the_newest_file_says(bring_in, customer, sheet, month):
    def after(name, arrival, platform):
        for made, *days in arrival:
            off, paid = (day and f"2026-01-{day}T00:00:00Z" for day in days)
            rows = f"Cancelled at,Paid at\n{name},{name}@mail.example,2026-01-01T00:00:00Z,10,EUR,{off},{paid}\n"
            path = sheet(f"Id,Email,Created at,Total,Currency,{rows}", saved=on(f"2026-{month}-{made}"))
            bring_in("orders", path, *platform)
            assert bring_in("orders", path, *platform)["written"] == {}
        rows = f"Id,Email,Created at,Total,Currency\n{name},{name}@mail.example,2026-01-01T00:00:00Z,10,EUR\n"
        told = bring_in("orders", sheet(rows, saved=on("2026-11-01")), *platform)
        assert "Order Updated" not in told["written"]  # a file without the column says nothing of it
        (order,) = customer(f"{name}@mail.example").orders.values()
        return order.status

    for number, arrival in enumerate(itertools.permutations(HISTORY[:3])):
        assert after(f"jo-{month}-{number}", arrival, ()) == "paid", arrival
    for files, status in ((2, "cancelled"), (3, "paid"), (4, "cancelled"), (5, "paid")):
        assert after(f"ky-{month}-{files}", HISTORY[:files], ("--platform", "shopify")) == status


def test_a_row_tells_what_was_so_when_its_file_was_made(bring_in, customer, sheet, tell):
    who, head = "bo-again@mail.example", "email,city,first_name,created_at\n"

    def city(saved, *cities, option=()):
        rows = "".join(f"{who},{each},Bo,{2020 - number}-01-01T00:00:00Z\n" for number, each in enumerate(cities))
        bring_in("customers", sheet(head + rows, saved=on(saved)), *option)
        assert bring_in("customers", sheet(head + rows, saved=on(saved)), *option)["written"] == {}
        return customer(who).attribute("city").value

    for day, name in ((1, "Berlin"), (2, "Paris"), (3, "Rome"), (4, "Oslo"), (5, "Berlin")):
        assert city(f"2026-01-0{day}", name) == name
    for name in ("Paris", "Rome", "Oslo"):  # of files of one moment the later import holds
        assert city("2026-01-05", name) == name
    assert city("2026-01-05", "Berlin") == "Oslo"  # the first of them again
    assert city("2026-01-06", "Bern", "Graz") == "Graz"  # of one file the later row, however old the account
    assert city("2026-01-03", "Rome") == "Graz"
    assert f"{customer(who).created_at:%Y-%m-%d}" == "2019-01-01"
    tell(events.CustomerUpdated, who, "2026-02-01", "api", city="Lyon", first_name="Beau")
    assert city("2026-01-31", "Graz") == "Lyon"
    assert city("2026-11-01", "Graz", option=("--as-of", "2026-01-30")) == "Lyon"
    assert customer(who).first_name == "Beau"
    assert city("2026-02-02", "Graz") == "Graz"
    assert customer(who).first_name == "Bo"
