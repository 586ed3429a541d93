"""The words that rules have for what is computed are the words that are computed."""

from datetime import UTC, datetime

from chalicelib.profile import rule, vocabulary
from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Insights, Prediction, Reason, Tag
from chalicelib.profile.orders import CATEGORY
from chalicelib.profile.packing import pack
from chalicelib.segment import diagnosis, engagement, habits, lifecycle, rfm
from chalicelib.segment.batch import batch_of
from chalicelib.segment.compiled import compile_rule
from chalicelib.segment.models import telling
from chalicelib.segment.preview import Condition, written


def test_rules_know_every_word_and_no_other():
    assert vocabulary.RFM_GROUPS == rfm.GROUPS
    assert vocabulary.STAGES == lifecycle.STAGES
    assert (*engagement.TIERS, *engagement.OTHERS) == vocabulary.TIERS
    assert vocabulary.PREFERENCES == habits.KINDS
    assert {name for _, name in habits.PARTS} == set(vocabulary.PARTS_OF_DAY)
    assert vocabulary.DIAGNOSES == diagnosis.IDS
    told = {name for names in telling.NAMED.values() for name in names}
    assert set(vocabulary.PREDICTIONS) == told | {"due_7d"}
    for kind in vocabulary.PREDICTIONS_OF:
        assert rule.check({"prediction": f"{kind}:Coffee", "lte": 3}) == []


def test_a_long_name_of_a_category_is_asked_for_as_it_is_written():
    now, name = datetime(2026, 11, 23, tzinfo=UTC), "Greeting cards / wrap / party sply and whatever else belongs to it"
    why = Reason("made")
    told = Insights(
        as_of=now,
        tags={
            f"category:{name[:CATEGORY]}": Tag(name[:CATEGORY], 0.5, why),
            f"brand:{name[: vocabulary.BRAND]}": Tag("", 0.5, why),
        },
        predictions={f"reorder:{name[:CATEGORY]}": Prediction(3, "made", now, why)},
    )
    ann = Customer("ann", {}, (), {"body": pack(told.to_json())})
    for asked in ({"tag": f"category:{name}"}, {"tag": f"brand:{name}"}, {"prediction": f"reorder:{name}", "lte": 7}):
        assert rule.check(asked) == []
        assert rule.matches(asked, ann, now)
        compiled = compile_rule(asked)
        assert compiled.judge(batch_of([ann], compiled.questions, now), None).all()


def test_why_nobody_can_be_told_of_is_true_of_as_many_as_it_says_and_a_condition_reads_as_it_was_written():
    now = datetime(2026, 11, 23, tzinfo=UTC)
    asked = {"tag": {"eq": "holiday", "thresholds": {"least_orders": 3}}}
    condition = Condition(asked)
    days = (1, 0, 0, 0, 2)
    blank = [{"tags.holiday": Reason("too_few_days", {"days": each, "needed": 3})} for each in days]
    told = [{"body": pack(Insights(as_of=now, blanks=each).to_json())} for each in blank]
    condition.ask([Customer(f"c{number}", {}, (), each) for number, each in enumerate(told)], now)
    why = ["too_few_days", {"days": 0, "needed": 3}]
    assert condition.to_json() == {"size": 0, "untold": 5, "asked": 5, "why": why, "why_of": 3}
    assert written(asked) == "tag: holiday"
    assert written({"spend": {"currency": "USD", "eq": 80}, "top_fifth": True}) == "spend: 80, top_fifth: true"
