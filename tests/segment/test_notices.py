"""She sees a lamp, wants it, and is told what becomes of it: once, and only what she would want to know."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.catalogue import store as catalogue
from chalicelib.catalogue.changes import Changed, Thresholds
from chalicelib.catalogue.product import Product, ProductChange
from chalicelib.events import (
    Line,
    OrderCreated,
    ProductAdded,
    ProductAddedToWishlist,
    ProductRemovedFromWishlist,
    ProductViewed,
)
from chalicelib.money import Money
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import jobs as profile_jobs
from chalicelib.profile import log, store
from chalicelib.profile.customer import Customer
from chalicelib.segment import jobs
from chalicelib.segment.notices import AT_ONCE, notices
from cli.publish import release
from tests.segment.test_segment_jobs import take

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
RULES = Thresholds()
TOLD = ("Price Dropped", "Back in Stock", "Low Stock")


def usd(amount):
    return Money(amount, "USD")


class Shop:
    """A store with one customer, whose hourly run is made by hand."""

    def __init__(self, services):
        self.services = services
        content = {name: {} for name in Bundle.__dataclass_fields__}
        content |= {"version": "1", "settings": {"segments": {"slices": 1}}}
        release.publish(services.data, Bundle(**content), NOW)
        self.ann = ""
        self._number = 0

    def sells(self, at, amount, stock=None, product="lamp"):
        told = {"title": "Lamp", "price": usd(amount), "deleted": False}
        counted = {"": stock} if stock is not None else None
        catalogue.put(self.services, [ProductChange(product, at, "shop", told, counted)], at)

    def she(self, cls, at, product="lamp", who=None, **values):
        self._number += 1
        common = {"occurred_at": at, "received_at": at, "source": "shop", "who": who or {"email": "ann@mail.example"}}
        if product:
            values["product_id"] = product
        self.ann = profile_jobs.fold_now(self.services, [cls(id=f"f{self._number}", **common, **values)], at)[0]

    def hour(self, at, times=1):
        for _ in range(times):
            jobs.start(self.services, at)
            for body in take(self.services.queue("segment_slices")):
                jobs.compute_slice(self.services, body, at)
                jobs.compute_slice(self.services, body, at)  # delivered again

    def told(self):
        partitions = store.load(self.services, self.ann).identities
        facts = [fact for each in partitions for fact in log.read(self.services, each) if fact.name in TOLD]
        return [
            (fact.name, *(getattr(fact, each, None) for each in ("seen", "price", "left")))
            for fact in sorted(facts, key=lambda fact: fact.order_key)
        ]


@pytest.fixture
def shop(cloud):
    return Shop(cloud)


def test_a_lamp_wished_for_at_80_that_falls_to_64_and_again_a_week_later(shop):
    shop.sells(NOW, 8000)
    shop.hour(NOW)
    shop.she(ProductViewed, NOW + HOUR / 4, price=usd(8000))
    shop.she(ProductAddedToWishlist, NOW + HOUR / 3, price=usd(8000), title="Lamp")
    shop.hour(NOW + HOUR)
    assert shop.told() == []

    shop.sells(NOW + DAY, 6400)
    shop.hour(NOW + DAY + HOUR, times=2)
    shop.hour(NOW + DAY + 2 * HOUR)
    once = ("Price Dropped", usd(8000), usd(6400), None)
    assert shop.told() == [once]

    shop.sells(NOW + 2 * DAY, 8000)
    shop.hour(NOW + 2 * DAY)
    shop.sells(NOW + WEEK, 6400)
    shop.hour(NOW + WEEK)
    shop.hour(NOW + WEEK + HOUR)
    assert shop.told() == [once, once]


def test_sold_out_while_she_looked_and_back_again(shop):
    shop.sells(NOW, 8000, 3)
    shop.hour(NOW)
    shop.sells(NOW + DAY, 8000, 0)
    shop.hour(NOW + DAY)
    shop.she(ProductViewed, NOW + 2 * DAY, price=usd(8000))
    shop.sells(NOW + 5 * DAY, 8000, 20)
    shop.hour(NOW + 5 * DAY)
    shop.hour(NOW + 5 * DAY + HOUR)
    shop.hour(NOW + 6 * DAY)
    assert shop.told() == [("Back in Stock", None, None, None)]


def test_two_profiles_found_to_be_one_person_hear_once_of_the_same_lamp(shop):
    """She wished for it in a browser that nobody knew; then she signs in, as somebody who wished for it too."""
    browser, account = {"anonymous": "b1"}, {"customer": "77"}
    shop.sells(NOW, 8000, 9)
    shop.hour(NOW)
    shop.she(ProductAddedToWishlist, NOW + HOUR / 4, who=browser, price=usd(8000))
    shop.sells(NOW + DAY, 6400, 4)
    shop.hour(NOW + DAY)
    once = [("Low Stock", None, None, 4), ("Price Dropped", usd(8000), usd(6400), None)]
    assert sorted(shop.told()) == once  # while she was nobody

    shop.she(ProductAddedToWishlist, NOW + DAY + HOUR / 4, who=account, price=usd(8000))
    shop.she(ProductViewed, NOW + DAY + HOUR / 3, who=account | browser | {"email": "ann@mail.example"})
    assert len(store.load(shop.services, shop.ann).identities) == 3
    shop.hour(NOW + DAY + HOUR)
    shop.hour(NOW + DAY + 2 * HOUR)
    assert sorted(shop.told()) == once

    shop.sells(NOW + 3 * DAY, 5000, 4)
    shop.hour(NOW + 3 * DAY)
    assert len(shop.told()) == 3  # the next fall is news


def test_few_are_left_of_what_lies_in_the_cart(shop):
    shop.sells(NOW, 8000, 40)
    shop.hour(NOW)
    shop.she(ProductAdded, NOW + HOUR / 2, price=usd(8000))
    shop.sells(NOW + DAY, 8000, 4)
    shop.hour(NOW + DAY)
    shop.sells(NOW + DAY + HOUR, 8000, 3)
    shop.hour(NOW + DAY + HOUR)
    assert shop.told() == [("Low Stock", None, None, 4)]


def test_who_bought_it_hears_no_more_of_it(shop):
    shop.sells(NOW, 8000, 40)
    shop.hour(NOW)
    shop.she(ProductAddedToWishlist, NOW + HOUR / 2, price=usd(8000))
    line = Line("lamp", "Lamp", 1, usd(8000))
    at = NOW + HOUR
    shop.she(OrderCreated, at, "", order_id="7", total=usd(8000), updated_at=at, lines=(line,))
    shop.sells(NOW + DAY, 6400, 2)
    shop.hour(NOW + DAY)
    assert shop.told() == []


def test_a_slice_long_after_its_snapshot_tells_nothing(shop):
    shop.sells(NOW, 8000)
    shop.hour(NOW)
    shop.she(ProductViewed, NOW + HOUR / 2, price=usd(8000))
    shop.sells(NOW + DAY, 6400)
    jobs.start(shop.services, NOW + DAY)
    (body,) = take(shop.services.queue("segment_slices"))
    assert jobs.compute_slice(shop.services, body, NOW + 2 * DAY)["notices"] == 0
    assert jobs.compute_slice(shop.services, body, NOW + DAY + HOUR)["notices"] == 1


def ann_who(cloud, *acts):
    """A customer after these acts: (class, days ago, values)."""
    shop = Shop(cloud)
    for cls, days, values in acts:
        shop.she(cls, NOW - days * DAY, **values)
    return store.load(cloud, shop.ann)


def fallen(product_id="lamp", amount=6400, currency="USD", stock=None, title="Lamp"):
    product = Product(product_id, title=title, price=Money(amount, currency), stock=stock)
    return {product_id: Changed(product, fell_at=NOW)}


def test_only_a_price_she_saw_counts(cloud):
    ann = ann_who(cloud, (ProductViewed, 3, {"price": usd(8000)}), (ProductViewed, 2, {"price": usd(6500)}))
    assert list(notices(ann, fallen(), NOW, RULES)) == []  # she saw 65 last; 64 is no news
    assert [fact.seen for fact in notices(ann, fallen(amount=6000), NOW, RULES)] == [usd(6500)]
    assert list(notices(ann, fallen(amount=6000, currency="EUR"), NOW, RULES)) == []
    assert list(notices(ann, fallen(amount=6000, stock=0), NOW, RULES)) == []
    assert list(notices(ann, fallen("chair"), NOW, RULES)) == []


def test_a_price_nobody_showed_and_a_look_long_ago_do_not_count(cloud):
    ann = ann_who(cloud, (ProductViewed, 3, {}), (ProductViewed, 61, {"product": "desk", "price": usd(90000)}))
    assert list(notices(ann, fallen(), NOW, RULES)) == []
    assert list(notices(ann, fallen("desk"), NOW, RULES)) == []
    wider = Thresholds(seen_within=timedelta(days=70))
    assert [fact.product_id for fact in notices(ann, fallen("desk"), NOW, wider)] == ["desk"]


def test_a_wish_given_up_is_no_wish(cloud):
    low = {"lamp": Changed(Product("lamp", stock=2), low_at=NOW)}
    wish, given_up = (ProductAddedToWishlist, 3, {"price": usd(8000)}), (ProductRemovedFromWishlist, 2, {})
    assert [fact.left for fact in notices(ann_who(cloud, wish), low, NOW, RULES)] == [2]
    assert list(notices(ann_who(cloud, wish, given_up), low, NOW, RULES)) == []


def test_a_sale_of_everything_tells_a_handful_the_largest_falls_first(cloud):
    looks = [(ProductViewed, 2, {"product": f"p{number}", "price": usd(8000)}) for number in range(25)]
    everything = {}
    for number in range(25):
        everything |= fallen(f"p{number}", 7000 - number * 100)
    ann = ann_who(cloud, *looks)
    told = list(notices(ann, everything, NOW, RULES))
    assert [fact.product_id for fact in told] == [f"p{number}" for number in range(24, 24 - AT_ONCE, -1)]
    assert [fact.id for fact in told] == [fact.id for fact in notices(ann, everything, NOW + HOUR, RULES)]


def test_somebody_of_whom_nothing_is_known_is_told_nothing():
    nobody = Customer("nobody", {"created": "2026-11-01T00:00:00.000Z"})
    assert list(notices(nobody, fallen(), NOW, RULES)) == []
