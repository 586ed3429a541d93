"""Caps, offers and hold-outs: the small pure decisions."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.decide import caps, experiment, offer
from chalicelib.decide.caps import Cap
from chalicelib.errors import BadPlaybook
from chalicelib.money import Money

CAP = Cap(every=timedelta(hours=16), retry=timedelta(hours=48))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_window_rolls_from_the_last_message():
    assert not caps.is_free(CAP, NOON, NOON + timedelta(hours=15, minutes=59))
    assert caps.is_free(CAP, NOON, NOON + timedelta(hours=16))
    assert not caps.is_free(CAP, NOON, NOON - timedelta(minutes=1))


def test_a_refused_message_tries_again_at_the_windows_end_or_its_own_hour_after_it():
    assert caps.retry_at(CAP, NOON, NOON, None, "UTC") == NOON + timedelta(hours=16)
    assert caps.retry_at(CAP, NOON, NOON, time(10), "UTC") == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert caps.retry_at(CAP, NOON, NOON, time(3), "UTC") == datetime(2026, 11, 25, 3, tzinfo=UTC)


def test_and_is_given_up_when_that_is_too_late_for_it():
    assert caps.retry_at(CAP, NOON, NOON - timedelta(hours=32), None, "UTC") == NOON + timedelta(hours=16)
    assert caps.retry_at(CAP, NOON, NOON - timedelta(hours=32, seconds=1), None, "UTC") is None


def test_a_coupon_is_worth_an_amount_or_a_share_and_lapses():
    amount = offer.parse("a", {"code": "A5", "amount": 5, "expires": "7d"}, "USD")
    share = offer.parse("p", {"code": "P10", "percent": 10, "expires": "14d"}, "JPY")
    assert (amount.amount, share.percent) == (Money(500, "USD"), 10)
    assert offer.promise(amount, NOON) == {
        "id": "a",
        "code": "A5",
        "expires_at": "2026-11-30T12:00:00.000Z",
        "amount": [500, "USD"],
    }
    first = offer.granted(offer.promise(share, NOON), "p" * 16, "m" * 16, NOON)
    second = offer.granted(offer.promise(share, NOON), "p" * 16, "m" * 16, NOON + timedelta(minutes=9))
    assert first.id == second.id
    assert (first.percent, first.amount, first.expires_at) == (10, None, NOON + timedelta(days=14))


@pytest.mark.parametrize(
    "terms",
    [
        {"code": "X", "expires": "1d"},
        {"code": "X", "expires": "1d", "amount": 5, "percent": 5},
        {"code": "X", "expires": "soon", "amount": 5},
        {"expires": "1d", "amount": 5},
        {"code": "X", "expires": "1d", "amount": "five"},
    ],
)
def test_a_coupon_that_is_worth_nothing_certain_is_refused(terms):
    with pytest.raises(BadPlaybook):
        offer.parse("x", terms, "USD")


@given(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=20), st.floats(0, 1), st.floats(0, 1))
def test_who_is_held_out_stays_so_when_more_are(flow, customer, share, more):
    if experiment.is_held_out(flow, customer, share):
        assert experiment.is_held_out(flow, customer, max(share, more))
    assert not experiment.is_held_out(flow, customer, 0)
    assert experiment.is_held_out(flow, customer, 1)


def test_five_in_a_hundred_are_held_out_and_not_the_same_ones_of_each_flow():
    people = [f"customer-{number}" for number in range(20_000)]
    held = {flow: {each for each in people if experiment.is_held_out(flow, each, 0.05)} for flow in ("a", "b")}
    for chosen in held.values():
        assert 900 <= len(chosen) <= 1_100  # 1,000 ± 3.2 standard deviations
    assert len(held["a"] & held["b"]) < 100
