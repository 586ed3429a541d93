"""Product files as shops export them, and as nobody should: what becomes of each row, and what a full feed removes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.catalogue import store
from chalicelib.catalogue.product import ProductChange
from chalicelib.collect.sources.sender import Sender
from chalicelib.collect.sources.shopify.products import read_product
from chalicelib.errors import BadInput
from chalicelib.money import Money
from cli.commands.products import read_file
from cli.imports.catalogue import bring_in
from cli.imports.origin import Origin
from cli.imports.sheet import Refusal

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOLD = NOW - timedelta(hours=1)
ORIGIN = Origin(NOW, told_at=TOLD)
MATERIAL = Path(__file__).parents[3] / "shared" / "material"

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>Aurora Home</title>{}</channel></rss>"""
ITEM = """<item><g:id>{id}</g:id><title>Lamp {id}</title><g:price>80.00 USD</g:price>
<g:availability>in_stock</g:availability></item>"""


@pytest.fixture
def file(tmp_path):
    def write(text, name="products"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def read(path, **options):
    return list(read_file(path, ORIGIN, **options))


def told(path, **options):
    return {each.product_id: dict(each.told) | {"stock": each.stock} for each in read(path, **options)}


def test_a_sheet_tells_the_columns_it_has(file):
    sheet = file(
        "Product ID;Name;Price;Currency;Cost;Stock;Gender;Consumable;Body\n"
        "9007199254740993;Lamp;80.00;EUR;30;4;women;no;<p>Very Usefull</p>\n"
        "2;Tea;;EUR;;;;yes;\n"
        "3;Broken;12,50;EUR;;;;;\n"
        ";Nobody;1;EUR;;;;;\n"
        "5;Half;1;EUR;;1.5;;;\n"
    )
    found = read(sheet)
    lamp, tea = found[:2]
    assert lamp == ProductChange(
        "9007199254740993",
        TOLD,
        "import",
        {
            "deleted": False,
            "title": "Lamp",
            "description": "Very Usefull",
            "target_gender": "female",
            "consumable": False,
            "price": Money(8000, "EUR"),
            "cost": Money(3000, "EUR"),
        },
        {"": 4},
        read_at=TOLD,
    )
    assert (tea.told["price"], tea.told["consumable"], tea.stock) == (None, True, None)
    assert [(each.line, each.reason) for each in found[2:]] == [
        (4, "not an amount such as 12.50; --decimal , reads 12,50"),
        (5, "no product id"),
        (6, "a stock must be a whole number"),
    ]


def test_woocommerces_own_export(file):
    export = file(
        "ID,Type,SKU,Name,Published,Stock,Sale price,Regular price,Categories,Tags,Images\n"
        '794,simple,woo-tee,Premium Tee,1,7,16.00,21.99,"Clothing > Tees","soft, new",'
        '"https://shop.example/a.jpg, https://shop.example/b.jpg"\n'
        "795,simple,x,Draft,-1,,,9,,,\n"
    )
    found = told(export, currency="USD")
    assert found["794"]["price"] == [1600, "USD"]
    assert found["794"]["compare_at"] == [2199, "USD"]
    assert found["794"]["image"] == "https://shop.example/a.jpg"
    assert found["794"]["tags"] == ["soft", "new"]
    assert (found["794"]["deleted"], found["795"]["deleted"]) == (False, True)
    assert (found["794"]["stock"], found["795"]["stock"]) == ({"": 7}, None)


def test_an_amount_without_a_currency_is_refused(file):
    (refusal,) = read(file("id,price\n1,80\n"))
    assert refusal.reason == "not an ISO 4217 currency"


SHOPIFY = {
    "id": 9007199254740993,
    "title": "Lamp",
    "body_html": "<p>Very Usefull</p>\n",
    "vendor": "Aurora",
    "product_type": "Lighting",
    "handle": "lamp",
    "updated_at": "2026-11-20T09:00:00-05:00",
    "tags": "sale, brass",
    "status": "active",
    "variants": [
        {"id": 1, "price": "80.00", "compare_at_price": None, "inventory_item_id": 11, "inventory_quantity": 0,
         "inventory_management": "shopify", "inventory_policy": "deny"},
        {"id": 2, "price": "95.00", "compare_at_price": "99.00", "inventory_item_id": 12, "inventory_quantity": 3,
         "inventory_management": "shopify", "inventory_policy": "deny"},
    ],
    "image": {"src": "https://cdn.shop.example/lamp.jpg"},
}  # fmt: skip


@pytest.mark.parametrize(
    "layout",
    [
        lambda data: json.dumps({"products": [data, data | {"id": 2}]}),
        lambda data: json.dumps([data, data | {"id": 2}], indent=2),
        lambda data: json.dumps(data) + "\n" + json.dumps(data | {"id": 2}) + "\n",
    ],
)
def test_shopifys_admin_export_in_its_shapes(file, layout):
    lamp, _ = read(file(layout(SHOPIFY)), currency="USD", url="https://shop.example")
    assert lamp.product_id == "9007199254740993"
    assert lamp.updated_at == datetime(2026, 11, 20, 14, tzinfo=UTC)
    assert lamp.stock == {"11": 0, "12": 3}
    assert dict(lamp.told) == {
        "title": "Lamp",
        "category": "Lighting",
        "brand": "Aurora",
        "tags": ["sale", "brass"],
        "image": "https://cdn.shop.example/lamp.jpg",
        "deleted": False,
        "description": "Very Usefull",
        "url": "https://shop.example/products/lamp",
        "price": [9500, "USD"],
        "compare_at": [9900, "USD"],
    }


def test_a_webhook_and_an_export_tell_the_same_of_a_product(file):
    sender = Sender("shopify", NOW, currency="USD", url="https://shop.example")
    sold_out = json.loads(json.dumps(SHOPIFY))
    sold_out["variants"][1]["inventory_quantity"] = 0
    for data in (SHOPIFY, sold_out, SHOPIFY | {"status": "draft"}, SHOPIFY | {"published_at": None}):
        (exported,) = read(file(json.dumps([data])), currency="USD", url="https://shop.example")
        (posted,) = read_product(data, sender)
        assert (dict(exported.told), exported.stock) == (dict(posted.told), posted.stock)


def test_the_shops_own_listing_says_only_whether_it_can_be_bought(file):
    variant = {"id": 1, "price": "80.00", "available": False}
    listing = {
        "products": [{"id": 1, "tags": ["a"], "images": [{"src": "https://x.example/1.png"}], "variants": [variant]}]
    }
    assert told(file(json.dumps(listing)), currency="USD")["1"]["stock"] == {"": 0}
    listing["products"][0]["variants"].append({"id": 2, "price": "90.00", "available": True})
    found = told(file(json.dumps(listing)), currency="USD")["1"]
    assert (found["stock"], found["price"], found["image"]) == (None, [9000, "USD"], "https://x.example/1.png")


def test_a_long_listing_is_read_a_product_at_a_time_and_a_cut_one_is_broken(file, cloud):
    products = [{"id": number, "title": "Lamp " + "x" * 300} for number in range(1, 801)]
    text = json.dumps({"products": products})
    assert len(read(file(text))) == 800
    report = bring_in(None, read_file(file(text[:-40_000]), ORIGIN), now=NOW, told_at=TOLD, full=True)
    assert 600 < report.taken < 750
    assert "ends before it is complete" in report.broken
    assert report.failed


def test_a_merchant_feed(file):
    item = """<item>
      <g:id>SKU-1</g:id><title><![CDATA[Lamp & <b>shade</b>]]></title>
      <description>&lt;p&gt;Very Usefull&lt;/p&gt;</description>
      <link>https://shop.example/lamp?a=1&amp;b=2</link><g:image_link>https://shop.example/lamp.png</g:image_link>
      <g:price>80.00 USD</g:price><g:sale_price>64.00 USD</g:sale_price>
      <g:sale_price_effective_date>2026-11-20T00:00-0800/2026-11-30T00:00-0800</g:sale_price_effective_date>
      <g:availability>out of stock</g:availability><g:brand>Aurora</g:brand><g:gender>female</g:gender>
      <g:age_group>adult</g:age_group><g:cost_of_goods_sold>30.00 USD</g:cost_of_goods_sold>
      <g:product_type>Home &gt; Lamps</g:product_type>
      <g:shipping><g:id>not this</g:id><g:price>5.00 USD</g:price></g:shipping>
    </item>"""
    feed = file(RSS.format(item + item.replace("SKU-1", "SKU-2").replace("2026-11-30", "2026-11-21")))
    found = told(feed)
    assert found["SKU-1"] == {
        "deleted": False,
        "title": "Lamp & <b>shade</b>",
        "description": "Very Usefull",
        "url": "https://shop.example/lamp?a=1&b=2",
        "image": "https://shop.example/lamp.png",
        "brand": "Aurora",
        "category": "Home > Lamps",
        "target_gender": "female",
        "target_age": "adult",
        "price": [6400, "USD"],
        "compare_at": [8000, "USD"],
        "cost": [3000, "USD"],
        "stock": {"": 0},
    }
    assert (found["SKU-2"]["price"], found["SKU-2"]["compare_at"]) == ([8000, "USD"], None)


def test_an_atom_feed_and_its_refusals(file):
    feed = file(
        """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0">
<entry><g:id>1</g:id><title>Lamp</title><link href="https://shop.example/1"/><g:price>EUR 80.00</g:price></entry>
<entry><title>Nobody</title></entry>
<entry><g:id>3</g:id><g:price>cheap</g:price></entry>
</feed>"""
    )
    lamp, nobody, third = read(feed)
    assert (lamp.told["url"], lamp.told["price"], lamp.stock) == ("https://shop.example/1", [8000, "EUR"], None)
    assert [(each.line, each.product_id) for each in (nobody, third)] == [(3, ""), (4, "3")]


BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss><channel><item><id>&b;</id></item></channel></rss>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss><channel><item><id>&x;</id></item></channel></rss>"""
PARAMETER = """<?xml version="1.0"?><!DOCTYPE rss SYSTEM "http://example.invalid/evil.dtd"><rss><channel/></rss>"""


@pytest.mark.parametrize("hostile", [BOMB, OUTSIDE, PARAMETER], ids=["bomb", "outside", "dtd"])
def test_a_feed_with_entities_of_its_own_is_not_read(file, hostile):
    with pytest.raises(BadInput, match="declares a document type or entities"):
        read(file(hostile))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<html></html>", "neither an RSS nor an Atom feed"),
        ("<rss><channel>" + "<a>" * 200, "nests deeper"),
        ("<rss><channel></rss>", "line 1: not well-formed"),
        ("<", "not well-formed"),
        ('{"products": [{"id": 1', "ends before it is complete"),
        ("{nonsense", "no JSON of products"),
        ("[" * 100_000, "no JSON of products"),
        ("name,price\nLamp,4\n", "no column product_id"),
        ("", "no column product_id"),
    ],
)
def test_files_that_are_none_are_refused(file, text, problem):
    with pytest.raises(BadInput, match=problem):
        read(file(text))


def test_what_the_title_holds_stays_text_and_a_huge_field_is_cut(file):
    title = "&lt;img src=x onerror=alert(1)&gt;"
    item = f"<item><g:id>1</g:id><title>{title}</title><description>{'x' * 100_000}</description></item>"
    (lamp,) = read(file(RSS.format(item)))
    assert lamp.told["title"] == "<img src=x onerror=alert(1)>"
    assert len(lamp.told["description"]) <= 500


def feed_of(*ids):
    return RSS.format("".join(ITEM.format(id=each) for each in ids))


def take(cloud, path, **options):
    return bring_in(cloud, read_file(path, ORIGIN), now=NOW, told_at=TOLD, full=True, **options)


def sold(cloud):
    return sorted(product.product_id for product in store.all_products(cloud) if not product.deleted)


def test_a_full_feed_takes_off_what_it_lacks_and_the_same_file_twice_changes_nothing(cloud, file):
    report = take(cloud, file(feed_of(*"abcdef")))
    assert (report.taken, report.changed, report.removed) == (6, 6, 0)
    assert take(cloud, file(feed_of(*"abcdef"))).changed == 0
    store.put(
        cloud, [ProductChange("new", NOW, "shop", {"title": "Since the feed was written", "deleted": False})], NOW
    )
    report = take(cloud, file(feed_of(*"abcde")))
    assert (report.removed, report.kept) == (1, "")
    assert sold(cloud) == ["a", "b", "c", "d", "e", "new"]


def test_a_broken_or_suspicious_feed_takes_nothing_off(cloud, file):
    take(cloud, file(feed_of(*"abcdef")))
    broken = take(cloud, file(feed_of(*"abcde")[:-90]))
    assert broken.kept == "the file could not be read to its end"
    assert "not well-formed" in broken.broken
    assert take(cloud, file(RSS.format(""))).kept == "the file has no product"
    small = take(cloud, file(feed_of(*"abcd")))
    assert small.kept == "the file lacks 2 of 6 products; if that is right, say --yes"
    unnamed = take(cloud, file(feed_of(*"abcde", "")))
    assert unnamed.kept == "of 1 rows it is not known which product they are"
    assert sold(cloud) == list("abcdef")
    named = feed_of(*"abcd").replace("</channel>", "<item><g:id>e</g:id><g:price>?</g:price></item></channel>")
    assert take(cloud, file(named)).removed == 1
    assert sold(cloud) == list("abcde")
    assert take(cloud, file(feed_of("a")), sure=True).removed == 4


def test_the_documented_products_of_shopify(cloud):
    folder = MATERIAL / "shopify"
    if not folder.exists():
        pytest.skip(f"the third-party cases are not at {folder}")
    files = sorted(folder.rglob("products.*.json"))
    assert files, "no product among the cases"
    for path in files:
        data = json.loads(path.read_text())
        found = read(path, currency="USD")
        assert len(found) == 1
        assert not isinstance(found[0], Refusal) or "id" not in data


def test_five_thousand_products_are_read(file):
    rows = "".join(f"{number},Lamp {number},{number}.50,3\n" for number in range(1, 5_001))
    report = bring_in(
        None,
        read_file(file("id,title,price,stock\n" + rows), ORIGIN, currency="USD"),
        now=NOW,
        told_at=TOLD,
    )
    assert (report.taken, report.refused) == (5_000, 0)
