"""What an operator reads of a customer's insights: names and reasons, blanks too, and nothing before the first run."""

import json

from chalicelib.profile import vocabulary
from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Prediction, Reason
from chalicelib.profile.packing import pack
from chalicelib.segment import insight
from cli import portrait_insights
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT
from tests.playbook.stand_in import render_names
from tests.segment.shoppers import NOW, bought, learnt, sent, shopper

BUNDLE = bundle_of(DEFAULT, render_names)


def told_of(*facets):
    customer = shopper(*facets)
    store = learnt([shopper(bought(20, 10 + who), name=f"c{who}") for who in range(60)])
    predictions = {"dormancy_60d": Prediction(0.25, "rate", NOW, Reason("no_order"))}
    found = insight.compute(customer, store, predictions, NOW)
    with_insights = Customer("ann", customer.facets, insights={"body": pack(found.to_json())})
    return portrait_insights.computed(with_insights, BUNDLE, NOW.date())


def test_each_part_has_its_name_and_reason_in_both_languages():
    told = told_of(bought(10, 500), bought(40, 300), sent(5, opened=True))
    assert json.loads(json.dumps(told)) == told
    found = {each["kind"]: each for each in told["found"]}
    assert found["stage"]["name"] == {"en": "Active", "zh-CN": "活跃期"}
    assert found["tier"]["name"]["en"] == "Engaged in the last 14 days"
    assert found["value"]["name"]["en"] == "Among the best fifth"
    assert found["prediction"]["value"] == 0.25
    assert "10 days ago" in found["stage"]["why"]["en"]
    assert "10 天前" in found["stage"]["why"]["zh-CN"]
    blank = {each["about"]: each for each in told["blanks"]}
    assert "the store has 60 buyers" in blank["rfm"]["why"]["en"]
    assert blank["tags.holiday"]["name"]["zh-CN"] == "节日"


def test_the_terminal_shows_them_and_with_why_the_blanks():
    told = told_of(bought(10, 500))
    short = list(portrait_insights.lines(told, why=False))
    assert "  stage: New, since 2026-11-13" in short
    blank = "no Group by recency, frequency and money: groups need 500 buyers"
    assert not any(blank in line for line in short)
    assert any(blank in line for line in portrait_insights.lines(told, why=True))


def test_before_the_first_run_there_is_nothing_and_that_is_said():
    told = portrait_insights.computed(shopper(bought(3)), BUNDLE, NOW.date())
    assert list(portrait_insights.lines(told, why=True)) == ["insights: none computed yet"]


def test_every_word_of_the_rules_has_a_name_in_both_languages():
    kinds = {
        "group": vocabulary.RFM_GROUPS, "stage": vocabulary.STAGES, "tier": vocabulary.TIERS,
        "diagnosis": vocabulary.DIAGNOSES, "prediction": vocabulary.PREDICTIONS, "tag": vocabulary.PREFERENCES,
        "kind": vocabulary.PREFERENCES,
    }  # fmt: skip
    for language, sentences in BUNDLE.reasons.items():
        for kind, values in kinds.items():
            assert set(values) <= set(sentences["names"][kind]), (language, kind)


def test_what_is_recommended_is_told_by_title_and_that_there_is_nothing_with_its_reason():
    customer, store = (
        shopper(bought(10, 500)),
        learnt([shopper(bought(20, 10 + who), name=f"c{who}") for who in range(60)]),
    )
    why = Reason("nothing_to_show")

    def shown(**recommendations):
        found = insight.compute(customer, store, {}, NOW, recommendations=recommendations, nothing_shown=why)
        held = Customer("ann", customer.facets, insights={"body": pack(found.to_json())})
        told = portrait_insights.computed(held, BUNDLE, NOW.date(), {"p1": "Brass lamp"})
        return "\n".join(portrait_insights.lines(told, why=True))

    assert "  Something new: Brass lamp, p2" in shown(new=("p1", "p2"))
    assert "no Recommendations" not in shown(new=("p1",))
    assert "  no Recommendations: no product is left to show" in shown()
