"""How a run ends when the world changed and nobody said so in time: each ending by its own name."""

from datetime import timedelta

import pytest

from chalicelib import clock, events
from chalicelib.aws.table import profile_key
from chalicelib.decide import engine
from chalicelib.decide.engine import End, Outcome, Run
from chalicelib.profile.fold import fold_all
from tests.decide.shop import Shop, read_definitions

NOW = clock.parse("2026-11-26T19:00:00Z")
WATCH = {"enter": {"event": "Order Created", "who": {"paid": False}}, "steps": [{"wait": "1d"}, {"email": "letter"}]}
NEWS = {
    "audience": {"who": {"orders_count": 0}},
    "send": {"at": "2026-11-27 10:00", "timezone": "recipient", "fallback": "Europe/Berlin"},
    "email": {"template": "news"},
}


@pytest.fixture
def shop(cloud):
    return Shop(cloud, "2026-11-23T15:30:00Z", flows={"watch": WATCH})


def begin(shop):
    shop.know("kim", "Europe/Berlin")
    shop.happen(shop.order("kim", "1001"))
    assert shop.run("kim", "watch")["status"] == "active"


def ended(shop):
    shop.pass_days(2)
    assert shop.sent == []
    run = shop.run("kim", "watch")
    assert (run["status"], "due_at" in run) == ("ended", False)
    return Outcome(run["outcome"])


def test_an_order_paid_unheard_of_is_closed_when_the_reminder_looks(shop):
    begin(shop)
    shop.record(shop.paid("kim", "1001"))
    assert ended(shop) is Outcome.ORDER_CLOSED
    assert [fact.outcome for fact in shop.facts("kim", events.FlowLeft)] == ["order_closed"]


def test_whose_address_bounced_in_between_is_not_written_to(shop):
    begin(shop)
    shop.record(shop.fact(events.EmailBounced, "kim", message_id="m", permanent=True))
    assert ended(shop) is Outcome.SUPPRESSED


def test_who_is_no_longer_on_record_ends_the_run_and_nothing_is_logged_of_them(shop):
    begin(shop)
    shop.cloud.profiles.delete(profile_key(shop.pid("kim")))
    assert ended(shop) is Outcome.CUSTOMER_GONE
    assert shop.facts("kim", events.FlowLeft) == []


def test_who_has_no_address_is_refused_even_what_needs_no_consent():
    customer = person(customer="17")
    known = read_definitions(flows={"thanks": {"enter": {"event": "Points Changed"}, "steps": [{"email": "confirm"}]}})
    run, flow = run_of(customer, "thanks"), known.find("thanks")
    assert engine.next_action(run, flow, customer, NOW, known.settings) == End(Outcome.NO_ADDRESS)


def test_a_campaign_whose_day_went_by_unseen_is_too_late():
    customer = person(email="kim@example.com")
    known = read_definitions(flows={}, campaigns={"news": NEWS})
    run, flow = run_of(customer, "campaign:news"), known.find("campaign:news")
    wait = engine.next_action(run, flow, customer, NOW, known.settings)
    assert wait.instant == clock.parse("2026-11-27T09:00:00Z")
    late = wait.instant + timedelta(days=3)
    assert engine.next_action(run, flow, customer, late, known.settings) == End(Outcome.TOO_LATE)


def person(**who):
    """Somebody of whom only an identifier is known."""
    told = events.PointsChanged(
        id="p", who=who, occurred_at=NOW, received_at=NOW, source="test", delta=1, reason="gift"
    )
    return fold_all(told.partition, [told]).customer


def run_of(customer, flow):
    return Run(profile_id=customer.profile_id, flow=flow, occurrence="1", entered_at=NOW, since=NOW, moved_at=NOW)
