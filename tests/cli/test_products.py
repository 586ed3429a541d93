"""An operator brings in what the store sells and looks at it."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.catalogue import snapshot, store
from chalicelib.catalogue.changes import Thresholds
from chalicelib.catalogue.product import ProductChange
from chalicelib.money import Money
from chalicelib.playbook.bundle import Bundle
from cli.publish import release
from tests.cli.conftest import NOW


@pytest.fixture
def shop(local):
    content = {name: {} for name in Bundle.__dataclass_fields__}
    settings = {"store": {"currency": "USD", "url": "https://shop.example"}, "notices": {"low_stock": 5}}
    release.publish(local.services.data, Bundle(**content | {"version": "1", "settings": settings}), local.now())
    return local


@pytest.fixture
def file(tmp_path):
    def write(text, written_at=NOW - timedelta(hours=1)):
        path = tmp_path / "products"
        path.write_text(text)
        os.utime(path, (written_at.timestamp(), written_at.timestamp()))
        return path

    return write


def test_a_file_is_tried_then_brought_in_then_looked_at(shop, run, file):
    sheet = file("id,title,price,stock,cost\n9007199254740993,\x1b[31mLamp,80.00,3,30\n2,Tea,4.50,900,1\n3,Cup,?,1,1\n")
    tried = run("import", "products", sheet, "--dry-run", "--currency", "USD")
    assert tried.exit_code == 0
    assert tried.output.splitlines()[0] == "2 products read (dry run: nothing was written)"
    assert store.get(shop.services, "2") is None

    done = run("import", "products", sheet, "--json")
    assert json.loads(done.output) == {
        "dry_run": False,
        "taken": 2,
        "changed": 2,
        "removed": 0,
        "kept": "",
        "broken": "",
        "refused": 1,
        "refusals": [{"line": 4, "reason": "not an amount such as 12.50; --decimal , reads 12,50"}],
    }
    assert "0 new or changed" in run("import", "products", sheet).output

    shown = run("product", "show", "9007199254740993").output
    assert "80.00 USD" in shown
    assert "50.00 USD" in shown  # the margin
    assert "\x1b" not in shown
    told = json.loads(run("product", "show", "2", "--json").output)
    assert (told["price"], told["stock"], told["margin"], told["compare_at"]) == ([450, "USD"], 900, [350, "USD"], None)
    low = run("product", "list", "--low-stock").output
    assert "9007199254740993" in low
    assert "Tea" not in low
    assert run("product", "show", "404").exit_code == 1


def test_a_full_file_that_lacks_too_much_ends_with_1_and_says_why(shop, run, file):
    rows = "".join(f"full-{number},Lamp,5\n" for number in range(10))
    head = "id,title,price\n"
    known = sum(not product.deleted for product in store.all_products(shop.services)) + 10
    run("import", "products", file(head + rows))
    small = file(head + "full-1,Lamp,5\n", NOW - timedelta(minutes=30))
    refused = run("import", "products", small, "--full")
    assert refused.exit_code == 1
    assert f"the file lacks {known - 1} of {known} products" in refused.output
    assert run("import", "products", small, "--full", "--yes").exit_code == 0
    gone = run("product", "list", "--deleted", "--json").output.splitlines()
    assert len([line for line in gone if json.loads(line)["product_id"].startswith("full-")]) == 9
    assert [line for line in run("product", "list").output.splitlines() if "full-1" in line]


def test_a_price_that_fell_is_seen_on_the_product(shop, run):
    def tell(at, amount):
        store.put(shop.services, [ProductChange("fell", at, "shop", {"price": Money(amount, "USD")})], at)
        snapshot.take(shop.services, at, Thresholds())

    tell(NOW - timedelta(days=1), 8000)
    tell(NOW, 6400)
    told = json.loads(run("product", "show", "fell", "--json").output)
    assert told["fell_at"] == "2026-11-23T09:00:00.000Z"


def test_files_that_are_none_are_one_line_on_standard_error(shop, run, file):
    hostile = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">]><rss/>'
    outcome = run("import", "products", file(hostile))
    assert outcome.exit_code == 1
    assert "declares a document type or entities" in outcome.output
    assert run("import", "products", file("a,b\n1,2\n")).exit_code == 1


def test_five_thousand_products_arrive_and_are_listed(shop, run, file):
    rows = "".join(f"many-{number},Lamp {number},{number}.50,3\n" for number in range(5_000))
    done = run("import", "products", file("id,title,price,stock\n" + rows), "--json")
    assert json.loads(done.output)["changed"] == 5_000
    found = sum(product.product_id.startswith("many-") for product in store.all_products(shop.services))
    assert found == 5_000
    assert store.get(shop.services, "many-4999").updated_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
