"""Stages of life say what comes of them: in made-up stores whose customers do stop, in one with a year's rhythm, and
against the prediction of silence; who waits is counted as waiting, and a customer with many orders once."""

import numpy as np
import pytest

from chalicelib.segment import lifecycle
from chalicelib.segment.models import silence

DAY = 1_000


def past(purchases, day):
    """`purchases` are (customer, day) sorted; what was known of their waits when `day` began, and the how manieth."""
    known = purchases[purchases[:, 1] < day]
    ended = np.append(known[1:, 0] == known[:-1, 0], False)
    ago = day - known[:, 1]
    first = np.flatnonzero(np.append(True, ~ended[:-1]))
    number = np.arange(len(known)) - np.repeat(first, np.diff(np.append(first, len(known)))) + 1
    return lifecycle.Waited(np.where(ended, np.append(np.diff(known[:, 1]), 0), ago), ended, ago, known[:, 0]), number


def learnt(purchases, day, names=(), category=None):
    waited, number = past(purchases, day)
    main = np.full(len(number), -1) if category is None else category[purchases[:, 1] < day]
    return lifecycle.learn(waited, number, main, names)


def outcomes(purchases, day, waits):
    """Stage → share that bought within 60 days of `day`, and how many there are."""
    waited, number = past(purchases, day)
    last = np.flatnonzero(~waited.ended)
    later = purchases[(purchases[:, 1] >= day) & (purchases[:, 1] < day + lifecycle.WITHIN)]
    back = np.isin(waited.customer[last], later[:, 0])
    stages = np.array([
        lifecycle.stage_of(int(number[row]), int(waited.ago[row]), waits.of(int(number[row])))[0] for row in last
    ])  # fmt: skip
    return {name: (back[stages == name].mean(), int((stages == name).sum())) for name in np.unique(stages).tolist()}


def leaving(customers, seed, stay=0.93):
    """Each has a pace of their own and stops for good after some purchase, as BG/NBD has it."""
    dice = np.random.default_rng(seed)
    rows = []
    for who in range(customers):
        at, gap = dice.uniform(0, 800), dice.gamma(2.0, 9.0) + 3
        while at < DAY + 60:
            rows.append((who, int(at)))
            if dice.random() > stay:
                break
            at += max(1.0, dice.exponential(gap))
    return np.unique(np.array(rows), axis=0)


@pytest.mark.parametrize("seed", [1, 2])
def test_few_of_those_called_churned_come_back_and_stages_fall_in_order(seed):
    """Thresholds are learnt on one day and asked what came of them; a stage holds what its share of chances says."""
    store = leaving(1_500, seed)
    found = outcomes(store, DAY, learnt(store, DAY))
    assert found["churned"][1] > 500
    assert found["churned"][0] <= 0.05
    shares = [found[name][0] for name in ("active", "nurture", "at_risk", "churned")]
    assert shares == sorted(shares, reverse=True)
    assert found["active"][0] > 0.7
    assert found["at_risk"][0] <= 0.55


def test_who_comes_back_after_long_pauses_is_not_called_lost():
    """The patient are a third of the waits and most of those who wait: by the waits that ended, 95 % of them had
    come back within 50 days; yet four of five who wait that long do come back within the 60 days after."""
    dice = np.random.default_rng(4)
    rows = []
    for who in range(600):
        gap, at = (6, 0.0) if who % 3 else (80, dice.uniform(0, 80))
        while at < DAY + 60:
            rows.append((who, int(at)))
            at += max(1.0, dice.normal(gap, gap / 8))
    store = np.unique(np.array(rows), axis=0)
    waits = learnt(store, DAY)
    ended = past(store, DAY)[0]
    assert np.quantile(ended.waits[ended.ended], 0.95) < 50 < min(band[1] for band in waits.store)
    found = outcomes(store, DAY, waits)
    assert found.get("at_risk", (0, 0))[1] + found.get("churned", (0, 0))[1] < 6


def test_a_store_bought_from_once_a_year_has_its_own_pace():
    """Nobody buys within 60 days of an order, and nobody is lost for it."""
    dice = np.random.default_rng(5)
    rows = [
        (who, int(first + 365 * year + dice.normal(0, 15)))
        for who in range(400)
        for first in [dice.uniform(20, 360)]
        for year in range(5)
        if dice.random() > 0.1 * year
    ]
    nurture, _, churned = learnt(np.unique(np.array(rows), axis=0), 1_900).store[1]
    assert 330 < nurture < churned


def test_thresholds_go_by_orders_and_category_and_few_are_drawn_to_the_rest():
    """Coffee drinkers return in weeks, buyers of sofas in months; six buyers of lamps are no category."""
    dice = np.random.default_rng(6)
    rows, main = [], []
    for who in range(600):
        kind = 2 if who < 6 else who % 2
        at, gap = dice.uniform(0, 100), 120 if kind else 12
        while at < DAY and (not rows or rows[-1][0] != who or dice.random() < 0.9):
            rows.append((who, int(at)))
            main.append(kind)
            at += max(1.0, dice.exponential(gap))
    waits = learnt(np.array(rows), DAY, ["Coffee", "Sofas", "Lamps"], np.array(main))
    coffee, sofas = waits.categories["Coffee"], waits.categories["Sofas"]
    assert all(quick[2] < slow[2] for quick, slow in zip(coffee[:3], sofas[:3], strict=True))
    assert "Lamps" not in waits.categories
    assert all(nurture < at_risk < churned for bands in (waits.store, coffee) for nurture, at_risk, churned in bands)
    assert all(low <= band[place] <= high for band in coffee for place, (low, high) in enumerate(waits.ranges))


def test_a_customer_with_many_orders_is_one_customer():
    """Three regulars with forty orders each teach nothing of the others, and are counted as three."""
    store = np.array([(who, 10 * each) for who in range(3) for each in range(40)] + [(9, 385)])
    waits = learnt(store, 405)
    assert waits.returns == 3
    assert waits.store == (lifecycle.DEFAULTS,) * 5
    assert lifecycle.stage_of(1, 20, waits.of(1)) == ("new", False)


def test_who_waits_still_is_neither_back_nor_lost():
    """Half came back on day 10; of the others half were watched for 15 days, and half of the rest came on day 20."""
    waits, ended = np.array([10] * 50 + [20] * 25 + [15] * 50 + [90] * 25), np.array([True] * 75 + [False] * 75)
    chance = lifecycle.chances(waits, ended)
    assert chance[0] == pytest.approx(1 - (1 - 50 / 150) * (1 - 25 / 50))
    assert chance[10] == chance[19] == pytest.approx(25 / 50)
    assert chance[20] == 0
    waited = lifecycle.Waited(waits, ended, np.array([200] * 75 + [15] * 50 + [90] * 25), np.arange(150))
    assert [waited.witnesses[days] for days in (0, 9, 10, 19, 20, 30, 31)] == [100, 100, 50, 50, 25, 25, 0]


@pytest.mark.parametrize("chance", [None, 0.0, 0.05, 0.3, 0.49, 0.5, 0.74, 0.75, 1.0])
def test_no_stage_says_otherwise_than_the_prediction_and_waiting_never_leads_back(chance):
    order = ["new", "active", "nurture", "at_risk", "churned"]
    for orders in (1, 2, 30):
        found = [lifecycle.stage_of(orders, days, (30.0, 60.0, 200.0), chance)[0] for days in range(0, 400, 10)]
        assert [order.index(each) for each in found] == sorted(order.index(each) for each in found)
        assert ("churned" in found) == (chance is None or chance >= 0.75)
        assert ("at_risk" in found) == (chance is None or chance >= 0.5)


def test_who_is_silent_for_longer_is_never_likelier_to_buy():
    dice = np.random.default_rng(7)
    for _ in range(100):
        number = dice.integers(0, 60, 8) * dice.integers(0, 2, 8)
        shares = silence.rising(dice.binomial(number, dice.random(8)), number, dice.random())
        assert (np.diff(shares) >= 0).all()
        assert ((shares >= 0) & (shares <= 1)).all()


def test_a_band_with_nobody_has_its_neighbours_share():
    shares = silence.rising(np.array([0, 1, 9, 0, 0]), np.array([0, 100, 90, 0, 0]), 0.05)
    assert shares[0] == shares[1] < shares[2] == shares[3] == shares[4]
