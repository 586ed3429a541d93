"""What an operator reads of a customer's insights: names and reasons, blanks too, and nothing before the first run."""

import json

from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Insights, Prediction, Reason, Stage, Tag
from chalicelib.profile.packing import pack
from chalicelib.profile.words import LANGUAGES
from chalicelib.segment import insight
from cli import portrait_insights
from cli.portrait_words import Words
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT
from tests.playbook.stand_in import render_names
from tests.segment.shoppers import NOW, bought, learnt, sent, shopper

BUNDLE = bundle_of(DEFAULT, render_names)
ENGLISH, CHINESE = (Words(BUNDLE, language) for language in LANGUAGES)


def told_of(*facets):
    customer = shopper(*facets)
    store = learnt([shopper(bought(20, 10 + who), name=f"c{who}") for who in range(60)])
    predictions = {"dormancy_60d": Prediction(0.25, "logistic", NOW, Reason("no_order"))}
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
    assert (found["prediction"]["value"], found["prediction"]["basis"]["zh-CN"]) == (0.25, "逻辑回归")
    assert "  Chance of buying nothing in 60 days: 25% (Logistic regression)" in portrait_insights.lines(
        told, ENGLISH, why=False
    )
    assert "10 days ago" in found["stage"]["why"]["en"]
    assert "10 天前" in found["stage"]["why"]["zh-CN"]
    blank = {each["about"]: each for each in told["blanks"]}
    assert "the store has 60 buyers" in blank["rfm"]["why"]["en"]
    assert blank["tags.holiday"]["name"]["zh-CN"] == "节日"


def test_the_terminal_shows_them_and_with_why_the_blanks():
    told = told_of(bought(10, 500))
    short = list(portrait_insights.lines(told, ENGLISH, why=False))
    assert "  Stage: New, since 2026-11-13" in short
    blank = "Group by recency, frequency and money: not known yet (groups need 500 buyers"
    assert not any(blank in line for line in short)
    assert any(blank in line for line in portrait_insights.lines(told, ENGLISH, why=True))


def test_before_the_first_run_there_is_nothing_and_that_is_said():
    told = portrait_insights.computed(shopper(bought(3)), BUNDLE, NOW.date())
    for words, line in (
        (ENGLISH, "Groups, stage and predictions: Nothing was computed yet"),
        (CHINESE, "分组、阶段与预测：尚未计算"),
    ):
        assert list(portrait_insights.lines(told, words, why=True)) == [line]


def test_a_number_that_rests_on_the_pace_alone_says_so_beside_a_stage_that_counts_the_pause():
    def told(stage, number, basis="own rate"):
        figures = {"orders": 31, "span": 90}
        insights = Insights(
            as_of=NOW,
            stage=Stage(stage, NOW, Reason("no_order")),
            predictions={"purchases_90d": Prediction(number, basis, NOW, Reason("purchases", figures))},
        )
        held = Customer("ann", {}, insights={"body": pack(insights.to_json())})
        return "\n".join(
            portrait_insights.lines(portrait_insights.computed(held, BUNDLE, NOW.date()), ENGLISH, why=True)
        )

    rested = (
        "31 purchase days so far, carried on at the same pace for 90 days; a pause counts only once it is longer than"
    )
    assert rested in told("churned", 8)
    assert "it can stay high although the stage is “Churned”" in told("churned", 8)
    assert rested in told("active", 8)
    assert "although" not in told("active", 8)
    assert "nothing is expected of who has bought nothing for more than" in told("churned", 0)
    assert "how long the last one is ago" in told("churned", 0.4, "BG/NBD")


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
        return "\n".join(portrait_insights.lines(told, ENGLISH, why=True))

    assert "  Something new: Brass lamp, p2" in shown(new=("p1", "p2"))
    assert "Recommendations: not" not in shown(new=("p1",))
    assert "  Recommendations: not known yet (no product is left to show" in shown()


def test_the_price_band_that_somebody_buys_in_has_its_currency():
    insights = Insights(as_of=NOW, tags={"price:2-5": Tag("2-5", 0.9, Reason("no_order"))})
    held = Customer("ann", {}, insights={"body": pack(insights.to_json())})
    (found,) = portrait_insights.computed(held, BUNDLE, NOW.date())["found"]
    assert (found["id"], found["value"]) == ("price:2-5", 0.9)
    assert found["name"] == {"en": "Pays 2-5 USD a piece", "zh-CN": "偏好单价 2-5 USD"}


def test_a_product_that_is_bought_again_is_told_by_title():
    figures = {"item": "p1", "date": "2026-11-28", "remind": "2026-11-27", "confidence": 0.41}
    again = Prediction(4, "distribution", NOW, Reason("reorder", figures))
    predictions = {"reorder_product:p1": again, "days_to_reorder": again}
    held = Customer("ann", {}, insights={"body": pack(Insights(as_of=NOW, predictions=predictions).to_json())})
    told = portrait_insights.computed(held, BUNDLE, NOW.date(), {"p1": "Brass lamp"})
    found = {each["id"]: each for each in told["found"]}
    assert found["reorder_product:p1"]["name"]["en"] == "Days until a reminder to buy Brass lamp again"
    assert found["days_to_reorder"]["name"] == {
        "en": "Days until a reminder to buy again",
        "zh-CN": "距下次回购提醒的天数",
    }
    assert all("Brass lamp" in each["why"]["en"] and "41%" in each["why"]["zh-CN"] for each in found.values())
