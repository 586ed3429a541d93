"""What counts as better: the areas are right, noise seldom wins, a real gain does, and the worse never."""

import numpy as np
import pytest

from chalicelib.catalogue import related
from chalicelib.catalogue.related import Related
from chalicelib.segment.models import evidence, purchases, shelf
from chalicelib.segment.models.evidence import Asked, Judged
from chalicelib.segment.models.purchases import deviance
from chalicelib.segment.predict import ranks, recommend, replenishment
from chalicelib.segment.predict.history import Purchases
from chalicelib.segment.predict.recommend import Bought
from chalicelib.segment.predict.replenishment import Rhythms


def noisy(dice, rows):
    outcome = (dice.random(rows) < 0.3).astype(float)
    return outcome, outcome + dice.normal(0, 2, rows)


def test_areas_are_the_areas_and_their_error_is_what_repetition_shows():
    gains, errors = [], []
    for seed in range(200):
        dice = np.random.default_rng(seed)
        outcome, signal = noisy(dice, 400)
        scores = {"plain": signal + dice.normal(0, 2, 400), "other": np.round(signal + dice.normal(0, 2, 400))}
        found = evidence.of_areas(outcome, scores, "plain")
        for name, score in scores.items():
            assert found[name].figure == pytest.approx(ranks.auc(outcome, score))
        gains.append(found["other"].gain)
        errors.append(found["other"].error)
    assert np.mean(errors) == pytest.approx(np.std(gains), rel=0.2)


def test_noise_seldom_wins_and_a_real_gain_does():
    won = {"noise": 0, "better": 0}
    for seed in range(200):
        dice = np.random.default_rng(seed)
        outcome, signal = noisy(dice, 600)
        scores = {"plain": signal + dice.normal(0, 2, 600), "noise": signal + dice.normal(0, 2, 600), "better": signal}
        for name in won:
            chosen = evidence.choose(
                "plain", evidence.of_areas(outcome, {k: scores[k] for k in ("plain", name)}, "plain")
            )
            won[name] += chosen == name
    assert won["noise"] <= 12  # of 200, at two standard errors on one side
    assert won["better"] >= 100


def test_the_fallback_stays_unless_beaten():
    worse = {"plain": Judged(0.7), "worse": Judged(0.6, -0.1, 0.01), "unsure": Judged(0.72, 0.02, 0.011)}
    assert evidence.choose("plain", worse) == "plain"
    assert evidence.choose("plain", worse | {"sure": Judged(0.71, 0.01, 0.004)}) == "sure"
    assert evidence.choose("plain", {"plain": Judged(0.7), "same": Judged(0.7, 0.0, 0.0)}) == "plain"


def test_rows_of_one_customer_are_one_piece_of_evidence():
    dice = np.random.default_rng(11)
    outcome, signal = noisy(dice, 300)
    scores = {"plain": signal, "other": signal + dice.normal(0, 1, 300)}
    once = evidence.of_areas(outcome, scores, "plain")["other"]
    nine = {name: np.tile(score, 9) for name, score in scores.items()}
    groups = np.tile(np.arange(300), 9)
    said_nine_times = evidence.of_areas(np.tile(outcome, 9), nine, "plain", groups)["other"]
    assert said_nine_times.error == pytest.approx(once.error)
    alone = evidence.of_areas(np.tile(outcome, 9), nine, "plain")["other"]
    assert alone.error == pytest.approx(once.error / 3, rel=0.01)
    means = evidence.of_means(nine, "plain", groups=groups)["other"]
    assert means.error == pytest.approx(evidence.of_means(scores, "plain")["other"].error)


def test_who_ranks_better_by_chances_that_are_none_is_not_chosen():
    dice = np.random.default_rng(12)
    outcome, signal = noisy(dice, 2_000)
    true = np.where(signal > 0.5, 0.35, 0.25)
    chances = {"plain": true, "sharp": np.clip(0.5 + signal / 8, 0, 1)}
    areas, briers = (measure(outcome, chances, "plain") for measure in (evidence.of_areas, evidence.of_briers))
    assert evidence.choose("plain", areas) == "sharp"
    assert briers["sharp"].loses
    assert evidence.choose("plain", areas, briers) == "plain"


def test_deviance_sees_a_wrong_total_where_the_mean_error_does_not():
    came = np.array([0.0] * 8 + [1.0, 3.0])
    nothing, right = np.zeros(10), np.full(10, 0.4)
    assert np.abs(came - nothing).mean() < np.abs(came - right).mean()
    assert deviance(came, right).mean() < deviance(came, nothing).mean()
    assert deviance(came, np.maximum(came, 0.02))[8:].tolist() == [0.0, 0.0]


def test_a_unit_that_was_not_sold_yet_has_the_usual_gap_of_all():
    day = np.tile(np.arange(0, 300, 20), 90)
    who = np.repeat(np.arange(90), 15)
    past = replenishment.learn(Rhythms.of(who, np.zeros(len(day), int), day), 300)
    later = Rhythms.of(np.zeros(4, int), np.ones(4, int), np.arange(300, 380, 20))
    assert past.expected(later, np.arange(4)) == pytest.approx(20)


def test_what_was_popular_of_late_is_counted_of_late():
    bought = Bought.of(np.arange(9), np.array([0] * 6 + [1] * 3), np.array([5] * 6 + [95] * 3), 9, 2)
    assert shelf.popularity(bought, shelf.POPULAR, 100).tolist() == [6, 3]
    assert shelf.popularity(bought, "popular, 30 d", 100).tolist() == [0, 3]


def test_wholesale_bends_no_order_s_worth():
    """Of a hundred customers five buy for thousands; the others are judged by the middle, not by the mean."""
    who, day = np.repeat(np.arange(100), 2), np.tile([10, 200], 100)
    usual = np.where(np.arange(100) < 5, 5_000.0, 20 + np.arange(100) % 10)
    history = Purchases.of(who, day, usual[who] * np.tile([0.8, 1.2], 100), 100)
    judged = purchases.judge_worth(history.before(100), history.between(100, 300))
    assert evidence.choose(purchases.WORTH_FALLBACK, judged).startswith("own and middle")
    too_much = purchases._too_much(history.before(100), history.between(100, 300))
    assert abs(too_much["own and middle, 1"]) > 1.2 * abs(
        too_much["own and mean, 1"]
    )  # the price of it, said in the card
    assert purchases._season(history, 210) is None


def test_ease_from_few_rows_is_ease():
    dice = np.random.default_rng(3)
    bought = Bought.of(dice.integers(0, 12, 90), dice.integers(0, 40, 90), dice.integers(0, 9, 90), 12, 40)
    for strength in (50.0, 2_000.0):
        whole = recommend.ease(bought.together(), strength)
        np.testing.assert_allclose(recommend.ease_of(bought, bought.together(), strength), whole, atol=1e-12)


def test_pairs_counted_one_by_one_are_the_product_of_the_matrix():
    dice = np.random.default_rng(5)
    for rows, items, number in ((1, 1, 1), (30, 12, 200), (500, 40, 3_000), (3, 50, 0)):
        row, item = dice.integers(0, rows, number), dice.integers(0, items, number)
        bought = Bought.of(row, item, np.zeros(number, int), rows, items)
        held = (bought.counted(np.arange(rows)) > 0).astype(float)
        np.testing.assert_array_equal(bought.together(), held.T @ held)


def test_what_is_related_is_written_where_it_changed_and_nothing_stays_behind(cloud):
    first = {"lamp": Related(("bulb", "shade"), ("torch",)), "bulb": Related(("lamp",))}
    assert related.keep(cloud, first) == 2
    assert related.keep(cloud, first) == 0
    assert related.get_many(cloud, ["lamp", "bulb", "chair"]) == first
    assert related.with_cart(first, ["lamp"]) == ("bulb", "shade")
    assert related.with_cart(first, ["lamp", "bulb"]) == ("shade",)
    assert related.with_cart(first, ["chair"]) == ()
    assert related.keep(cloud, {"lamp": Related(("bulb",))}) == 2
    assert related.get_many(cloud, ["lamp", "bulb"]) == {"lamp": Related(("bulb",))}


def test_one_customer_who_has_most_of_the_rows_is_one_witness():
    """A reseller whose nine hundred rows gain, forty others whose five do not: nothing is proven of the others."""
    dice = np.random.default_rng(13)
    whose = np.concatenate((np.zeros(900, int), np.repeat(np.arange(1, 41), 5)))
    plain = dice.random(len(whose))
    other = plain + np.where(whose == 0, 0.3, dice.normal(0, 0.01, len(whose)))
    assert not evidence.of_means({"plain": plain, "other": other}, "plain", groups=whose)["other"].beats
    assert evidence.of_means({"plain": plain, "other": plain + 0.3}, "plain", groups=whose)["other"].beats


@pytest.mark.parametrize("customers", [1, 2, 19])
def test_few_customers_are_no_evidence_however_many_rows_they_have(customers):
    dice = np.random.default_rng(14)
    whose, outcome = np.arange(2_000) % customers, (dice.random(2_000) < 0.4).astype(float)
    scores = {"plain": dice.random(2_000), "other": outcome}
    for found in (
        evidence.of_areas(outcome, scores, "plain", whose),
        evidence.of_means(scores, "plain", groups=whose, less_is_better=True),
    ):
        assert not found["other"].beats
        assert not found["other"].loses
        assert np.isfinite(found["other"].error)


def test_candidates_are_judged_on_the_stretches_before_the_newest_as_far_as_they_could_be_asked():
    def ask(until):
        def of(day):
            if day < until:
                return evidence.unable("too_few_due", have=0, need=20)
            names = ("plain", "other") if day > 100 else ("plain",)
            return Asked(day - 7, np.arange(3), np.full(3, float(day)), {name: np.full(3, day / 2) for name in names})

        return of

    three = evidence.looked_back(ask(0), 200, 7)
    assert (three.since, three.came.tolist()) == (179, [200] * 3 + [193] * 3 + [186] * 3)
    assert three.customer.tolist() == [0, 1, 2] * 3
    assert three.foretold["other"].tolist() == (three.came / 2).tolist()
    assert evidence.looked_back(ask(190), 200, 7).since == 186
    assert evidence.looked_back(ask(0), 107, 7).came.tolist() == [107] * 3  # before, there were other candidates
    assert evidence.looked_back(ask(201), 200, 7).blank.key == "too_few_due"
