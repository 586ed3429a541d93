"""What counts as better: the areas are right, noise seldom wins, a real gain does, and the worse never."""

import numpy as np
import pytest

from chalicelib.catalogue import related
from chalicelib.catalogue.related import Related
from chalicelib.segment.models import evidence
from chalicelib.segment.models.evidence import Judged
from chalicelib.segment.models.purchases import deviance
from chalicelib.segment.predict import ranks, recommend
from chalicelib.segment.predict.recommend import Bought
from cli.local.dynamodb import InProcessDynamodb


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


def test_deviance_sees_a_wrong_total_where_the_mean_error_does_not():
    came = np.array([0.0] * 8 + [1.0, 3.0])
    nothing, right = np.zeros(10), np.full(10, 0.4)
    assert np.abs(came - nothing).mean() < np.abs(came - right).mean()
    assert deviance(came, right).mean() < deviance(came, nothing).mean()
    assert deviance(came, np.maximum(came, 0.02))[8:].tolist() == [0.0, 0.0]


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
    cloud.__dict__["dynamodb"] = InProcessDynamodb()
    first = {"lamp": Related(("bulb", "shade"), ("torch",)), "bulb": Related(("lamp",))}
    assert related.keep(cloud, first) == 2
    assert related.keep(cloud, first) == 0
    assert related.get_many(cloud, ["lamp", "bulb", "chair"]) == first
    assert related.with_cart(first, ["lamp"]) == ("bulb", "shade")
    assert related.with_cart(first, ["lamp", "bulb"]) == ("shade",)
    assert related.with_cart(first, ["chair"]) == ()
    assert related.keep(cloud, {"lamp": Related(("bulb",))}) == 2
    assert related.get_many(cloud, ["lamp", "bulb"]) == {"lamp": Related(("bulb",))}
