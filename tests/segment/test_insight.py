"""All that is known of a customer at once: blank with reasons in a small store, the same however it is computed."""

import json
import random
from datetime import timedelta
from functools import cache

import pytest

from chalicelib.profile import words
from chalicelib.profile.insights import Insights, Prediction, Reason
from chalicelib.segment import insight
from cli.publish.load import DEFAULT
from cli.publish.reasons import read_reasons
from tests.segment.shoppers import NOW, RATES, ZONE, bought, did, learnt, looked, sent, shopper, watched

SENTENCES = read_reasons(DEFAULT)[0]


@cache
def store(number, seed=11):
    """Customers with a few orders, looks and messages each, as chance will have it."""
    chance = random.Random(seed)
    categories = ("Kitchen", "Garden", "Pets")
    made = []
    for who in range(number):
        likes = chance.choice(categories)
        facets = []
        for each in range(min(int(chance.expovariate(0.12)), 24)):
            told = {"codes": ["X"] if chance.random() < 0.2 + 0.6 * (who % 2) else []}
            facets.append(
                bought(
                    chance.randint(1, 700), chance.randint(5, 120), product=f"p{each}", hour=chance.randint(0, 23),
                    category=likes if chance.random() < 0.7 else chance.choice(categories), **told,
                )
            )  # fmt: skip
        for each in range(chance.choice((0, 0, 12))):
            facets.append(looked(1 + 2 * each, f"v{each % chance.randint(2, 9)}", category=likes, minute=each))
        for each in range(chance.randint(0, 14)):
            facets.append(sent(5 + 12 * each, opened=chance.random() < 0.2, clicked=chance.random() < 0.1))
        made.append(shopper(*facets, name=f"c{who}"))
    return tuple(made)


def compute_all(customers, parameters, now=NOW):
    return {each.profile_id: insight.compute(each, parameters, {}, now) for each in customers}


@pytest.mark.parametrize("number", [0, 1, 30, 300])
def test_small_stores_end_well_with_blanks_that_say_why(number):
    customers = store(number)
    parameters = learnt(customers)
    for found in compute_all([*customers, shopper(name="nobody")], parameters).values():
        assert found.rfm is None
        assert found.blanks["rfm"].key in ("no_order", "too_few_buyers")
        assert (found.value is None) == ("value" in found.blanks)
        assert (found.stage is None) == ("stage" in found.blanks)
        assert found.diagnosis or "diagnosis" in found.blanks
        assert found.engagement.tier
        assert found.tags or found.blanks["tags.holiday"]


def test_a_store_of_700_has_groups_tags_and_a_best_fifth():
    customers = store(700)
    found = compute_all(customers, learnt(customers)).values()
    assert {each.rfm.group for each in found if each.rfm} >= {"champions", "loyal", "at_risk", "inactive"}
    assert any("coupon" in each.tags for each in found)
    assert any(tag.startswith("category:") for each in found for tag in each.tags)
    assert not any("holiday" in each.tags for each in found)
    buyers = [each for each in found if each.value]
    assert sum(each.value.is_top for each in buyers) == pytest.approx(0.2 * len(buyers), rel=0.05)
    assert any(each.diagnosis for each in found)


def test_the_order_of_customers_and_of_slices_changes_nothing():
    customers = store(700)
    whole = learnt(customers)
    mixed = random.Random(2).sample(customers, len(customers))
    assert learnt(mixed) == whole
    assert compute_all(mixed, learnt(mixed)) == compute_all(customers, whole)


def test_parameters_and_insights_survive_being_stored():
    customers = store(700)
    parameters = learnt(customers)
    stored = insight.Parameters.from_json(json.loads(json.dumps(parameters.to_json())))
    assert stored == parameters
    why = Reason("too_few_days", {"days": 1, "needed": 3})
    predictions = {"dormancy_60d": Prediction(0.25, "logistic", NOW, why), "value_365d": Prediction(None, "", NOW, why)}
    for customer in customers[:60]:
        found = insight.compute(customer, parameters, predictions, NOW, recommendations={"new": ("p1", "p2")})
        read = Insights.from_json(json.loads(json.dumps(found.to_json(), sort_keys=True)))
        assert read == found
        assert list(read.diagnosis) == list(found.diagnosis)
        again = insight.compute(customer, stored, predictions, NOW, recommendations={"new": ("p1", "p2")}, before=found)
        assert again == found


def test_nothing_past_the_day_is_in_what_is_known_of_it():
    past = [bought(100 + 30 * each, product=f"b{each}") for each in range(6)]
    future = [bought(3, 900), did("Product Viewed", 2, 40), sent(5, opened=True)]
    then = NOW - timedelta(days=60)
    parameters = learnt(store(700))
    one, other = (shopper(*facets) for facets in (past, past + future))
    known = insight.compute(one, parameters, {}, then)
    assert insight.compute(other, parameters, {}, then).stage == known.stage
    assert insight.compute(other, parameters, {}, then).rfm == known.rfm
    assert insight.compute(other, parameters, {}, then).value == known.value


def test_every_reason_has_its_sentence_in_both_languages_with_all_its_figures():
    customers = store(700)
    parameters = learnt(customers)
    few = learnt(store(20))
    told = set()
    for customer in customers[:300]:
        for found in (insight.compute(customer, each, {}, NOW) for each in (parameters, few)):
            parts = [found.rfm, found.stage, found.value, found.engagement, *found.tags.values()]
            reasons = [each.why for each in [*parts, *found.diagnosis.values()] if each] + [*found.blanks.values()]
            for why in reasons:
                told.add(why.key)
                for language in words.LANGUAGES:
                    sentence = SENTENCES[language]["reasons"][why.key]
                    assert words.places(sentence) <= set(why.figures) | ({"days"} if "on" in why.figures else set()), (
                        why.key
                    )
                    assert "{" not in words.say(why, SENTENCES[language], NOW.date())
    assert len(told) >= 18


def test_both_languages_have_the_same_words():
    english, chinese = (SENTENCES[language] for language in words.LANGUAGES)
    assert english["reasons"].keys() == chinese["reasons"].keys()
    assert {kind: set(names) for kind, names in english["names"].items()} == {
        kind: set(names) for kind, names in chinese["names"].items()
    }
    for key, sentence in english["reasons"].items():
        assert words.places(sentence) == words.places(chinese["reasons"][key]), key


def test_an_empty_stores_parameters_are_json_too():
    parameters = insight.learn_parameters(watched([]), NOW, zone=ZONE, rates=RATES)
    assert parameters.customers == 0
    assert insight.Parameters.from_json(json.loads(json.dumps(parameters.to_json()))) == parameters
