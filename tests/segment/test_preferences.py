"""Preference tags: there where customers truly differ, absent with a reason where they do not."""

import json
import random
from datetime import timedelta
from typing import NamedTuple

import numpy as np
import pytest

from chalicelib.segment import habits, observations, preferences, reliability
from tests.segment.shoppers import NOW, bought, learnt, seen, sent, shopper, watched


class Branded(NamedTuple):
    brand: str


def crowd(share_of, number=80, orders=14, seed=3, **each):
    """Customers with `orders` orders, each of which shows the habit with the customer's own chance."""
    chance = random.Random(seed)
    return [
        shopper(
            *(
                bought(
                    10 + 25 * day,
                    **({name: on if chance.random() < share_of(who) else off for name, (on, off) in each.items()}),
                )
                for day in range(orders)
            ),
            name=f"c{who}",
        )
        for who in range(number)
    ]


REDUCED = {"discount": ([500, "USD"], None)}


def halves(who):
    return 0.9 if who % 2 else 0.1


def test_a_habit_that_customers_differ_in_is_shown_and_one_that_is_chance_is_not():
    divided = preferences.learn(watched(crowd(halves, **REDUCED)))
    assert divided.shown["discount"].reliability > 0.8
    alike = preferences.learn(watched(crowd(lambda who: 0.5, **REDUCED)))
    assert "discount" not in alike.shown
    assert alike.blanks["discount"].key == "unreliable"


def test_who_does_it_often_has_the_tag_and_who_does_it_seldom_has_not():
    customers = crowd(halves, **REDUCED)
    found = preferences.learn(watched(customers))
    tags = [preferences.tags_of(seen(each), found)[0] for each in customers]
    assert sum("discount" in each for each in tags[1::2]) >= 36
    assert not any("discount" in each for each in tags[0::2])
    why = next(each["discount"].why for each in tags[1::2] if "discount" in each)
    assert why.key == "tag_discount"
    assert why.figures["times"] <= why.figures["days"] == 14


def test_buying_what_is_reduced_and_using_coupons_are_two_tags():
    found = preferences.learn(watched(crowd(halves, codes=(["SPRING"], []))))
    assert set(found.shown) >= {"coupon"}
    assert "discount" not in found.shown
    customer = shopper(*(bought(10 + 20 * day, codes=["SPRING"]) for day in range(8)))
    assert set(preferences.tags_of(seen(customer), found)[0]) == {"coupon"}
    by_code = [bought(10 + 20 * day, codes=["SPRING"], discount=[500, "USD"]) for day in range(8)]
    mixed = seen(shopper(*by_code, bought(200, discount=[500, "USD"]), bought(300)))
    assert (mixed.times["coupon"], mixed.times["discount"], mixed.days["discount"]) == (8, 1, 2)


def test_category_brand_price_shipping_hour_and_channel_are_found_where_they_are():
    customers = [
        shopper(
            *(
                bought(
                    10 + 25 * day,
                    15 if who % 2 else 150,
                    category="Garden" if who % 2 else "Kitchen",
                    hour=20 if who % 2 else 9,
                    product=f"p{who % 2}",
                    shipping=[0 if who % 2 else 700, "USD"],
                )
                for day in range(12)
            ),
            *(sent(4 + day * 7, clicked=bool(who % 2)) for day in range(12)),
            name=f"c{who}",
        )
        for who in range(110)
    ]
    products = {"p0": Branded("Aster"), "p1": Branded("Briar")}
    found = preferences.learn(observations.columns_of([seen(each, products) for each in customers]))
    one = preferences.tags_of(seen(customers[1], products), found)[0]
    other = preferences.tags_of(seen(customers[0], products), found)[0]
    assert set(one) == {
        "category:Garden", "brand:Briar", "price:10-20", "hour:evening", "shipping", "channel:email",
    }  # fmt: skip
    assert set(other) == {"category:Kitchen", "brand:Aster", "price:100-200", "hour:morning"}
    without_catalogue = preferences.tags_of(seen(customers[1]), found)
    assert without_catalogue[1]["brand"].key == "too_few_days"


def test_a_share_of_few_days_is_drawn_to_everybodys():
    habit = preferences.Habit(0.3, 0.04, 0.9, 0.5)
    few, many = (reliability.shrink(days, days, habit.everybody, habit.between) for days in (3, 60))
    assert 0.3 < few < many < 1
    assert reliability.shrink(0, 0, 0.3, 0.04) == 0.3


def test_shrinking_one_is_what_measuring_many_does():
    days = np.array([12, 20, 35] * 40)
    times = np.random.default_rng(5).binomial(days, np.tile(np.linspace(0.1, 0.9, 60), 2))
    found = reliability.measure(times, days)
    alone = [
        reliability.shrink(int(time), int(day), found.everybody, found.between)
        for time, day in zip(times, days, strict=True)
    ]
    assert np.allclose(alone, found.share)


def test_more_times_on_as_many_days_never_score_less():
    for days in (3, 10, 40):
        shares = [reliability.shrink(times, days, 0.3, 0.05) for times in range(days + 1)]
        assert shares == sorted(shares)


@pytest.mark.parametrize("number", [0, 1, 30])
def test_small_stores_have_no_tags_and_say_why(number):
    found = learnt(crowd(halves, number, **REDUCED)).preferences
    assert not found.shown
    assert set(found.blanks) == set(habits.KINDS)
    assert {why.key for why in found.blanks.values()} == {"too_few_customers"}


def test_a_habit_that_nobody_has_is_said_to_be_seldom():
    assert preferences.learn(watched(crowd(halves, **REDUCED))).blanks["coupon"].key == "seldom"


def test_slices_put_together_are_as_one_and_the_order_of_customers_is_nothing():
    customers = crowd(halves, **REDUCED)
    whole = preferences.learn(watched(customers))
    slices = [watched(customers[start::3]) for start in range(3)]
    stored = [observations.Columns(**part.arrays) for part in slices]
    assert preferences.learn(observations.join(stored)) == whole
    random.Random(1).shuffle(customers)
    assert preferences.learn(watched(customers)) == whole
    assert preferences.Learnt.from_json(json.loads(json.dumps(whole.to_json()))) == whole


def test_joining_keeps_every_row():
    one, other = watched(crowd(halves, 5)), watched(crowd(halves, 3, seed=4))
    joined = observations.join([one, other])
    assert joined.customers == 8
    assert joined.purchases.number.tolist() == [14] * 8
    assert sorted(joined.habits[joined.habit]) == sorted([*one.habits[one.habit], *other.habits[other.habit]])
    assert observations.join([]).customers == 0


@pytest.mark.parametrize(
    ("price", "band"),
    [(0.5, "0-1"), (1, "1-2"), (4.99, "2-5"), (5, "5-10"), (19.99, "10-20"), (20, "20-50"), (1999, "1000-2000")],
)
def test_a_price_lies_in_a_band_of_1_2_5(price, band):
    assert habits.band_of(price) == band


def test_what_is_bought_twice_a_day_is_one_day():
    customer = shopper(bought(3, hour=9, codes=["X"]), bought(3, hour=21))
    watch = seen(customer)
    assert watch.days["coupon"] == watch.times["coupon"] == 1
    assert watch.times["hour:morning"] == 1
    assert "hour:evening" not in watch.times


def test_nothing_past_now_is_seen():
    customer = shopper(bought(3), bought(30), sent(10, clicked=True))
    then = seen(customer, now=NOW - timedelta(days=20))
    assert len(then.purchases) == 1
    assert "channel:email" not in then.days


def test_an_order_in_another_currency_counts_by_its_rate_and_without_one_has_no_amount():
    foreign = bought(30)
    next(iter(foreign["orders"].values()))["content"][2] |= {
        "total": [500_000, "JPY"],
        "lines": [["p9", "p9", 1, [500_000, "JPY"], "Kitchen"]],
    }
    euros = bought(50)
    next(iter(euros["orders"].values()))["content"][2] |= {
        "total": [4000, "EUR"],
        "lines": [["p1", "p1", 1, [4000, "EUR"], "Kitchen"]],
    }
    watch = seen(shopper(foreign, euros, bought(60)))
    assert [purchase.amount for purchase in watch.purchases[:2]] == [30, 50]
    assert not watch.purchases[2].is_priced
    assert watch.days["category"] == 3
    assert watch.days["price"] == 1
