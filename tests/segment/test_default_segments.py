"""The segments that come with Dripline, over customers of whom everything is known."""

from datetime import timedelta
from functools import cache

import pytest

from chalicelib.profile import vocabulary
from chalicelib.profile.customer import Customer
from chalicelib.profile.insights import Prediction, Reason
from chalicelib.profile.packing import pack
from chalicelib.segment import engagement, insight, membership
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT
from tests.playbook.stand_in import render_names
from tests.segment.shoppers import NOW, bought, did, learnt, looked, sent, shopper
from tests.segment.test_insight import store

DEFINITIONS = bundle_of(DEFAULT, render_names).segments
ORDER = membership.arrange(DEFINITIONS)


@cache
def parameters():
    return learnt(store(700))


def known(*facets, predictions=(), before=None):
    """The customer with what the store of 700 says of it."""
    customer = shopper(*facets)
    found = {name: Prediction(value, "", NOW, Reason("")) for name, value in predictions}
    computed = insight.compute(customer, parameters(), found, NOW, before=before)
    return told(customer, computed)


def told(customer, computed):
    """The customer as read with the insights beside the profile."""
    return Customer(customer.profile_id, customer.facets, insights={"body": pack(computed.to_json())})


def segments_of(customer):
    return set(membership.memberships(DEFINITIONS, ORDER, customer, NOW))


def test_each_group_stage_tier_and_diagnosis_can_be_addressed():
    files = "\n".join(path.read_text() for path in (DEFAULT / "segments").glob("*.yaml"))
    for word, values in (
        ("rfm", vocabulary.RFM_GROUPS),
        ("stage", vocabulary.STAGES),
        ("diagnosis", vocabulary.DIAGNOSES),
    ):
        assert all(f"{word}: {value}\n" in files for value in values), word
    assert {f"engaged_{tier}" for tier in engagement.TIERS} <= set(DEFINITIONS)


def test_a_tier_holds_those_who_answered_sooner():
    ann = segments_of(known(sent(10, opened=True)))
    assert ann >= {"engaged_14d", "engaged_30d", "engaged_60d", "engaged_90d"}
    late = segments_of(known(sent(70, opened=True)))
    assert "engaged_90d" in late
    assert "engaged_60d" not in late


def test_zombies_are_in_no_segment_of_the_engaged():
    nobody = segments_of(known(*(sent(5 + 14 * each) for each in range(12)), predictions=[("dormancy_60d", 0.9)]))
    assert "zombies" in nobody
    assert not {"likely_dormant", "at_risk_vip", "engaged_90d"} & nobody


def test_a_great_customer_who_stays_away_is_a_vip_at_risk():
    best = [bought(200 + 15 * each, 400, product=f"b{each}") for each in range(12)]
    ann = known(*best)
    assert segments_of(ann) >= {"at_risk_vip", "vip", "rfm_at_risk", "top_fifth", "repeat_buyers"}
    back = shopper(*best, bought(2, 400))
    again = told(back, insight.compute(back, parameters(), {}, NOW, before=ann.insights))
    assert segments_of(again) >= {"vip", "rfm_champions", "rfm_rising", "stage_active"}
    assert "at_risk_vip" not in segments_of(again)


def test_a_cart_left_is_left_until_it_is_ordered():
    cart = [looked(2, "p1", kind="added", price=20)]
    assert "cart_abandoners" in segments_of(known(*cart))
    assert "cart_abandoners" not in segments_of(known(*cart, bought(1)))
    assert "cart_abandoners" not in segments_of(known(looked(20, "p1", kind="added", price=20)))


def test_who_looks_and_does_not_buy_is_addressed_by_why():
    comparing = segments_of(known(*(looked(1 + 2 * each, f"p{each % 3}") for each in range(14))))
    assert comparing >= {"hesitating_comparing"}
    assert "hesitating_price" not in comparing


@pytest.mark.parametrize(
    ("prediction", "value", "segment"),
    [("dormancy_60d", 0.7, "likely_dormant"), ("due_7d", 0.6, "due_to_reorder")],
)
def test_predictions_make_segments_and_a_blank_makes_none(prediction, value, segment):
    assert segment in segments_of(known(bought(9), predictions=[(prediction, value)]))
    assert segment not in segments_of(known(bought(9), predictions=[(prediction, None)]))
    assert segment not in segments_of(known(bought(9)))


def test_who_often_uses_codes_is_a_coupon_user_and_not_for_that_promo_sensitive():
    ann = segments_of(known(*(bought(10 + 30 * each, 20, codes=["X"], product=f"p{each}") for each in range(9))))
    assert "coupon_users" in ann
    assert "promo_sensitive" not in ann


def test_without_anything_computed_only_what_the_profile_says_counts():
    alone = shopper(bought(9), did("Product Viewed", 2), sent(3, opened=True))
    assert segments_of(alone) >= {"first_time_buyers", "low_value"}
    assert not {each for each in segments_of(alone) if each.startswith(("rfm_", "stage_", "engaged_", "hesitating_"))}
    assert NOW - alone.created_at > timedelta(days=800)
