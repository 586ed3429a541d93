"""A rule means the same over a column of customers as over one: 100,000 pairs of random customers and random rules."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import crowd
from chalicelib.errors import BadPlaybook
from chalicelib.profile import rule
from chalicelib.segment import membership
from chalicelib.segment.batch import batch_of
from chalicelib.segment.compiled import compile_rule, compile_segments
from cli.publish.compile import bundle_of, complete
from cli.publish.load import DEFAULT
from tests.playbook.stand_in import render_names

NOW = datetime(2026, 11, 23, 12, 30, 15, 250_000, tzinfo=UTC)
CUSTOMERS, RULES = 400, 250
STORE = {
    "store": {"currency": "USD"},
    "currencies": {"EUR": 1.0837, "JPY": 0.0067},
    "spend_bands": {"mid": 100, "high": 500},
    "tags": {},
}


def both(rules, customers, now):
    """(one by one, on columns): a row a rule, a column a customer."""
    compiled = [compile_rule(each) for each in rules]
    batch = batch_of(customers, {question for each in compiled for question in each.questions}, now)
    on_columns = np.array([each.judge(batch, None) for each in compiled])
    alone = np.array([[rule.matches(each, customer, now) for customer in customers] for each in rules])
    return alone, on_columns


def differing(rules, customers, alone, on_columns):
    return [
        (rules[row], customers[column].facets, bool(alone[row, column]))
        for row, column in list(zip(*np.nonzero(alone != on_columns), strict=True))[:1]
    ]


def test_a_hundred_thousand_random_pairs_agree(capsys):
    dice = random.Random(20261123)
    customers = [crowd.customer(dice, NOW, number) for number in range(CUSTOMERS)]
    rules = [crowd.rule(dice) for _ in range(RULES)]
    assert [rule.check(each) for each in rules] == [[]] * RULES
    completed = complete({"spend": {"gte": 1}}, STORE)["spend"]
    assert completed == {"rates": {"USD": 1, "EUR": 1.0837, "JPY": 0.0067}, "currency": "USD", "gte": 1}
    rules = [complete(each, STORE) if number % 2 else each for number, each in enumerate(rules)]
    alone, on_columns = both(rules, customers, NOW)
    agreeing = int((alone == on_columns).sum())
    with capsys.disabled():
        print(f"\nrules on columns and one by one: {agreeing:,} of {alone.size:,} pairs agree, {alone.mean():.0%} hold")
    assert differing(rules, customers, alone, on_columns) == []
    assert alone.size == 100_000
    assert 0.2 < alone.mean() < 0.8
    undecided = [each for each, row in zip(rules, alone, strict=True) if 0 < row.mean() < 1]
    assert len(undecided) > RULES / 2  # most rules tell customers apart, or agreeing would say little


def test_what_check_says_can_never_hold_holds_for_nobody():
    dice = random.Random(16)
    conditions = [crowd.condition(dice) for _ in range(1200)]
    pairs = [{"all": [one, other]} for one, other in pairwise(conditions)]
    refused = [each for each in conditions + pairs if "never holds" in " ".join(rule.check(each))]
    assert len(refused) > 40
    assert all("never holds" in complaint for each in refused for complaint in rule.check(each))
    customers = [crowd.customer(dice, NOW, number) for number in range(100)]
    compiled = [compile_rule(each) for each in refused]
    batch = batch_of(customers, {question for each in compiled for question in each.questions}, NOW)
    assert [each for each, one in zip(refused, compiled, strict=True) if one.judge(batch, None).any()] == []


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 10**9))
def test_any_pair_agrees_at_any_moment(seed, seconds):
    dice = random.Random(seed)
    now = NOW + timedelta(seconds=seconds % 86_400, microseconds=seconds)
    customers = [crowd.customer(dice, NOW, number) for number in range(3)]
    rules = [complete(crowd.rule(dice), STORE) for _ in range(6)]
    alone, on_columns = both(rules, customers, now)
    assert differing(rules, customers, alone, on_columns) == []


def test_memberships_on_columns_are_those_one_by_one():
    definitions = bundle_of(DEFAULT, render_names).segments
    order = membership.arrange(definitions)
    dice = random.Random(7)
    customers = [crowd.customer(dice, NOW, number) for number in range(200)]
    segments = compile_segments(definitions, order)
    judged = segments.judge(batch_of(customers, segments.questions, NOW))
    for row, customer in enumerate(customers):
        alone = membership.memberships(definitions, order, customer, NOW)
        assert [segment for segment in judged if judged[segment][row]] == alone


def test_nobody_at_all_is_a_batch_too():
    dice = random.Random(3)
    for _ in range(60):
        compiled = compile_rule(crowd.rule(dice))
        assert compiled.judge(batch_of([], compiled.questions, NOW), None).shape == (0,)


def test_an_unchecked_rule_raises_on_columns_too():
    for asked in ({"order_count": 0}, {"spend_band": "high"}):
        with pytest.raises(BadPlaybook):
            compile_rule(asked)
    compiled = compile_rule({"orders_count": {"about": 1}})
    with pytest.raises(BadPlaybook):
        compiled.judge(batch_of([crowd.customer(random.Random(1), NOW, 1)], compiled.questions, NOW), None)
