"""Which segments somebody is in, on a timeline, and in the order in which segments ask about each other."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.errors import BadPlaybook
from chalicelib.segment import membership
from cli.publish.compile import bundle_of
from cli.publish.load import DEFAULT
from tests.playbook.speech import ENGLISH
from tests.playbook.stand_in import render_names
from tests.profile.people import person

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DEFINITIONS = bundle_of(DEFAULT, render_names).segments
ORDER = membership.arrange(DEFINITIONS)


def segments_of(customer, now=NOW):
    return set(membership.memberships(DEFINITIONS, ORDER, customer, now))


def order(total=4000, **stages):
    return {"id": "1", "total": [total, "USD"], "placed": 3, **stages}


def test_the_first_set_of_segments():
    assert segments_of(person(now=NOW)) == set()
    joined = [("Subscription Confirmed", 1)]
    assert segments_of(person(now=NOW, did=joined, consent="confirmed")) == {"new_members_without_order", "active"}
    assert segments_of(person(now=NOW, did=joined, consent="withdrawn")) == {"unsubscribed", "active"}
    bought = person(now=NOW, did=[*joined, ("Order Completed", 2)], orders=[order(paid=2)], consent="confirmed")
    small = {"first_time_buyers", "low_value"}
    assert segments_of(bought) == {"active", "ordered_7d", *small}
    assert segments_of(bought, NOW + timedelta(days=10)) == {"active", *small}
    assert segments_of(bought, NOW + timedelta(days=60)) == small
    assert segments_of(bought, NOW + timedelta(days=90)) == {"dormant", *small}
    unpaid = person(now=NOW, did=[("Order Created", 3)], orders=[order()])
    assert segments_of(unpaid) == {"unpaid_orders", "active"}
    assert "high_value" in segments_of(person(now=NOW, orders=[order(50000, paid=2)]))
    assert "high_value" not in segments_of(person(now=NOW, orders=[order(49999, paid=2)]))


def test_machines_keep_nobody_active():
    ann = person(now=NOW, did=[("Product Viewed", 45), ("Email Opened by Machine", 1), ("Message Sent", 1)])
    assert segments_of(ann) == set()


def test_a_segment_is_judged_after_those_it_asks_about():
    definitions = {
        "a": {"who": {"all": [{"segment": "b"}], "none": [{"segment": "c"}]}},
        "b": {"who": {"points": {"gte": 0}}},
        "c": {"who": {"none": [{"segment": "b"}]}},
    }
    order = membership.arrange(definitions)
    assert order.index("b") < order.index("c") < order.index("a")
    # what the profile still says of them, from the last computation, does not count
    ann = person(now=NOW, segments=["c"])
    assert set(membership.memberships(definitions, order, ann, NOW)) == {"a", "b"}


def test_circles_and_strangers_are_refused():
    circle = {"a": {"who": {"segment": "b"}}, "b": {"who": {"none": [{"segment": "a"}]}}}
    with pytest.raises(BadPlaybook, match=r"in a circle: (a → b → a|b → a → b)"):
        membership.arrange(circle)
    with pytest.raises(BadPlaybook, match="asks about vip, which does not exist"):
        membership.arrange({"a": {"who": {"segment": "vip"}}})


def test_changes_name_who_entered_and_who_left_once():
    ann = person(now=NOW, segments=["active", "gone_from_the_playbook"])
    facts = list(membership.changes(ann, ["active", "high_value"], "run-1", NOW))
    assert [(fact.name, fact.segment) for fact in facts] == [
        ("Segment Entered", "high_value"),
        ("Segment Left", "gone_from_the_playbook"),
    ]
    assert all(fact.who == {"profile": ann.profile_id} for fact in facts)
    later = list(membership.changes(ann, ["active", "high_value"], "run-1", NOW + timedelta(minutes=5)))
    assert [fact.id for fact in later] == [fact.id for fact in facts]
    next_run = list(membership.changes(ann, ["active", "high_value"], "run-2", NOW))
    assert not {fact.id for fact in next_run} & {fact.id for fact in facts}


@given(st.sets(st.sampled_from(list(DEFINITIONS))), st.sets(st.sampled_from(list(DEFINITIONS))))
def test_changes_lead_from_what_was_to_what_is(before, after):
    ann = person(now=NOW, segments=sorted(before))
    held = set(before)
    for fact in membership.changes(ann, sorted(after), "run", NOW):
        (held.add if fact.name == "Segment Entered" else held.remove)(fact.segment)
    assert held == after


def test_explanations_end_with_the_verdict():
    ann = person(now=NOW, did=[("Order Completed", 100)], orders=[order(paid=100)])
    assert membership.explain(DEFINITIONS, ann, "dormant", NOW, ENGLISH) == [
        "Orders paid: at least 1 — yes (1)",
        "Days since last seen: more than 90 — yes (100)",
        "None of these — yes",
        "  In the segment “Unpaid orders” — no",
        "In the segment “Bought before and not seen for 90 days”",
    ]
    assert membership.explain(DEFINITIONS, ann, "ordered_7d", NOW, ENGLISH) == [
        "Paid for an order in the last 7 days — no (last on 2026-08-15 12:00 UTC)",
        "Not in the segment “Paid for an order in the last 7 days”",
    ]
    with pytest.raises(BadPlaybook, match="no segment 'vips'"):
        membership.explain(DEFINITIONS, ann, "vips", NOW, ENGLISH)
