"""The words that rules have for what is computed are the words that are computed."""

from chalicelib.profile import rule, vocabulary
from chalicelib.segment import diagnosis, engagement, habits, lifecycle, rfm
from chalicelib.segment.models import telling


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
