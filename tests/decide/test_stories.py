"""What people get and when, told as days in their lives."""

from datetime import timedelta

import pytest

from chalicelib import clock, events
from chalicelib.decide import jobs
from tests.decide.shop import FLOWS, UNPAID, Shop


def test_welcome_comes_at_ten_where_she_lives(cloud):
    shop = Shop(cloud, "2026-11-23T20:00:00Z")
    shop.subscribe("yuki", "Asia/Tokyo")
    shop.subscribe("ana", "America/Sao_Paulo")
    shop.subscribe("nobody-knows-where")
    shop.pass_days(3)
    assert shop.timeline("yuki", "Asia/Tokyo") == ["Tue 2026-11-24 10:00 welcome"]
    assert shop.timeline("ana", "America/Sao_Paulo") == ["Tue 2026-11-24 10:00 welcome"]
    assert shop.timeline("nobody-knows-where", "America/New_York") == ["Tue 2026-11-24 10:00 welcome"]
    (coupon,) = shop.facts("yuki", events.CouponGranted)
    assert (coupon.code, coupon.percent, coupon.expires_at - coupon.occurred_at) == (
        "WELCOME10",
        10,
        timedelta(days=14),
    )
    assert [fact.outcome for fact in shop.facts("yuki", events.FlowLeft)] == ["finished"]
    assert [fact.held_out for fact in shop.facts("yuki", events.FlowEntered)] == [False]


@pytest.mark.parametrize(("total", "code"), [(5000, "SAVE5"), (25000, "SAVE20")])
def test_an_unpaid_order_is_reminded_after_1_7_and_30_days(cloud, total, code):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim", "Europe/Berlin")
    shop.happen(shop.order("kim", "1001", total))
    shop.pass_days(40)
    assert shop.timeline("kim", "Europe/Berlin") == [
        "Wed 2026-11-25 10:00 unpaid_1",
        "Tue 2026-12-01 10:00 unpaid_2",
        "Thu 2026-12-24 10:00 unpaid_3",
    ]
    assert [fact.delta for fact in shop.facts("kim", events.PointsChanged)] == [100]
    assert [fact.code for fact in shop.facts("kim", events.CouponGranted)] == [code]
    assert {sent.item["order_id"] for sent in shop.sent} == {"1001"}
    assert [sent.item["definition"] for sent in shop.sent] == ["flow:unpaid_order"] * 3


def test_who_pays_in_between_hears_no_more_of_it(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim", "Europe/Berlin")
    shop.happen(shop.order("kim", "1001"))
    shop.pass_days(3)
    shop.happen(shop.paid("kim", "1001"))
    shop.pass_days(40)
    assert [sent.template for sent in shop.sent] == ["unpaid_1"]
    (left,) = shop.facts("kim", events.FlowLeft)
    assert (left.flow, left.run, left.outcome) == ("unpaid_order", "1001", "goal")
    assert shop.run("kim", "unpaid_order")["status"] == "ended"
    assert "due_at" not in shop.run("kim", "unpaid_order")


def test_paying_one_order_leaves_the_reminder_of_another(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim", "Europe/Berlin")
    shop.happen(shop.order("kim", "1001"))
    shop.pass_days(2)
    shop.happen(shop.order("kim", "1002"))
    shop.happen(shop.paid("kim", "1001"))
    shop.pass_days(3)
    assert [(sent.template, sent.item["order_id"]) for sent in shop.sent] == [
        ("unpaid_1", "1001"),
        ("unpaid_1", "1002"),
    ]


def test_payment_that_nobody_told_of_in_time_is_seen_before_the_step(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    shop.record(shop.paid("kim", "1001"))  # folded, its reaction lost
    shop.pass_days(40)
    assert shop.sent == []
    assert shop.run("kim", "unpaid_order")["outcome"] == "goal"


def test_order_paid_before_it_was_created_starts_nothing(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim")
    shop.happen(shop.paid("kim", "1001"))
    shop.happen(shop.order("kim", "1001"))
    shop.pass_days(40)
    assert shop.sent == []
    assert shop.agenda("run#") == []


def test_reactions_that_come_twice_and_together_change_nothing(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim")
    order = shop.order("kim", "1001")
    shop.happen(order)
    before = shop.agenda()
    for _ in range(3):
        shop.now += timedelta(minutes=1)
        jobs.react(cloud, shop.pid("kim"), [events.serialise(order), events.serialise(order)], shop.now)
    assert shop.agenda() == before
    assert len(shop.facts("kim", events.FlowEntered)) == 1


def test_an_old_event_starts_nothing(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim")
    shop.happen(shop.order("kim", "1001", at=shop.now - timedelta(days=3, seconds=1)))
    assert shop.agenda("run#") == []
    shop.happen(shop.order("kim", "1002", at=shop.now - timedelta(days=3)))
    assert len(shop.agenda("run#")) == 1


def test_again_after_counts_between_the_events(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    second = shop.order("kim", "1002", at=shop.now + timedelta(hours=23))
    shop.now += timedelta(hours=23)
    shop.happen(second)
    shop.now += timedelta(hours=2)
    jobs.react(cloud, shop.pid("kim"), [second], shop.now)  # the same again, after the day is over
    assert [run["occurrence"] for run in shop.agenda("run#")] == ["1001"]
    shop.happen(shop.order("kim", "1003"))
    assert [run["occurrence"] for run in shop.agenda("run#")] == ["1001", "1003"]


def test_the_cap_puts_a_mail_off_to_the_next_ten_oclock(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim", "Europe/Berlin")
    shop.happen(shop.order("kim", "1001"))  # reminder due Wed 10:00
    shop.until("2026-11-24T12:00:00Z")
    shop.subscribe("kim", "Europe/Berlin")  # welcome due Wed 10:00 too
    shop.pass_days(4)
    assert shop.timeline("kim", "Europe/Berlin") == ["Wed 2026-11-25 10:00 unpaid_1", "Thu 2026-11-26 10:00 welcome"]


def test_a_mail_the_cap_leaves_no_room_is_skipped_with_its_reason_and_the_run_goes_on(cloud):
    flows = {
        "first": {"enter": {"event": "Order Created"}, "priority": 60, "steps": [{"email": "news"}]},
        "second": {
            "enter": {"event": "Order Created"},
            "steps": [{"email": "letter"}, {"wait": "3d"}, {"email": "unpaid_2"}],
        },
    }
    shop = Shop(cloud, "2026-11-23T15:30:00Z", flows=flows, caps={"email": {"every": "60h", "retry": "48h"}})
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    shop.pass_days(5)
    assert [sent.template for sent in shop.sent] == ["news", "unpaid_2"]
    (skipped,) = shop.facts("kim", events.MessageSkipped)
    assert (skipped.reason, skipped.definition, skipped.step) == ("frequency_cap", "flow:second", "letter")
    assert [fact.outcome for fact in shop.facts("kim", events.FlowLeft)] == ["finished", "finished"]


def test_confirmation_goes_out_at_once_without_subscription_and_beside_the_cap(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z", holdout="100%")
    signed_up = shop.fact(events.SignedUp, "kim", email="kim@example.com", channel="email", wording="w")
    shop.happen(signed_up)
    assert [(sent.template, sent.at) for sent in shop.sent] == [("confirm", shop.now)]
    assert shop.sent[0].item["transactional"] is True
    assert shop.agenda("cadence#") == []


def test_no_mail_to_suppressed_or_unsubscribed_not_even_a_transactional_one(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.record(
        shop.fact(events.SignedUp, "kim", email="kim@example.com", channel="email", wording="w"),
        shop.fact(events.Unsubscribed, "kim", channel="email", how="page", at=shop.now + timedelta(seconds=1)),
    )
    shop.happen(shop.fact(events.SignedUp, "kim", email="kim@example.com", channel="email", wording="w"))
    shop.drain()
    assert shop.sent == []
    assert shop.run("kim", "confirm_subscription")["outcome"] == "unsubscribed"


def test_unsubscribing_ends_every_marketing_run_at_once(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.subscribe("kim")
    shop.happen(shop.order("kim", "1001"))
    shop.now += timedelta(hours=1)
    shop.happen(shop.fact(events.Unsubscribed, "kim", channel="email", how="one_click"))
    assert {run["outcome"] for run in shop.agenda("run#")} == {"unsubscribed"}
    shop.pass_days(40)
    assert shop.sent == []


def test_consent_withdrawn_is_seen_before_the_step_though_no_reaction_told_of_it(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    shop.now += timedelta(hours=1)
    shop.record(shop.fact(events.Unsubscribed, "kim", channel="email", how="one_click"))
    shop.pass_days(40)
    assert shop.sent == []
    assert shop.run("kim", "unpaid_order")["outcome"] == "unsubscribed"


def test_without_consent_the_run_ends_at_its_first_mail(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.record(shop.fact(events.CustomerUpdated, "kim", email="kim@example.com"))
    shop.happen(shop.order("kim", "1001"))
    shop.pass_days(3)
    assert shop.sent == []
    assert [fact.outcome for fact in shop.facts("kim", events.FlowLeft)] == ["no_consent"]


def test_who_is_held_out_is_recorded_and_gets_nothing(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z", flows={"unpaid_order": UNPAID | {"holdout": "100%"}})
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    shop.pass_days(40)
    assert shop.sent == []
    assert [(fact.flow, fact.held_out) for fact in shop.facts("kim", events.FlowEntered)] == [("unpaid_order", True)]
    assert shop.run("kim", "unpaid_order")["status"] == "held"


def test_days_are_calendar_days_when_the_clocks_change(cloud):
    shop = Shop(cloud, "2026-03-26T08:55:00Z")  # Thursday 09:55 in Berlin, clocks change on Sunday
    shop.know("kim", "Europe/Berlin")
    shop.happen(shop.order("kim", "1001"))
    shop.pass_days(9)
    assert shop.timeline("kim", "Europe/Berlin") == ["Fri 2026-03-27 10:00 unpaid_1", "Thu 2026-04-02 10:00 unpaid_2"]


def test_who_turns_out_to_live_elsewhere_is_not_mailed_at_night(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.subscribe("kim", "Asia/Tokyo")
    shop.now += timedelta(hours=1)
    shop.record(shop.fact(events.CustomerUpdated, "kim", email="kim@example.com", time_zone="America/New_York"))
    shop.pass_days(4)
    assert shop.timeline("kim", "America/New_York") == ["Tue 2026-11-24 10:00 welcome"]


def test_after_a_long_outage_mail_waits_for_the_next_ten_oclock(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.subscribe("kim", "Europe/Berlin")
    shop.now = clock.parse("2026-11-24T20:00:00Z")  # nothing ran for half a day
    jobs.move_due(cloud, shop.now)
    shop.drain()
    assert shop.sent == []
    shop.pass_days(2)
    assert shop.timeline("kim", "Europe/Berlin") == ["Wed 2026-11-25 10:00 welcome"]


def test_a_flow_taken_out_of_the_playbook_ends_its_runs(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    shop.publish({name: flow for name, flow in FLOWS.items() if name != "unpaid_order"})
    shop.pass_days(3)
    assert shop.sent == []
    assert [fact.outcome for fact in shop.facts("kim", events.FlowLeft)] == ["definition_removed"]


def test_of_two_mails_due_together_the_more_important_goes_first(cloud):
    flows = {
        name: {"enter": {"event": "Order Created"}, "priority": priority, "steps": [{"wait": "1h"}, {"email": mail}]}
        for name, priority, mail in (("a_minor", 10, "letter"), ("b_major", 90, "news"))
    }
    shop = Shop(cloud, "2026-11-23T15:30:00Z", flows=flows, caps={"email": {"every": "4h", "retry": "48h"}})
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    shop.pass_days(1)
    assert shop.timeline("kim") == ["Mon 2026-11-23 16:30 news", "Mon 2026-11-23 20:30 letter"]


def test_a_merged_customers_second_run_for_the_same_order_ends(cloud):
    from chalicelib.profile import store as profiles

    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim")
    shop.know("kimberly")
    shop.happen(shop.order("kim", "1001"))
    shop.happen(shop.order("kimberly", "1001"))
    loser = profiles.read(cloud, shop.pid("kimberly"))
    loser.merged_into = shop.pid("kim")
    assert profiles.write(cloud, loser)
    shop.pass_days(3)
    assert len(shop.sent) == 1
    assert shop.run("kimberly", "unpaid_order")["outcome"] == "merged"
