"""WooCommerce's deliveries: one delivery id for many orders, a form for a ping, a status for a topic."""

import json
from datetime import UTC, datetime

from chalicelib.collect import strict_json
from chalicelib.collect.delivery import Delivery, DropReason
from chalicelib.collect.sources import woocommerce
from chalicelib.money import Money
from tests.collect.conftest import MATERIAL, NOW, needs_material, sign_base64, woo_headers

FOLDER = MATERIAL / "woocommerce"


def order(**changes):
    return {
        "id": 727,
        "number": "727",
        "status": "pending",
        "currency": "USD",
        "total": "29.35",
        "discount_total": "0.00",
        "date_created_gmt": "2026-11-22T19:28:02",
        "date_modified_gmt": "2026-11-22T19:28:08",
        "date_paid_gmt": None,
        "customer_id": 0,
        "billing": {"email": "ann@mail.example", "first_name": "Ann", "country": "US", "phone": "(555) 555-5555"},
        "payment_url": "https://shop.example/checkout/order-pay/727/?key=wc_order_1",
        "line_items": [{"product_id": 22, "name": "Ship Your Idea &ndash; Black", "quantity": 1, "price": 12.5}],
        "coupon_lines": [],
        "refunds": [],
    } | changes


def cases():
    for path in sorted(FOLDER.glob("*.json")):
        case = json.loads(path.read_text())
        if path.stem.startswith("rest-v3-"):
            resource = path.stem.removeprefix("rest-v3-").split("-")[0]
            yield f"{resource}.{'created' if 'create' in path.stem else 'updated'}", case
        else:
            yield case["topic"], case["body"]


@needs_material
def test_every_real_body_is_accepted_signed_and_refused_otherwise(web):
    accepted = refused = made = 0
    for topic, data in cases():
        for text in (json.dumps(data), json.dumps(data, indent=4), json.dumps(data, ensure_ascii=False)):
            body = text.encode()
            good = woo_headers(body, topic)
            accepted += web.call("POST", "/webhooks/woocommerce", good, body).status == 200
            for headers, sent in (
                (good, body[:-1] + b" }"),
                (good | {"X-WC-Webhook-Signature": sign_base64(body, "other")}, body),
                (good | {"X-WC-Webhook-Signature": sign_base64(body, "")}, body),
                ({name: value for name, value in good.items() if "Signature" not in name}, body),
            ):
                made += 1
                refused += web.call("POST", "/webhooks/woocommerce", headers, sent).status == 401
    assert (accepted, refused) == (made // 4, made)
    assert {"Order Completed", "Customer Updated"} <= {fact.name for fact in web.facts()}
    print(f"accepted {accepted} of {made // 4}, refused {refused} of {made}")


def test_two_hundred_orders_under_one_delivery_id_are_all_stored(web):
    answers = {web.woo("order.created", order(id=number)).status for number in range(1, 201)}
    assert answers == {200}
    assert {fact.order_id for fact in web.facts("Order Created")} == {
        f"woocommerce:{number}" for number in range(1, 201)
    }


def test_a_ping_gets_exactly_200_and_leaves_nothing(web):
    answer = web.post_form("/webhooks/woocommerce", {"webhook_id": "7"})
    assert answer.status == 200
    assert (web.facts(), web.drops()) == ([], {})
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert web.call("POST", "/webhooks/woocommerce", form, b"webhook_id=7&status=active").status == 401
    assert web.call("POST", "/webhooks/shopify", form, b"webhook_id=7").status == 401


def test_a_life_of_an_order_is_told_by_its_status(web):
    paid = {"date_paid_gmt": "2026-11-22T20:00:00"}
    steps = [
        ("order.created", {}),
        ("order.updated", {"status": "on-hold", "date_modified_gmt": "2026-11-22T19:40:00"}),
        ("order.updated", {"status": "processing", "date_modified_gmt": "2026-11-22T20:00:01"} | paid),
        ("order.updated", {"status": "processing", "date_modified_gmt": "2026-11-22T20:30:00"} | paid),
        (
            "order.updated",
            {
                "status": "completed",
                "date_modified_gmt": "2026-11-22T22:00:00",
                "date_completed_gmt": "2026-11-22T22:00:00",
            }
            | paid,
        ),
        (
            "order.updated",
            {
                "status": "refunded",
                "date_modified_gmt": "2026-11-23T08:00:00",
                "refunds": [{"id": 9, "reason": "Too small", "total": "-29.35"}],
            }
            | paid,
        ),
    ]
    for topic, changes in steps:
        assert web.woo(topic, order(**changes)).status == 200
    counts = {}
    for fact in web.facts():
        counts[fact.name] = counts.get(fact.name, 0) + 1
    assert counts == {
        "Order Created": 1,
        "Order Completed": 1,
        "Order Fulfilled": 1,
        "Order Refunded": 1,
        "Order Updated": 6,
        "Customer Updated": 6,
    }
    (completed,) = web.facts("Order Completed")
    assert completed.occurred_at == datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    assert completed.placed_at == datetime(2026, 11, 22, 19, 28, 2, tzinfo=UTC)
    assert completed.lines[0].title == "Ship Your Idea – Black"
    assert completed.lines[0].price == Money(1250, "USD")
    (refunded,) = web.facts("Order Refunded")
    assert (refunded.amount, refunded.reason) == (Money(2935, "USD"), "Too small")
    (created,) = web.facts("Order Created")
    assert created.pay_url.startswith("https://shop.example/checkout/order-pay/727/")
    assert dict(created.who) == {"email": "ann@mail.example", "order": "woocommerce:727"}


def test_a_deletion_names_only_the_order(web):
    assert web.woo("order.deleted", {"id": 727}).status == 200
    (cancelled,) = web.facts()
    assert (cancelled.name, cancelled.order_id, dict(cancelled.who)) == (
        "Order Cancelled",
        "woocommerce:727",
        {"order": "woocommerce:727"},
    )


def read(topic, data, secrets=(b"woo-secret",), secret=b"woo-secret"):
    body = json.dumps(data).encode()
    headers = {name.lower(): value for name, value in woo_headers(body, topic, secret.decode()).items()}
    delivery = Delivery("woocommerce", headers, body, secrets, NOW, data=strict_json.read(body))
    return woocommerce.verify(delivery) or woocommerce.translate(delivery)


def test_a_draft_is_no_order_and_a_nameless_customer_nobody():
    assert read("order.created", order(status="checkout-draft")) == DropReason.NO_CHANGE
    assert read("customer.created", {"id": 0, "email": None}) == DropReason.NOBODY
    assert read("coupon.deleted", {"id": 16}) == DropReason.NO_CHANGE
    assert read("action.woocommerce_add_to_cart", {"id": 18}) == DropReason.UNUSED_TOPIC


def test_a_refund_by_itself_tells_its_goods_and_leaves_the_money_to_the_order_which_knows_its_currency():
    line = {"id": 111, "product_id": 22, "quantity": -1, "total": "-9.00"}
    refund = {"id": 726, "amount": "10.00", "reason": "Torn", "date_created_gmt": "2026-11-22T09:00:00"}
    refund |= {"_links": {"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/723"}]}}
    (returned,) = read("refund.created", refund | {"line_items": [line]})
    assert (returned.name, returned.order_id, returned.quantity) == ("Product Returned", "woocommerce:723", 1)
    assert read("refund.created", refund | {"line_items": []}) == DropReason.NO_CHANGE
    listed = {"status": "processing", "currency": "JPY", "total": "900", "line_items": []}
    told = read("order.updated", order(**listed, refunds=[{"id": 726, "total": "-450"}]))
    assert [each.amount for each in told if each.name == "Order Refunded"] == [Money(450, "JPY")]


def test_wordpress_decodes_the_secret_before_it_signs():
    assert isinstance(read("order.created", order(), secrets=[b"a&amp;b&lt;c"], secret=b"a&b<c"), list)
    assert isinstance(read("order.created", order(), secrets=[b"a&amp;b&lt;c"], secret=b"a&amp;b&lt;c"), list)
    assert read("order.created", order(), secrets=[b"a&amp;b"], secret=b"a&c") == DropReason.BAD_SIGNATURE
    assert read("order.created", order(), secrets=[], secret=b"x") == DropReason.BAD_SIGNATURE
    assert read("order.created", order(), secrets=[b""], secret=b"x") == DropReason.BAD_SIGNATURE
