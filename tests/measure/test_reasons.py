"""Reasons for leaving by week and by flow: nothing is lost by folding, and no number is about fewer than ten people."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.measure.reasons import FEWEST, OTHER, fold, fold_flows

REASONS = ("too_many", "prices", "not_relevant", OTHER)
ANSWERS = st.dictionaries(
    st.sampled_from(["flow:welcome", "flow:unpaid_order", "campaign:teaser"]),
    st.dictionaries(st.sampled_from(REASONS), st.integers(0, 30)).map(Counter),
)


def total_of(answers):
    total = Counter()
    for counts in answers.values():
        total.update(counts)
    return total


@given(ANSWERS)
def test_neither_a_number_nor_what_is_left_beside_it_is_about_few(answers):
    total, folded = total_of(answers), fold_flows(answers)
    assert total_of(folded).total() == sum(fold(total).values()) == total.total()
    for definition, counts in folded.items():
        assert definition == OTHER or sum(counts.values()) >= FEWEST
        assert all(number >= FEWEST for reason, number in counts.items() if reason != OTHER)
    for reason in set(REASONS) - {OTHER}:
        rest = total[reason] - sum(counts.get(reason, 0) for counts in folded.values())
        assert rest == 0 or rest >= FEWEST or total[reason] < FEWEST


def test_a_cell_stays_unnamed_where_the_total_would_tell_the_others():
    answers = {"flow:welcome": Counter(too_many=18, prices=2), "flow:unpaid_order": Counter(too_many=7, prices=4)}
    assert fold(total_of(answers)) == {"too_many": 25, OTHER: 6}
    assert fold_flows(answers) == {"flow:welcome": {OTHER: 20}, "flow:unpaid_order": {OTHER: 11}}
    answers["flow:unpaid_order"]["too_many"] = 12
    assert fold_flows(answers) == {
        "flow:welcome": {"too_many": 18, OTHER: 2},
        "flow:unpaid_order": {"too_many": 12, OTHER: 4},
    }


def test_flows_that_few_left_from_stand_together():
    answers = {"flow:welcome": Counter(prices=6), "campaign:teaser": Counter(prices=8), "flow:gone": Counter()}
    assert fold_flows(answers) == {OTHER: {"prices": 14}}
