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


def test_rules_know_every_word_and_no_other():
    assert vocabulary.RFM_GROUPS == rfm.GROUPS
    assert vocabulary.STAGES == lifecycle.STAGES
    assert (*engagement.TIERS, *engagement.OTHERS) == vocabulary.TIERS
    assert vocabulary.PREFERENCES == habits.KINDS
    assert vocabulary.BRAND == habits.NAME
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
            f"brand:{name[: habits.NAME]}": Tag("", 0.5, why),
        },
        predictions={f"reorder:{name[:CATEGORY]}": Prediction(3, "made", now, why)},
    )
    ann = Customer("ann", {}, (), {"body": pack(told.to_json())})
    for asked in ({"tag": f"category:{name}"}, {"tag": f"brand:{name}"}, {"prediction": f"reorder:{name}", "lte": 7}):
        assert rule.check(asked) == []
        assert rule.matches(asked, ann, now)
        compiled = compile_rule(asked)
        assert compiled.judge(batch_of([ann], compiled.questions, now), None).all()
