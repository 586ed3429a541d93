"""RFM groups and how people move between them, stages of life, the best fifth."""

import json
import random
from datetime import timedelta

import numpy as np
import pytest

from chalicelib.profile import vocabulary
from chalicelib.profile.insights import Insights, Reason
from chalicelib.segment import insight, lifecycle, observations, rfm, stages, value
from tests.segment.shoppers import NOW, bought, learnt, seen, shopper, watched

TODAY = NOW.date().toordinal()


def columns_of(number, seed=1):
    """Days since the last order, orders and amount of a made-up store, with many who are alike."""
    chance = np.random.default_rng(seed)
    return chance.integers(0, 400, number), chance.geometric(0.4, number), np.round(chance.gamma(2, 40, number), -1)


def test_all_27_cells_have_a_group_and_every_group_has_a_cell():
    cells = {rfm.group_of(r, f, m) for r in (1, 2, 3) for f in (1, 2, 3) for m in (1, 2, 3)}
    assert cells == set(rfm.GROUPS) == set(vocabulary.RFM_GROUPS)
    assert rfm.group_of(3, 3, 3) == "champions"
    assert rfm.group_of(1, 3, 3) == "at_risk"
    assert rfm.group_of(1, 1, 1) == "inactive"


def test_who_is_alike_shares_a_score_and_more_never_scores_less():
    days, orders, amount = columns_of(5000)
    thirds = rfm.learn(days, orders, amount, timedelta(days=400))
    scores = thirds.scores(days, orders, amount)
    for values, score, better in zip((days, orders, amount), scores, (-1, 1, 1), strict=True):
        for each in np.unique(values):
            assert len(set(score[values == each])) == 1
        ranked = score[np.argsort(values * better, kind="stable")]
        assert (np.diff(ranked.astype(int)) >= 0).all()
        assert set(score) == {1, 2, 3}
    alone = [thirds.scores_of(*each) for each in zip(days, orders, amount, strict=True)]
    assert alone == list(zip(*(score.tolist() for score in scores), strict=True))


def test_the_thirds_do_not_depend_on_the_order_of_customers_and_are_kept_as_json():
    days, orders, amount = columns_of(900)
    thirds = rfm.learn(days, orders, amount, timedelta(days=400))
    mixed = np.random.default_rng(2).permutation(900)
    assert rfm.learn(days[mixed], orders[mixed], amount[mixed], timedelta(days=400)) == thirds
    assert rfm.Thirds.from_json(json.loads(json.dumps(thirds.to_json()))) == thirds


@pytest.mark.parametrize(("buyers", "span", "enough"), [(500, 180, True), (499, 400, False), (900, 179, False)])
def test_groups_need_five_hundred_buyers_and_half_a_year(buyers, span, enough):
    assert (rfm.learn(*columns_of(buyers), timedelta(days=span)) is not None) == enough


def grouped(customer, thirds, before=None, now=NOW):
    found = stages.rfm_of(
        seen(customer, now=now), thirds, {"buyers": 600, "days": 300}, now, before, now.date().toordinal()
    )
    return found if isinstance(found, Reason) else Insights(as_of=now, rfm=found)


def test_a_movement_between_groups_says_from_where_and_since_when():
    thirds = rfm.Thirds((30, 90), (1, 3), (50, 200))
    customer = shopper(*(bought(200 + 10 * each, 100) for each in range(5)))
    then = NOW - timedelta(days=190)
    first = grouped(customer, thirds, now=then)
    assert (first.rfm.group, first.rfm.moved_from, first.rfm.since) == ("champions", "", then)
    stayed = grouped(customer, thirds, first, then + timedelta(days=5))
    assert (stayed.rfm.since, stayed.rfm.moved_from) == (then, "")
    moved = grouped(customer, thirds, stayed)
    assert (moved.rfm.group, moved.rfm.moved_from, moved.rfm.since) == ("at_risk", "champions", NOW)
    still = grouped(customer, thirds, moved, NOW + timedelta(days=29))
    assert (still.rfm.moved_from, still.rfm.since) == ("champions", NOW)
    stayed = grouped(customer, thirds, still, NOW + timedelta(days=30))
    assert (stayed.rfm.moved_from, stayed.rfm.since) == ("", NOW)
    assert [stayed.rfm.why.figures[each] for each in ("recency", "frequency", "money")] == [1, 3, 3]


def test_nobody_without_an_order_has_a_group_a_stage_or_a_value():
    nobody = seen(shopper())
    assert stages.rfm_of(nobody, rfm.Thirds((1, 2), (1, 2), (1, 2)), {}, NOW, None, TODAY) == Reason("no_order")
    assert stages.stage_of(nobody, lifecycle.Waits((lifecycle.DEFAULTS,) * 5, {}, 0), TODAY, "UTC") == Reason(
        "no_order"
    )
    assert stages.value_of(nobody, None, TODAY, TODAY) == Reason("no_order")


WAITS = lifecycle.Waits(
    ((60.0, 120.0, 240.0), *((20.0, 60.0, 120.0),) * 4), {"Sofas": ((200.0, 400.0, 800.0),) * 5}, 500
)


@pytest.mark.parametrize(
    ("facets", "stage", "since"),
    [
        ([bought(10)], "new", 10),
        ([bought(60)], "nurture", 0),
        ([bought(10), bought(40)], "active", 10),
        ([bought(20), bought(40)], "nurture", 0),
        ([bought(100), bought(140)], "at_risk", 40),
        ([bought(300), bought(310)], "churned", 180),
        ([bought(300, category="Sofas"), bought(310)], "nurture", 100),
    ],
)
def test_the_stage_goes_by_the_number_of_orders_and_by_category(facets, stage, since):
    found = stages.stage_of(seen(shopper(*facets)), WAITS, TODAY, "UTC")
    assert found.name == stage
    assert (NOW.date() - found.since.date()).days == since
    assert found.name in vocabulary.STAGES
    assert found.why.key == ("stage_of_category" if found.why.figures["category"] else "stage")


def test_a_stage_says_what_its_days_rest_on_and_what_held_it_back():
    """Too few came back: the documented days, and it is said; a prediction of a purchase holds a later stage back."""
    waits = lifecycle.Waits((lifecycle.DEFAULTS,) * 5, {}, 3)
    quiet = seen(shopper(bought(300), bought(310)))
    alone = stages.stage_of(quiet, waits, TODAY, "UTC")
    assert (alone.name, alone.why.key, alone.why.figures["likely"]) == ("churned", "stage_by_default", 0)
    held = stages.stage_of(quiet, WAITS, TODAY, "UTC", 0.6)
    assert (held.name, held.why.key, held.why.figures["likely"]) == ("at_risk", "stage", 0.4)
    assert stages.stage_of(quiet, WAITS, TODAY, "UTC", 0.8).why.figures["likely"] == 0


def test_the_day_is_the_customers_own_also_where_clocks_change():
    found = stages.stage_of(seen(shopper(bought(300))), WAITS, TODAY, "America/New_York")
    assert found.since.hour in (4, 5)


def store_of_two_paces(number=400, seed=5):
    """Coffee is bought again within weeks, sofas within a year."""
    chance = random.Random(seed)
    customers = []
    for who in range(number):
        pace, category = ((15, 35), "Coffee") if who % 2 else ((150, 300), "Sofas")
        days, facets = chance.randint(1, 100), []
        while days < 720:
            facets.append(bought(days, chance.randint(10, 90), category=category))
            days += chance.randint(*pace)
        customers.append(shopper(*facets, name=f"c{who}"))
    return customers


def test_thresholds_are_learnt_by_category_and_defaults_hold_below_the_minimum():
    waits = stages.learn_waits(watched(store_of_two_paces()), TODAY)
    coffee, sofas = (waits.categories[name] for name in ("Coffee", "Sofas"))
    assert all(quick[0] < slow[0] and quick[2] < slow[2] for quick, slow in zip(coffee[1:3], sofas[1:3], strict=True))
    few = stages.learn_waits(watched(store_of_two_paces(10)[::2]), TODAY)
    assert few.store == (lifecycle.DEFAULTS,) * 5
    assert few.categories == {}
    assert lifecycle.Waits.from_json(json.loads(json.dumps(waits.to_json()))) == waits


def test_the_best_fifth_is_a_fifth_and_alike_are_treated_alike():
    customers = [shopper(bought(30, 10 * (1 + who // 4)), name=f"c{who}") for who in range(100)]
    parameters = learnt(customers)
    top = [stages.value_of(seen(each), parameters.best, TODAY, TODAY).is_top for each in customers]
    assert top == [False] * 80 + [True] * 20
    assert parameters.best.share == pytest.approx(sum(range(21, 26)) / sum(range(1, 26)), abs=1e-4)
    assert parameters.best.kept is None  # a month of orders cannot say how far it holds


def test_the_half_life_is_chosen_and_its_stability_told_where_there_is_history():
    chance = random.Random(9)
    customers = [
        shopper(*(bought(chance.randint(1, 700), 20 + who, product=f"p{each}") for each in range(8)), name=f"c{who}")
        for who in range(120)
    ]
    best = learnt(customers).best
    assert 0 < best.kept <= 1
    assert 0 < best.captured <= 1
    assert set(best.evidence) == {"none", "60", "90", "180"}
    assert stages.Best.from_json(json.loads(json.dumps(best.to_json()))) == best


def test_recent_spending_counts_more_under_a_half_life():
    best = stages.Best(10.0, 90.0, 0.5, None, None, {})
    late, early = (stages.value_of(seen(shopper(bought(days, 100))), best, TODAY, TODAY) for days in (1, 400))
    assert late.is_top
    assert not early.is_top
    assert early.spent < 6 < 98 < late.spent < 100


def test_below_fifty_buyers_there_is_no_best_fifth():
    customers = [shopper(bought(30, 10 + who), name=f"c{who}") for who in range(49)]
    best = learnt(customers).best
    assert best.key == "too_few_spenders"
    assert stages.value_of(seen(customers[0]), best, TODAY, TODAY) == best
    assert value.SHARE == 0.2


def test_where_most_spent_alike_there_is_no_best_fifth():
    """120 of 124 bought one thing of one price; that the others spent more makes no fifth of these."""
    customers = [shopper(bought(30, 240 if who < 120 else 600), name=f"c{who}") for who in range(124)]
    parameters = learnt(customers)
    found = stages.value_of(seen(customers[0]), parameters.best, TODAY, TODAY)
    assert found == Reason("spent_alike", {"alike": 124, "fifth": 25, "bound": 240.0})
    assert insight.cards(parameters)["value"] == {"blank": found.to_json()}
    assert insight.Parameters.from_json(json.loads(json.dumps(parameters.to_json()))) == parameters


def test_an_amount_that_nobody_knows_is_not_nothing():
    """Half of 1,200 buyers pay in a currency without a rate: no third is theirs, no group or value is guessed."""
    krona = {"total": [900_000, "SEK"]}

    def store(foreign):
        people = [shopper(bought(10 + each % 300, 20 + each % 97)) for each in range(600)]
        people += [shopper(bought(10 + each % 300, **krona)) for each in range(foreign)]
        return observations.columns_of([seen(each) for each in people])

    usual, _ = stages.learn_thirds(store(0), TODAY)
    mixed, figures = stages.learn_thirds(store(600), TODAY)
    assert (mixed, figures["buyers"], figures["unpriced"]) == (usual, 600, 600)
    foreign = shopper(bought(5, **krona), bought(50, **krona))
    assert grouped(foreign, mixed) == Reason("no_amounts")
    best = stages.learn_best(store(600), TODAY)
    assert stages.value_of(seen(foreign), best, TODAY, TODAY) == Reason("no_amounts")
    assert stages.value_of(seen(shopper(bought(5, 9_000), bought(9, **krona))), best, TODAY, TODAY).is_top
