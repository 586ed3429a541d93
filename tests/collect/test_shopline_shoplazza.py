"""SHOPLINE and Shoplazza: their own headers, ids, states and shapes become the facts that every store's do."""

import base64
import json
from datetime import UTC, datetime

from chalicelib.aws.table import privacy_request_key
from chalicelib.catalogue import store
from chalicelib.money import Money
from tests.collect.conftest import sign_base64

AT = "2026-11-22T18:00:00+08:00"


def post(web, source, topic, data, *, delivery="", hexed=False, secret=""):
    body = json.dumps(data).encode()
    signature = sign_base64(body, secret or f"{source}-secret")
    if hexed:
        signature = base64.b64decode(signature).hex()
    name = source.capitalize()
    headers = {"Content-Type": "application/json", f"X-{name}-Topic": topic, f"X-{name}-Hmac-Sha256": signature}
    if delivery:
        headers["X-Shopline-Webhook-Id" if source == "shopline" else "X-Shoplazza-Deduplication-ID"] = delivery
    return web.call("POST", f"/webhooks/{source}", headers, body)


def shopline_order(**changes):
    return {
        "id": "21050224312121887324667162",
        "name": "D1001",
        "created_at": AT,
        "updated_at": AT,
        "currency": "USD",
        "current_total_price": "58.00",
        "current_total_discounts": "2.00",
        "customer_locale": "enCA",
        "order_status_url": "https://shop.myshopline.com/trade/thank_you?x=1",
        "total_shipping_price_set": {"shop_money": {"amount": "8.00", "currency_code": "USD"}},
        "customer": {"id": "4201057495", "email": "Tom@Mail.example", "first_name": "Tom", "phone": "0013125550100"},
        "billing_address": {"country_code": "CA", "city": "Toronto", "province": "Ontario"},
        "line_items": [{"product_id": "160", "title": "Watch", "quantity": 1, "price": "50.00"}],
    } | changes


def test_a_shopline_order_is_read_in_either_spelling_of_its_signature(web):
    assert post(web, "shopline", "orders/create", shopline_order(), delivery="m1").text == "ok"
    assert post(web, "shopline", "orders/paid", shopline_order(), hexed=True).text == "ok"
    assert post(web, "shopline", "orders/create", shopline_order(), secret="other").status == 401
    assert post(web, "shopline", "orders/create", shopline_order(id="9"), delivery="m1").text == "changed_repeat"
    (created,) = web.facts("Order Created")
    assert (created.total, created.discount, created.shipping) == (
        Money(5800, "USD"),
        Money(200, "USD"),
        Money(800, "USD"),
    )
    assert created.occurred_at == datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    assert dict(created.who) == {
        "email": "tom@mail.example",
        "customer": "shopline:4201057495",
        "phone": "+13125550100",
        "order": "shopline:21050224312121887324667162",
    }
    buyer = web.facts("Customer Updated")[0]
    assert (buyer.language, buyer.country, buyer.city, buyer.region) == ("en-CA", "CA", "Toronto", "Ontario")
    assert len(web.facts("Order Completed")) == 1


def test_a_shopline_customer_says_consent_in_numbers(web):
    def customer(number, **changes):
        return {"id": str(number), "email": f"c{number}@mail.example", "updated_at": AT} | changes

    given = {"state": 1, "opt_in_level": 2, "consent_updated_at": AT}
    sent = [
        customer(1, email_marketing_consent=given, gender="female", birthday="19900623", language="en"),
        customer(2, email_marketing_consent=given | {"state": 0}),
        customer(3, email_marketing_consent=given | {"state": 2}),
        customer(4, email_marketing_consent=given | {"consent_updated_at": None}),
        customer(5, accepts_marketing=True, accepts_marketing_updated_at=AT),
        customer(6, accepts_marketing=False),
    ]
    assert {post(web, "shopline", "customers/update", each).text for each in sent} == {"ok"}
    found = {fact.who["customer"]: fact for fact in web.facts("Consent Recorded")}
    assert {who: fact.subscribed for who, fact in found.items()} == {
        "shopline:1": True,
        "shopline:2": False,
        "shopline:5": True,
    }
    assert found["shopline:1"].wording == "shopline:confirmed_opt_in"
    told = {fact.who["customer"]: fact for fact in web.facts("Customer Updated")}["shopline:1"]
    assert (told.gender, told.birthday, told.language) == ("female", "1990-06-23", "en")


def test_shopline_s_refunds_products_stock_and_redactions(web):
    line = {"id": "1", "quantity": 1, "restock_type": "return", "line_item": {"product_id": "160"}}
    paid_back = {"kind": "refund", "status": "success", "amount": "50.00", "currency": "USD"}
    refund = {"id": "SL1", "order_id": "21", "note": "Too big", "created_at": AT, "refund_line_items": [line]}
    assert post(web, "shopline", "refunds/create", refund | {"transactions": [paid_back]}).text == "ok"
    (refunded,), (returned,) = web.facts("Order Refunded"), web.facts("Product Returned")
    assert (refunded.amount, returned.product_id, returned.reason) == (Money(5000, "USD"), "160", "Too big")
    variant = {"price": "10", "inventory_item_id": "i1", "inventory_tracker": True, "inventory_quantity": 3}
    product = {"id": "160", "title": "Watch", "status": "active", "updated_at": AT, "variants": [variant]}
    assert post(web, "shopline", "products/create", product).text == "ok"
    for available, hour in ((4, 15), (3, 19)):
        told = {"available": available, "updated_at": f"2026-11-22T{hour}:00:00+08:00"}
        level = {"inventory_item_id": "i1", "location_id": "l1", **told}
        assert post(web, "shopline", "inventory_levels/update", level).text == "ok"
    assert (store.get(web.cloud, "160").stock, store.get(web.cloud, "160").price) == (3, Money(1000, "USD"))
    asked = {"shop_id": "1", "shop_domain": "s.myshopline.com", "customer": {"id": "2", "email": "a@mail.example"}}
    assert post(web, "shopline", "customers/redact", asked | {"orders_to_redact": ["#72348"]}).status == 200
    (request,) = web.cloud.catalog.query(privacy_request_key("").pk)
    assert (request["customer_id"], request["email"], request["orders"]) == ("shopline:2", "a@mail.example", [])


def shoplazza_order(**changes):
    return {
        "order": {
            "id": "0510dace-34da",
            "number": "A12",
            "status": "placed",
            "financial_status": "waiting",
            "fulfillment_status": "initialled",
            "currency": "EUR",
            "total_price": "36.99",
            "total_discount": "0.00",
            "total_shipping": "5.00",
            "discount_code": "HELLO",
            "created_at": AT,
            "updated_at": AT,
            "customer": {"id": "c1", "email": "eva@mail.example", "first_name": "Eva"},
            "billing_address": {"country_code": "DE", "city": "Bonn"},
            "line_items": [{"product_id": "p1", "product_title": "Lamp", "quantity": 1, "price": "31.99"}],
        }
        | changes
    }


def test_a_shoplazza_order_tells_its_stages_by_its_states(web):
    later = {"updated_at": "2026-11-22T20:00:00+08:00", "financial_status": "paid"}
    last = {"updated_at": "2026-11-22T22:00:00+08:00", "fulfillment_status": "shipped"}
    back = {"financial_status": "partially_refunded", "total_refund_price": "10.00"}
    more = back | {"total_refund_price": "20.00", "updated_at": "2026-11-22T23:00:00+08:00"}
    for number, (topic, changes) in enumerate(
        [
            ("orders/create", {}),
            ("orders/paid", later),
            ("orders/fulfilled", later | last),
            ("orders/partially_refunded", later | last | back),
            ("orders/partially_refunded", later | last | more),
        ]
    ):
        assert post(web, "shoplazza", topic, shoplazza_order(**changes), delivery=f"d{number}").text == "ok"
    counts = {}
    for fact in web.facts():
        counts[fact.name] = counts.get(fact.name, 0) + 1
    stages = ("Order Created", "Order Completed", "Order Fulfilled", "Order Refunded")
    assert [counts[name] for name in stages] == [1, 1, 1, 2]
    created = web.facts("Order Created")[0]
    assert (created.shipping, created.codes, created.lines[0].title) == (Money(500, "EUR"), ("HELLO",), "Lamp")
    assert {fact.refund_id for fact in web.facts("Order Refunded")} == {"all"}
    assert post(web, "shoplazza", "orders/create", shoplazza_order(), secret="other").status == 401
    assert post(web, "shoplazza", "orders/delete", {"order": {"id": "0510dace-34da"}}).text == "ok"
    assert len(web.facts("Order Cancelled")) == 1


def test_shoplazza_s_products_and_accounts(web):
    variant = {"price": "9.99", "compare_at_price": "12.00", "cost_price": "4.00"}
    product = {"id": "p1", "title": "Lamp", "published": True, "updated_at": AT, "variants": [variant]}
    product |= {"inventory_tracking": True, "inventory_quantity": 7, "vendor": "Lux", "tags": "home,light"}
    assert post(web, "shoplazza", "products/update", {"product": product}).text == "ok"
    found = store.get(web.cloud, "p1")
    assert (found.price, found.compare_at, found.cost) == (Money(999, "USD"), Money(1200, "USD"), Money(400, "USD"))
    assert (found.stock, found.brand, found.tags) == (7, "Lux", ("home", "light"))
    assert post(web, "shoplazza", "products/delete", {"product": {"id": "p1"}}).text == "ok"
    assert store.get(web.cloud, "p1").deleted
    assert post(web, "shoplazza", "customers/delete", {"customer": {"id": "c1"}}).text == "ok"
    (gone,) = web.facts("Account Deleted")
    assert dict(gone.who) == {"customer": "shoplazza:c1"}
