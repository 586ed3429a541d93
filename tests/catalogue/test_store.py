"""Products in the table: news in any order and by several writers, stock before its product, thousands of them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.aws.services import Services
from chalicelib.aws.table import product_key
from chalicelib.catalogue import store
from chalicelib.catalogue.product import ProductChange, StockChange
from chalicelib.errors import Unavailable
from chalicelib.money import Money

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def change(product_id="lamp", minute=0, stock=None, **told):
    return ProductChange(product_id, NOON + minute * MINUTE, "shop", told, stock)


def test_news_are_written_once_and_older_ones_change_nothing(cloud):
    assert store.get(cloud, "lamp") is None
    assert store.put(cloud, [change(minute=5, title="Lamp", price=Money(6400, "USD"))], NOON) == 1
    assert store.put(cloud, [change(minute=5, title="Lamp", price=Money(6400, "USD"))], NOON) == 0
    assert store.put(cloud, [change(minute=4, title="Old", price=Money(8000, "USD"))], NOON) == 0
    found = store.get(cloud, "lamp")
    assert (found.title, found.price) == ("Lamp", Money(6400, "USD"))


def test_ids_beyond_what_a_float_holds_stay_exact(cloud):
    ids = [str(2**53 + 1), str(2**53), "9007199254740993123"]
    store.put(cloud, [change(each, title=each) for each in ids], NOON)
    assert {each: product.title for each, product in store.get_many(cloud, [*ids, "none"]).items()} == {
        each: each for each in ids
    }


def test_stock_of_a_variant_waits_for_its_product_in_either_order(cloud):
    store.put(cloud, [StockChange("808", 4, NOON + MINUTE, "shopify", "berlin")], NOON + MINUTE)
    store.put(cloud, [StockChange("808", 3, NOON + 2 * MINUTE, "shopify", "berlin")], NOON + 2 * MINUTE)
    store.put(cloud, [StockChange("808", 2, NOON + MINUTE, "shopify", "paris")], NOON + 2 * MINUTE)
    assert list(store.all_products(cloud)) == []
    store.put(cloud, [change(title="Lamp", minute=1, stock={"808": 6, "809": 1})], NOON + 3 * MINUTE)
    assert store.get(cloud, "lamp").stock == 3 + 2 + 1  # one less in Berlin since the minute of the sum
    store.put(cloud, [StockChange("809", 0, NOON + 4 * MINUTE, "shopify")], NOON + 4 * MINUTE)
    assert store.get(cloud, "lamp").stock == 5


def test_a_piece_is_the_products_that_named_it_last_whichever_told_first(cloud):
    def sold(minute, piece="808"):
        store.put(cloud, [StockChange(piece, minute, NOON + minute * MINUTE, "shopify")], NOON + HOUR)

    def stocks():
        return [store.get(cloud, product).stock for product in ("lamp", "chair")]

    store.put(cloud, [change(stock={"808": 5})], NOON + HOUR)
    store.put(cloud, [change("chair", 10, stock={"808": 5, "809": 0})], NOON + HOUR)
    sold(11)
    assert stocks() == [5, 11]
    store.put(cloud, [change("lamp", 30, stock={"808": 5})], NOON + HOUR)  # moved back
    store.put(cloud, [change("chair", 20, stock={"808": 5, "809": 0})], NOON + HOUR)  # comes too late to claim it
    sold(31)
    sold(21, "809")
    assert stocks() == [31, 26]
    store.put(cloud, [change("lamp", 40, stock={"810": 1})], NOON + HOUR)  # given up
    store.put(cloud, [change("chair", 35, stock={"808": 5})], NOON + HOUR)
    sold(41)
    assert stocks() == [1, 41]


def test_a_product_whose_variants_change_for_years_stays_small(cloud):
    for day in range(4):
        store.put(cloud, [change("lamp", day, stock={f"item-{day}-{number}": 1 for number in range(5)})], NOON + HOUR)
    item = cloud.catalog.get(product_key("lamp"))
    assert [f"item-{day}-" in json.dumps(item, default=str) for day in range(4)] == [False, False, False, True]


def test_a_clock_far_ahead_does_not_win_for_ever(cloud):
    store.put(cloud, [ProductChange("lamp", NOON + timedelta(days=900), "shop", {"title": "Future"})], NOON)
    store.put(cloud, [change(minute=1, title="Present")], NOON + MINUTE)
    assert store.get(cloud, "lamp").title == "Present"


class Contended(Services):
    """Services in which somebody else changes the product just before each of the first `times` writes."""

    def __init__(self, times):
        super().__init__(over_wire=False)
        self.times = times

    @property
    def dynamodb(self):
        call = super().dynamodb

        def contended(operation, request):
            if operation == "PutItem" and self.times:
                self.times -= 1
                other = StockChange(f"x{self.times}", 1, NOON, "other", product_id="lamp")
                store.put(Services(over_wire=False), [other], NOON)
            return call(operation, request)

        return contended


def test_two_writers_lose_nothing_of_each_other(cloud):
    store.put(Contended(3), [change(title="Lamp")], NOON)
    found = store.get(cloud, "lamp")
    assert (found.title, found.stock) == ("Lamp", 3)
    with pytest.raises(Unavailable):
        store.put(Contended(100), [change(minute=1, title="Lamp 2")], NOON)


def test_all_products_are_listed_shard_by_shard(cloud):
    store.put(cloud, (change(f"p{number}", title=f"Product {number}") for number in range(200)), NOON)
    found = [product.product_id for product in store.all_products(cloud)]
    assert len(found) == 200
    assert set(found) == {f"p{number}" for number in range(200)}
