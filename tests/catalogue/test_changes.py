"""What counts as a change of price or stock, hour by hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.catalogue import changes, snapshot, store
from chalicelib.catalogue.changes import Changed, Thresholds, Watch, changed_since, follow
from chalicelib.catalogue.product import Product, ProductChange
from chalicelib.money import Money

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
RULES = Thresholds()


def lamp(price=None, stock=None, **told):
    return Product("lamp", price=Money(price, "USD") if price is not None else None, stock=stock, **told)


def live(*found, every=DAY):
    """The watch after each of these was found, one a run."""
    watches = []
    watch = None
    for number, product in enumerate(found):
        watch = follow(watch, product, NOON + number * every, RULES)
        watches.append(watch)
    return watches


def falls(*prices, every=DAY):
    """Which runs found a fall."""
    watches = live(*map(lamp, prices), every=every)
    return [number for number, watch in enumerate(watches) if watch.fell_at == NOON + number * every]


def test_a_fall_is_measured_from_the_price_before_it():
    assert falls(8000, 6400) == [1]
    assert falls(8000, 6400, 8000, 6400) == [1, 3]  # up and down again
    assert falls(8000, 7700) == []  # 3.75 %
    assert falls(8000, 7800, 7600) == [2]  # in small steps, 5 % in all
    assert falls(8000, 6400, 6300, 6080) == [1, 3]
    assert falls(6400, 8000) == []
    assert falls(None, 8000, None, 6400) == [3]
    assert falls(0, 0, 500) == []


def test_a_price_that_flaps_falls_once_a_day():
    hourly = [8000, 6400] * 24
    assert falls(*hourly, every=HOUR) == [1, 25]


def test_another_currency_is_no_fall():
    watch = follow(Watch(anchor=Money(8000, "USD")), Product("lamp", price=Money(10, "EUR")), NOON, RULES)
    assert (watch.fell_at, watch.anchor) == (None, Money(10, "EUR"))


def test_a_return_is_told_with_the_time_it_was_gone():
    first, gone, still, back = live(lamp(stock=4), lamp(stock=0), lamp(stock=0), lamp(stock=9))
    assert (first.gone_at, gone.gone_at, still.gone_at) == (None, NOON + DAY, NOON + DAY)
    assert (back.gone_since, back.back_at, back.gone_at) == (NOON + DAY, NOON + 3 * DAY, None)
    assert live(lamp(stock=0), lamp(uncounted=True))[-1].back_at == NOON + DAY  # no longer counted
    assert live(lamp(stock=0), lamp(stock=None))[-1].back_at is None  # how many there are, nobody knows
    assert live(lamp(stock=None), lamp(stock=4))[-1].back_at is None  # was never known to be gone


def test_stock_that_flaps_comes_back_once_a_day_and_leaves_nobody_waiting():
    watches = live(*[lamp(stock=number % 2) for number in range(30)], every=HOUR)
    assert sorted({watch.back_at for watch in watches if watch.back_at}) == [NOON + HOUR, NOON + 25 * HOUR]
    assert watches[-1].gone_since == NOON + 2 * HOUR  # whoever waited since the first return is told by the second


def test_stock_is_low_when_it_becomes_so():
    assert live(lamp(stock=9), lamp(stock=5))[-1].low_at == NOON + DAY
    assert live(lamp(stock=5), lamp(stock=4))[-1].low_at is None  # it was low before
    assert live(lamp(stock=9), lamp(stock=5), lamp(stock=6), lamp(stock=5), every=HOUR)[-1].low_at == NOON + HOUR
    assert live(lamp(stock=9), lamp(stock=None), lamp(stock=4))[-1].low_at == NOON + 2 * DAY  # not known in between
    assert live(lamp(stock=9), lamp(stock=0), lamp(stock=3))[-1].low_at is None  # it came back, which says more


def test_what_is_no_longer_sold_does_not_change():
    watch = live(lamp(8000, 4), lamp(6400, 0, deleted=True))[-1]
    assert watch == live(lamp(8000, 4))[0]
    fallen = live(lamp(8000), lamp(6400))[-1]
    assert changed_since(lamp(6400, deleted=True), fallen, NOON) is None
    assert changed_since(lamp(6400), fallen, NOON + DAY) == Changed(lamp(6400), fell_at=NOON + DAY)
    assert changed_since(lamp(6400), fallen, NOON + DAY + HOUR) is None


@given(st.lists(st.tuples(st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)), min_size=1, max_size=12))
def test_a_run_twice_is_a_run_once_and_survives_being_stored(found):
    watch = None
    for number, (price, stock) in enumerate(found):
        product = lamp(price, stock)
        watch = follow(watch, product, NOON + number * HOUR, RULES)
        assert follow(watch, product, NOON + number * HOUR, RULES) == watch
        assert changes.watch_from(changes.to_json(watch)) == watch
        assert changes.product_from(changes.to_json(product)) == product


def test_thresholds_are_what_the_playbook_says():
    told = {"notices": {"price_fall": "12.5%", "low_stock": 2, "seen_within": "2w"}}
    assert Thresholds.from_settings(told) == Thresholds(Decimal("0.125"), 2, timedelta(days=14))
    assert Thresholds.from_settings({}) == Thresholds()


def test_the_snapshot_holds_every_product_and_the_changes_of_late(cloud):
    assert snapshot.take(cloud, NOON, RULES) == {"products": 0, "changed": 0}
    assert (snapshot.load(cloud), snapshot.load_changed(cloud, NOON)) == ({}, ())

    def tell(at, amount):
        told = {"title": "Lamp", "price": Money(amount, "USD"), "compare_at": Money(9000, "USD"), "tags": ["a"]}
        store.put(cloud, [ProductChange("lamp", at, "shop", told, {"": 3})], at)

    tell(NOON, 8000)
    assert snapshot.take(cloud, NOON, RULES) == {"products": 1, "changed": 0}
    tell(NOON + HOUR / 2, 6400)
    later = NOON + HOUR + timedelta(minutes=7)
    assert snapshot.take(cloud, later, RULES) == {"products": 1, "changed": 1}
    assert snapshot.take(cloud, later + timedelta(minutes=1), RULES) == {"products": 1, "changed": 1}
    (news,) = snapshot.load_changed(cloud, later)
    assert news == Changed(store.get(cloud, "lamp"), fell_at=NOON + HOUR)
    assert snapshot.load(cloud) == {"lamp": news.product}
    assert snapshot.load_watch(cloud, "lamp").fell_at == NOON + HOUR
    assert snapshot.load_changed(cloud, later + 7 * HOUR) == ()  # a snapshot nobody renewed says nothing
    assert snapshot.take(cloud, NOON + 9 * HOUR, RULES) == {"products": 1, "changed": 0}
