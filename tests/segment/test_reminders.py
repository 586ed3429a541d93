"""A reminder's confidence is how often such reminders are in time, however long was waited; judged on days that follow.

The store is made up: everybody has a rhythm of their own, more or less regular, and two of five stop for good.
"""

import base64
from datetime import UTC, datetime

import numpy as np
import pytest

from chalicelib import clock
from chalicelib.segment.ledger import SHAPE, Ledger
from chalicelib.segment.models import learning, refill, reminders, telling
from chalicelib.segment.models.evidence import unable
from chalicelib.segment.predict.replenishment import BEFOREHAND

END = datetime(2026, 11, 30, tzinfo=UTC).toordinal()
BEGIN = END - 430
DAYS = (END - 80, END - 56, END - 32)
"""Days on which reminders are told, by what was known then."""


def store_of(orders, customers):
    """From (customer, day, category) rows; a category has two products, bought in turns."""
    rows = {table: [] for table in SHAPE}
    for number, (who, day, category) in enumerate(sorted(orders)):
        rows["orders"].append((who, day, day, 0, 10.0, 12, 0))
        rows["lines"].append((number, 2 * category + number % 2, category))
    ids = [base64.b32encode(f"{number:010d}".encode()).decode().lower() for number in range(customers)]
    names = {"products": [f"p{each}" for each in range(8)], "categories": ["coffee", "tea", "oil", "rice"]}
    return Ledger.of(ids, rows, names)


@pytest.fixture(scope="module")
def orders():
    dice = np.random.default_rng(11)
    found = []
    for who in range(420):
        stops = dice.uniform(BEGIN + 100, END + 100) if dice.random() < 0.4 else END
        for category in dice.choice(4, 2, replace=False).tolist():
            gap, regular = dice.uniform(8, 40), dice.uniform(0.05, 0.6)
            at = BEGIN + dice.uniform(0, 60)
            while at < min(stops, END):
                found.append((who, int(at), category))
                at += max(2.0, dice.normal(gap, regular * gap))
    return found


@pytest.fixture(scope="module")
def told(orders):
    """Rows of (confidence, whether it was in time, days waited in gaps of their own), and what was learnt last."""
    whole = store_of(orders, 420)
    bought = set(orders)
    found = []
    for day in DAYS:
        learnt = refill.learn(whole, day)
        rhythms = reminders.rhythms_of(whole, day, "category")
        dates = reminders.dates(learnt.parameters, whole, rhythms, day, "category")
        ahead, after = dates.remind - day, dates.likely - dates.remind
        assert (ahead.min(), after.min()) == (0, 0)
        assert ahead.max() < reminders.AHEAD
        assert after.max() <= BEFOREHAND
        for row, _, remind, confidence in zip(*(each.tolist() for each in dates), strict=True):
            who, category = int(rhythms.customer[row]), int(rhythms.unit[row])
            in_time = any((who, at, category) in bought for at in range(remind, remind + BEFOREHAND + 1))
            waited = (day - rhythms.day[row]) / np.exp(rhythms.mean_log[row])
            found.append((confidence, in_time, waited))
    return np.array(found, float), learnt


def test_what_is_promised_comes_true_at_every_confidence_and_after_every_wait(told):
    (confidence, in_time, waited), learnt = told[0].T, told[1]
    assert learnt.card["chosen"] in reminders.CANDIDATES
    assert abs(learnt.card["promised"] - learnt.card["in_time"]) < reminders.TOLERATED
    assert (confidence >= reminders.REMINDED).sum() > 300
    groups = [(confidence >= low) & (confidence < high) for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 1.0))]
    groups += [(waited >= low) & (waited < high) for low, high in ((0, 0.5), (0.5, 1), (1, 2), (2, 99))]
    for group in groups:
        promised, came = confidence[group].mean(), in_time[group].mean()
        assert group.sum() > 60
        assert abs(promised - came) < 0.07, (promised, came, group.sum())


def test_who_stayed_away_far_longer_than_it_takes_is_reminded_of_nothing(told):
    (confidence, _, waited), _ = told[0].T, told[1]
    assert (waited > 3).sum() > 80
    assert confidence[waited > 3].max() < reminders.REMINDED


def test_each_customer_is_told_why_there_is_no_day_to_remind_on(orders):
    whole = store_of([*orders, (420, END - 9, 0)], 421)
    others = {name: unable("not_learnt") for name in telling.NAMED if name != "refill"}
    models = learning.to_models(others | {"refill": refill.learn(whole, END)})
    as_of = datetime(2026, 11, 30, tzinfo=UTC)
    of = telling.tell(models, whole, END, as_of)
    keys = {each["days_to_reorder"].why.key for each in of}
    assert keys == {"reorder", "no_sure_reminder", "no_rhythm"}
    assert of[420]["days_to_reorder"].why.key == of[420]["due_7d"].why.key == "no_rhythm"
    assert {each["due_7d"].why.key for each in of} == {"due", "not_lately", "no_rhythm"}
    for each in of:
        for name, said in each.items():
            if name.startswith("reorder:"):
                figures = said.why.figures
                assert clock.day_text(END) <= figures["remind"] <= figures["date"]
                assert reminders.REMINDED <= figures["confidence"] < 1


def test_a_store_where_nothing_comes_in_time_gives_no_days():
    """Everybody buys again after 20 to 80 days, whichever: no four days are likely."""
    dice = np.random.default_rng(3)
    orders = []
    for who in range(300):
        at = BEGIN + dice.uniform(0, 60)
        while at < END:
            orders.append((who, int(at), who % 4))
            at += dice.uniform(20, 80)
    learnt = refill.learn(store_of(orders, 300), END)
    assert learnt.card["chosen"] == reminders.FALLBACK
    assert learnt.parameters["dated_from"] is None
    assert learnt.card["dated"] == 0
