"""Every vendor's names, in the shapes that vendor documents, become the facts they mean; the page lists them all."""

import json
import re
import subprocess
import sys

import pytest

from chalicelib import events
from chalicelib.collect import strict_json
from chalicelib.collect.api import message, names, reception
from chalicelib.collect.api.translate import translate
from chalicelib.collect.delivery import DropReason
from chalicelib.errors import BadInput
from tests.collect.conftest import NOW, ROOT

PAGE = (ROOT / "docs" / "connect" / "api.md").read_text(encoding="utf-8")
SERVER, PUBLIC = message.Key("backend", public=False), message.Key("browser:shop", public=True)

GA4_ITEMS = {
    "currency": "USD",
    "value": 30.03,
    "items": [
        {"item_id": "SKU_1", "item_name": "Grey shirt", "item_brand": "Aurora", "item_category": "Shirts",
         "price": 10.01, "quantity": 3},
        {"item_id": "SKU_2", "item_name": "Blue shirt", "price": 9, "quantity": 1},
    ],
}  # fmt: skip
KLAVIYO_ORDER = {
    "OrderId": "1234", "$value": 29.98, "$currency_code": "USD", "DiscountCode": "FREE", "DiscountValue": 5,
    "Items": [{"ProductID": "1111", "ProductName": "Winnie", "Quantity": 2, "ItemPrice": 14.99,
               "Categories": ["Fiction", "Children"]}],
}  # fmt: skip
KLAVIYO_ADDED = {
    "AddedItemProductName": "Winnie", "AddedItemProductID": "1111", "AddedItemCategories": ["Fiction"],
    "AddedItemPrice": 9.99, "AddedItemQuantity": 2, "CheckoutURL": "https://shop.example/cart",
}  # fmt: skip
PIXEL_CHECKOUT = {
    "checkout": {
        "token": "tok", "currencyCode": "EUR", "order": {"id": "gid://shopify/Order/88"},
        "totalPrice": {"amount": 60.5, "currencyCode": "EUR"},
        "shippingLine": {"price": {"amount": 4.5}},
        "lineItems": [{"title": "Linen shirt", "quantity": 2,
                       "variant": {"price": {"amount": 28}, "product": {"id": "7", "type": "Shirts"}}}],
    },
}  # fmt: skip


def read(event, properties=None, key=SERVER, **given):
    raw = {"userId": "77", "anonymousId": "visitor", "messageId": "m", "event": event, "properties": properties or {}}
    shop = message.Shop("USD", custom_events=frozenset(("size guide opened",)))
    posted = strict_json.read(json.dumps(raw | given).encode())
    told = message.read(posted, {}, "track", key, shop, NOW)
    return translate(told)


def one(event, properties=None, **given):
    (fact,) = read(event, properties, **given)
    return fact


def test_an_event_of_ga4_tells_of_all_its_items():
    first, second = read("add_to_cart", GA4_ITEMS)
    assert (first.product_id, first.title, first.brand, first.price, first.quantity) == (
        "SKU_1", "Grey shirt", "Aurora", (1001, "USD"), 3,
    )  # fmt: skip
    assert second.id != first.id
    listed = one("view_item_list", GA4_ITEMS | {"item_list_name": "Shirts", "item_list_id": "l1"})
    assert (listed.name, listed.category, listed.list_id) == ("Product List Viewed", "Shirts", "l1")
    bought = one("purchase", GA4_ITEMS | {"transaction_id": "T_1", "coupon": "SUMMER", "shipping": 3.33})
    assert (bought.name, bought.order_id, bought.total) == ("Order Completed", "api:T_1", (3003, "USD"))
    assert (bought.shipping, bought.codes, len(bought.lines)) == ((333, "USD"), ("SUMMER",), 2)
    begun = one("begin_checkout", GA4_ITEMS)
    assert (begun.checkout_id, begun.total, begun.updated_at) == ("visitor", (3003, "USD"), NOW)
    back = one("refund", GA4_ITEMS | {"transaction_id": "T_1"})
    assert (back.name, back.amount) == ("Order Refunded", (3003, "USD"))
    assert one("search", {"search_term": "linen"}).query == "linen"


def test_an_event_of_klaviyo_is_read_in_its_own_words():
    bought = one("Placed Order", KLAVIYO_ORDER)
    assert (bought.name, bought.order_id, bought.codes, bought.discount) == (
        "Order Completed", "api:1234", ("FREE",), (500, "USD"),
    )  # fmt: skip
    assert bought.lines == (events.Line("1111", "Winnie", 2, (1499, "USD"), "Fiction"),)
    added = one("Added to Cart", KLAVIYO_ADDED)
    assert (added.product_id, added.category, added.price, added.quantity) == ("1111", "Fiction", (999, "USD"), 2)
    assert one("Cancelled Order", KLAVIYO_ORDER | {"Reason": "late"}).reason == "late"
    assert one("Fulfilled Order", KLAVIYO_ORDER).name == "Order Fulfilled"
    assert read("Ordered Product", KLAVIYO_ORDER) is DropReason.NO_CHANGE
    assert one("Unsubscribed from SMS Marketing").channel == "sms"


def test_an_order_that_waits_for_its_money_is_placed_and_not_completed():
    assert one("Placed Order", KLAVIYO_ORDER | {"financial_status": "PENDING"}).name == "Order Created"


def test_an_event_of_shopifys_pixel_is_read_in_its_own_words():
    bought = one("checkout_completed", PIXEL_CHECKOUT)
    assert (bought.order_id, bought.total, bought.shipping) == ("api:88", (6050, "EUR"), (450, "EUR"))
    assert bought.lines == (events.Line("7", "Linen shirt", 2, (2800, "EUR"), "Shirts"),)
    begun = one("checkout_started", PIXEL_CHECKOUT, key=PUBLIC)
    assert (begun.checkout_id, begun.total, dict(begun.who)) == ("tok", (6050, "EUR"), {"anonymous": "visitor"})
    viewed = one("product_viewed", {"productVariant": {"price": {"amount": 28, "currencyCode": "EUR"},
                 "product": {"id": "7", "title": "Linen shirt", "vendor": "Aurora", "type": "Shirts"}}})  # fmt: skip
    assert (viewed.product_id, viewed.price, viewed.brand) == ("7", (2800, "EUR"), "Aurora")
    assert one("search_submitted", {"searchResult": {"query": "linen"}}).query == "linen"
    assert one("collection_viewed", {"collection": {"id": "3", "title": "Shirts"}}).category == "Shirts"


@pytest.mark.parametrize(
    ("event", "properties", "wanted"),
    [
        ("Inquiry Opened", {"inquiry_id": "i1", "subject": "Size?", "order_id": "9"}, {"subject": "Size?"}),
        ("Complaint Opened", {"message": "Late"}, {"complaint_id": "m", "subject": "Late"}),
        ("Product Returned", {"product_id": "7", "order_id": "9", "reason": "size"}, {"reason": "size", "quantity": 1}),
        ("Product Reviewed", {"product_id": "7", "rating": "4", "review_body": "Fine"}, {"rating": 4, "words": "Fine"}),
        ("Survey Answered", {"survey": "s", "answers": {"q": ["a", "b"]}}, {"answers": (("q", "a,b"),)}),
        ("Call Completed", {"outcome": "reached"}, {"outcome": "reached"}),
        ("Points Changed", {"delta": -50, "reason": "gift"}, {"delta": -50, "reason": "gift"}),
        ("Order Refunded", {"order_id": "9", "refund_id": "r", "total": 5}, {"refund_id": "r", "amount": (500, "USD")}),
        ("Order Updated", {"order_id": "9", "total": 5, "updated_at": "2026-11-23T09:00:00Z"}, {"number": "9"}),
        ("Order Created", {"order_id": "9", "total": 5, "pay_url": "https://shop.example/p"}, {"codes": ()}),
        ("Coupon Entered", {"coupon_id": "WELCOME10"}, {"code": "WELCOME10"}),
        ("Cart Updated", {"cart_id": "c", "products": [{"product_id": "7", "price": 1}]}, {"cart_id": "c"}),
        ("Page Left", {"seconds": 12.7, "path": "/a?b=1", "product_id": "7"}, {"seconds": 12, "path": "/a"}),
        ("session_start", {"ga_session_id": 17, "utm_source": "news"}, {"visit_id": "17", "utm_source": "news"}),
        ("Signed Up", {"email": "a@b.example", "wording": "w", "timezone": "Asia/Tokyo"}, {"time_zone": "Asia/Tokyo"}),
        ("Account Deleted", {"reason": "asked"}, {"reason": "asked"}),
        (
            "Account Created",
            {"email": "a@b.example", "firstName": "Ann"},
            {"first_name": "Ann", "email": "a@b.example"},
        ),
    ],
)
def test_what_the_shop_tells_is_taken_of_a_server(event, properties, wanted):
    fact = one(event, properties)
    assert {name: getattr(fact, name) for name in wanted} == wanted


@pytest.mark.parametrize(
    ("event", "properties"),
    [
        ("Order Completed", {"order_id": "9"}),
        ("Order Completed", {"total": 5}),
        ("Order Refunded", {"order_id": "9", "total": 0}),
        ("Product Reviewed", {"product_id": "7", "rating": 6}),
        ("Survey Answered", {"survey": "s"}),
        ("Call Completed", {}),
        ("Points Changed", {"delta": "5"}),
        ("Consent Recorded", {"channel": "post", "subscribed": False}),
        ("Signed Up", {"wording": "w"}),
        ("Products Searched", {"query": " "}),
        ("Coupon Applied", {}),
        ("Product Returned", {"order_id": "9"}),
    ],
)
def test_a_fact_without_what_it_stands_on_is_none(event, properties):
    with pytest.raises(BadInput):
        read(event, properties)


def test_an_order_leads_to_its_customer_where_nobody_is_named():
    fact = one("Order Cancelled", {"order_id": "9"}, userId="", anonymousId="")
    assert dict(fact.who) == {"order": "api:9"}
    assert read("Product Viewed", {"product_id": "7"}, userId="", anonymousId="") is DropReason.NOBODY


def test_a_long_id_or_address_is_never_cut_to_be_anothers():
    long = "u" * 70
    assert one("Cart Viewed", userId=long).who != one("Cart Viewed", userId=long + "x").who
    address = f"{'a' * 40}@{'b' * 40}.example"
    assert one("Cart Viewed", userId=address).who["email"] == address


def test_no_fact_can_be_told_that_is_ours_to_decide():
    tellable = {names.meaning(name) for name in events.EVENTS}
    assert not tellable & {events.MessageSent, events.EmailOpened, events.SegmentEntered, events.CouponGranted}
    assert read("Email Opened") is DropReason.UNUSED_TOPIC
    assert one("Size-Guide Opened", key=PUBLIC).name == "Custom Event Tracked"


def test_the_page_lists_every_name_and_what_it_means():
    rows = dict(re.findall(r"^\| `([^`]+)` \| (?:[^|]+) \| ([A-Z][^|]+?) \|$", PAGE, re.MULTILINE))
    told = {name: fact for vendor in names.VENDORS.values() for name, fact in vendor.items()}
    assert rows == {name: fact.name for name, fact in told.items()}
    for name in (*(fact.name for fact in (*names.BROWSING, *names.TOLD)), *names.SILENT):
        assert f"`{name}`" in " ".join(PAGE.split()) or name == "Page Viewed", name


def test_the_page_says_what_is_answered():
    rows = re.findall(r"^\| (\d{3}) `([a-z_]+)` \|", PAGE, re.MULTILINE)
    assert len(rows) >= 10
    for status, word in rows:
        assert reception.STATUS.get(DropReason(word), 400) == int(status)
    assert {reason.value for reason in reception.STATUS} <= {word for _, word in rows}


def test_the_pixel_never_pays_for_the_api():
    program = "import app, sys; print([name for name in sys.modules if name.startswith('chalicelib.collect.api')])"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
