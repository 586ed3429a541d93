"""Stores as nobody wishes for them: without categories, with credit notes among the orders, with one customer who is
most of it, with holes in their past. What can be said is said, and the rest is blank."""

import dataclasses
import json
import math
from datetime import UTC, datetime

import numpy as np
import pytest

from chalicelib.segment.ledger import Ledger
from chalicelib.segment.models import learning, refill, telling

DAY = 740_000
NOW = datetime(2027, 1, 20, tzinfo=UTC)


def store_of(customers, orders, categories=("coffee", "tea")):
    """Orders are (customer, day, amount, products), products as indexes; every second one is of each category."""
    rows = {"orders": [], "lines": []}
    for place, (who, day, amount, products) in enumerate(orders):
        rows["orders"].append((who, day, day, 0, amount, 12, 0))
        rows["lines"] += [(place, each, each % 2 if categories else -1) for each in products]
    ids = [f"{number:016d}" for number in range(customers)]
    return Ledger.of(ids, rows, {"products": [f"p{each}" for each in range(12)], "categories": list(categories)})


def rhythmic(customers, begin, end, *, dice=None, amount=20.0):
    """Each with a gap of their own between 10 and 60 days, each order of one thing."""
    dice = dice or np.random.default_rng(5)
    for who in range(customers):
        gap, thing, at = dice.uniform(10, 60), int(dice.integers(6)), begin + dice.uniform(0, 60)
        while at < end:
            yield who, int(at), amount * dice.lognormal(0, 0.4), [thing, int(dice.integers(12))]
            at += max(2.0, dice.normal(gap, gap / 4))


def told_of(ledger):
    models = learning.to_models(learning.learn(ledger, DAY, lambda names: ()))
    told = telling.tell(models, ledger, DAY, NOW)
    json.dumps(learning.to_json(models), allow_nan=False)
    return models, told


def test_a_store_without_categories_is_told_who_is_due_for_which_product():
    orders = [*rhythmic(120, DAY - 400, DAY)]
    for categories, named in (((), {f"p{each}" for each in range(12)}), (("coffee", "tea"), {"coffee", "tea"})):
        ledger = store_of(120, orders, categories)
        learnt = {model: refill.learn(ledger, DAY, unit) for unit, model in telling.UNITS}
        due = telling.due(learning.to_models(learnt), ledger, DAY)
        assert {each.name for each in due if each.unit == ("category" if categories else "product")} <= named
        assert len(due) > 50
        assert {each.unit for each in due} == ({"category", "product"} if categories else {"product"})


def test_a_credit_note_is_no_purchase():
    orders = [(0, DAY - 30, 50.0, [0]), (0, DAY - 20, -50.0, [0]), (1, DAY - 9, 0.0, [1])]
    ledger = store_of(2, orders)
    assert ledger.purchases(DAY).number.tolist() == [1, 1]  # nothing paid was an order all the same
    assert ledger.items(DAY).day.tolist() == [DAY - 30, DAY - 9]


def test_one_customer_who_buys_every_day_gives_nobody_dates():
    """A reseller's reminders come true day after day; of other customers they say nothing."""
    dice = np.random.default_rng(6)
    orders = [(0, day, 1e6, list(range(12))) for day in range(DAY - 500, DAY)]
    orders += [(who, DAY - int(dice.integers(1, 500)), 20.0, [who % 12]) for who in range(1, 300) for _ in range(3)]
    learnt = refill.learn(store_of(300, orders), DAY, "product")
    assert learnt.blank or learnt.parameters["dated_from"] is None


@pytest.mark.parametrize("hole", [(100, 0), (300, 150), (180, 60)])
def test_a_hole_in_the_past_breaks_nothing(hole):
    """No order from so many to so many days ago: an import that failed, a shop that was closed."""
    first, last = hole
    orders = [each for each in rhythmic(120, DAY - 500, DAY) if not DAY - first <= each[1] < DAY - last]
    models, told = told_of(store_of(120, orders))
    assert "not_learnt" not in {blank.key for blank in models.blanks.values()}
    values = [each.value for one in told for each in one.values() if each.value is not None]
    assert all(math.isfinite(value) and value >= 0 for value in values)
    chances = [one["dormancy_60d"].value for one in told if one["dormancy_60d"].value is not None]
    assert all(chance <= 1 for chance in chances)
    assert all(dataclasses.astuple(each.why)[0] for one in told for each in one.values())
