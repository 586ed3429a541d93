"""No feature reads past its snapshot: what comes later, refunds and calling off too, changes nothing known then."""

import dataclasses
import random
from datetime import timedelta

import numpy as np
import pytest

from chalicelib import clock
from chalicelib.money import Rates
from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Reason
from chalicelib.segment import gathering, ledger
from chalicelib.segment.models import hours, purchases, refill, response, shelf, silence, suggest, telling
from chalicelib.segment.models.filters import barred, is_durable
from chalicelib.segment.observed import observe
from chalicelib.segment.predict import dormancy, due
from tests.segment.store_of import START, facets_of, text

UNTIL = 380.0
ZONE = "America/New_York"
DAY = clock.local_day(clock.parse(text(UNTIL)), ZONE).toordinal()
"""The first local day of which nothing is known yet."""
FOREIGNER = 1
"""Buys in yen only, where yen are told of."""


def store(until):
    people = [Customer(f"{number:016d}", facets_of(number, random.Random(number), until)) for number in range(260)]
    return ledger.join([gathering.gather(people, zone=ZONE, rates=Rates("USD"))])


@pytest.fixture(scope="module")
def then():
    """The store as it was; the rest of the snapshot's own day is cut off by `DAY`."""
    return store(UNTIL)


@pytest.fixture(scope="module")
def now():
    return store(500.0)


def same(mine, other):
    """Equal in every array, deeply."""
    if isinstance(mine, np.ndarray):
        assert mine.shape == other.shape
        np.testing.assert_array_equal(mine, other)
    elif dataclasses.is_dataclass(mine):
        for each in dataclasses.fields(mine):
            same(getattr(mine, each.name), getattr(other, each.name))
    elif isinstance(mine, dict):
        assert mine.keys() == other.keys()
        for key in mine:
            same(mine[key], other[key])
    elif isinstance(mine, list | tuple):
        assert len(mine) == len(other)
        for one, another in zip(mine, other, strict=True):
            same(one, another)
    else:
        assert mine == other


def test_the_later_store_knows_more(then, now):
    assert len(now["orders.day"]) > len(then["orders.day"])
    assert len(now["refunds.day"]) > len(then["refunds.day"])
    assert (now["orders.gone"] > 0).sum() > (then["orders.gone"] > 0).sum()
    assert len(now["answers.day"]) > len(then["answers.day"])
    assert len(now["offers.start"]) > len(then["offers.start"])


def test_purchases_are_netted_as_of_the_day_and_not_by_what_came_after(then, now):
    same(then.purchases(DAY), now.purchases(DAY))
    whole = now.purchases(DAY + 200).before(DAY)
    assert len(whole.day) < len(now.purchases(DAY).day), "some were refunded or called off since"


@pytest.mark.parametrize("back", [0, 60, 120])
def test_every_feature_is_the_same_whatever_came_later(then, now, back):
    day = DAY - back
    for feature in (
        lambda held: dormancy.features(held.purchases(day), day),
        lambda held: silence.repeats(held.purchases(day), day),
        lambda held: held.answers(day),
        lambda held: held.offers(day),
        lambda held: held.coupon_days(day),
        lambda held: held.looks(day),
        lambda held: refill.rhythms_of(held, day, "category"),
        lambda held: due.waiting(refill.rhythms_of(held, day, "category"), held.purchases(day), day).columns,
        lambda held: shelf.bought_of(held, day, [str(each) for each in then.products]),
        lambda held: response._measures(held, day),
    ):
        same(feature(then), feature(now))


def test_what_is_learnt_and_told_as_of_a_day_is_the_same_whatever_came_later(then, now):
    for learn in (silence.learn, purchases.learn, refill.learn, response.learn, hours.learn, shelf.learn):
        mine, other = learn(then, DAY), learn(now, DAY)
        assert mine.blank == other.blank, learn.__module__
        same(mine.card, other.card)
        same(mine.parameters, other.parameters)
        same(mine.arrays, other.arrays)
    chances = silence.learn(then, DAY).parameters
    same(silence.chances(chances, then, DAY), silence.chances(chances, now, DAY))


def test_a_part_of_the_store_is_told_the_same_as_the_whole(now):
    """Bit by bit: what a model says of a customer does not depend on who else is in the slice."""
    day = DAY + 100
    learnt = {"silence": silence.learn(now, day), "purchases": purchases.learn(now, day)}
    bought = shelf.learn(now, day)
    halves = [now.chosen(np.arange(start, now.customers, 2)) for start in (0, 1)]
    for half, start in zip(halves, (0, 1), strict=True):
        who, chance = silence.chances(learnt["silence"].parameters, half, day)
        everybody, chances = silence.chances(learnt["silence"].parameters, now, day)
        of_half = chances[everybody % 2 == start]
        same((who * 2 + start, chance), (everybody[everybody % 2 == start], of_half))
        _, expected, worth = purchases.foretell(learnt["purchases"].parameters, half, day)
        _, whole, all_worth = purchases.foretell(learnt["purchases"].parameters, now, day)
        same(expected[90], whole[90][everybody % 2 == start])
        same(worth, all_worth[everybody % 2 == start])
        shown = suggest.suggest(bought.parameters, bought.arrays, half, day)
        of_all = suggest.suggest(bought.parameters, bought.arrays, now, day)
        assert shown["new"] == of_all["new"][start::2]
        assert shown["again"] == of_all["again"][start::2]


def test_slices_put_together_are_the_whole(now):
    parts = [now.chosen(np.arange(start, now.customers, 3)) for start in range(3)]
    whole = ledger.join([*parts, parts[0]])  # one delivered twice
    assert whole.customers == now.customers
    same(whole.purchases(DAY), now.purchases(DAY))
    same(ledger.Ledger.from_bytes(whole.to_bytes()).items(DAY).customer, whole.items(DAY).customer)
    assert START.year == 2025


def test_what_the_catalogue_forbids_is_shown_to_nobody(now):
    from chalicelib.catalogue.product import Product
    from chalicelib.money import Money

    def product(name, **told):
        fine = {"image": "https://shop.example/i.png", "url": "https://shop.example/p", "stock": 5}
        return Product(name, **fine | told)

    usd = Money(1000, "USD")
    products = {
        "fine": product("fine", price=usd, cost=Money(600, "USD")),
        "gone": product("gone", deleted=True),
        "sold out": product("sold out", stock=0),
        "without a picture": product("without a picture", image=""),
        "thin": product("thin", price=usd, cost=Money(950, "USD")),
        "unknown margin": product("unknown margin", price=usd),
        "uncounted": product("uncounted", stock=None),
    }
    asked = [*products, "never told of"]
    assert barred(products, asked, margin_floor=0.1) == {
        *("gone", "sold out", "without a picture", "thin", "never told of"),
    }
    assert barred({}, asked) == frozenset()
    assert is_durable(product("lamp", consumable=False), 0.9)
    assert not is_durable(product("coffee", consumable=True), 0.0)
    assert is_durable(None, 0.05)
    assert not is_durable(None, 0.3)
    day = DAY + 100
    name = str(now.products[0])
    learnt = shelf.learn(now, day, {name}, lambda product, repeated: product == name)
    assert learnt.parameters["once"] == [learnt.parameters["items"].index(name)]
    shown = suggest.suggest(learnt.parameters | {"once": []}, learnt.arrays, now, day)
    kinds = [*shown.values(), [learnt.parameters["alike"].get(each, []) for each in learnt.parameters["items"]]]
    assert all(name not in each for lists in kinds for each in lists)
    assert any(shown["again"])
    assert not any(suggest.suggest(learnt.parameters | {"once": list(range(99))}, learnt.arrays, now, day)["again"])


def test_orders_without_a_rate_count_and_bend_no_average():
    """Every fourth order in yen: counted as bought, in no sum; with a rate they are worth what they are worth."""

    def gathered(rates, yen):
        people = []
        for number in range(120):
            facets = facets_of(number, random.Random(f"7-{number}"))
            for place, record in enumerate(facets["orders"].values()):
                if yen and (place % 4 == 3 or number == FOREIGNER):
                    amount, _ = record["content"][2]["total"]
                    record["content"][2]["total"] = [amount, "JPY"]  # cents as yen: at a rate of 0.01 the same worth
                    record.pop("refunds", None)
            people.append(Customer(f"{number:016}", facets))
        return ledger.join([gathering.gather(people, zone=ZONE, rates=rates)])

    def worths(held):
        learnt = purchases.learn(held, DAY)
        return learnt, purchases.foretell(learnt.parameters, held, DAY)[2]

    def told_of(held, learnt):
        as_of = clock.parse(text(UNTIL))
        others = dict.fromkeys(telling.NAMED.keys() - {"purchases"}, Reason("nothing_computed"))
        learnt_of = telling.Models({"purchases": learnt.parameters}, others, {})
        return telling.tell(learnt_of, held, DAY, as_of)[FOREIGNER]

    usual, known = worths(gathered(Rates("USD"), False))
    rated, unrated = gathered(Rates("USD", {"JPY": 0.01}), True), gathered(Rates("USD"), True)
    stated, same = worths(rated)
    missing, drawn = worths(unrated)
    nothing, blank = worths(gathered(Rates("GBP"), False))
    assert np.allclose(same, known, rtol=0.05)
    # Of whom no order's amount is known nothing is said in money: the store's mean would be somebody else's.
    bought = unrated.purchases(DAY)
    np.testing.assert_array_equal(np.isnan(drawn), bought.priced[bought.number > 0] == 0)
    assert abs(np.nanmean(drawn) / known[np.isfinite(drawn)].mean() - 1) < 0.1
    theirs, stated_of = told_of(unrated, missing), told_of(rated, stated)
    for span in (90, 365):
        assert theirs[f"purchases_{span}d"] == stated_of[f"purchases_{span}d"]
        assert theirs[f"purchases_{span}d"].value is not None
        assert (theirs[f"value_{span}d"].value, theirs[f"value_{span}d"].why) == (None, Reason("no_amounts"))
        assert stated_of[f"value_{span}d"].value is not None
    for weight in (None, 2.0):  # whichever candidate was chosen
        parameters = missing.parameters | {"worth": {"weight": weight, "everybody": 50.0}}
        same_of_all = purchases.foretell(parameters, unrated, DAY)[2]
        np.testing.assert_array_equal(np.isnan(same_of_all), np.isnan(drawn))
    assert (usual.card["unpriced"], stated.card["unpriced"]) == (0, 0)
    assert missing.card["unpriced"] > 100
    assert missing.card["rows"] == stated.card["rows"]
    assert np.isnan(blank).all()
    assert nothing.parameters["worth"]["everybody"] is None


def test_what_went_back_in_another_currency_counts_by_its_rate_and_leaves_an_unknown_worth_without_one():
    facets = facets_of(1, random.Random("8"))
    record = next(iter(facets["orders"].values()))
    record["content"][2]["total"], at = [10_000, "USD"], record["placed"]
    record["refunds"] = {"r": [at, "", 3_000, "EUR"], "s": [at, "", 1_000]}
    facets["orders"] = {"one": {key: value for key, value in record.items() if key != "cancelled"} | {"paid": at}}
    customer = Customer("c" * 16, facets)

    def worth(rates):
        held = ledger.join([gathering.gather([customer], zone=ZONE, rates=rates)])
        (seen,) = observe(customer, clock.parse(at) + timedelta(days=9), zone=ZONE, rates=rates).purchases
        return [*held.standing(DAY + 100)[1], seen.amount]

    same(worth(Rates("USD", {"EUR": 1.5})), [45.0, 45.0])
    assert np.isnan(worth(Rates("USD"))).all()
    same(worth(Rates("USD", {"EUR": 3.5})), [0.01])  # nothing is left, so it stands no longer
    assert np.isnan(worth(Rates("GBP", {"EUR": 1.5}))).all(), "whether all went back is not known, so it stands"
