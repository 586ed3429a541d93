"""What the customer wishes wins: a pause holds everything back, a frequency spreads it, a declined topic leaves out."""

from datetime import timedelta

import pytest

from chalicelib import clock, events
from chalicelib.decide import caps, plan
from chalicelib.decide.caps import Cap
from chalicelib.events import Said
from chalicelib.profile.wishes import MONTHLY, WEEKLY, Preferences
from tests.decide.shop import FLOWS, Shop

CAP = Cap(timedelta(hours=16), timedelta(hours=48))
DAILY = {
    "enter": {"event": "Product Viewed"},
    "goal": {"event": "Order Completed", "within": "5d"},
    "steps": [{"until": "10:00"}, {"email": "news"}],
}
START = "2026-10-05T12:00:00Z"


def viewed(shop, name):
    shop.happen(shop.fact(events.ProductViewed, name, product_id="p1"))


def test_in_a_pause_nothing_is_sent_and_afterwards_everything_goes_on(cloud):
    shop = Shop(cloud, START, flows={"daily": DAILY})
    shop.know("ann")
    until = clock.parse(START) + timedelta(days=30)
    shop.record(shop.fact(events.PreferencesChanged, "ann", paused_until=until))
    for _ in range(5):
        viewed(shop, "ann")
        shop.pass_days(2)
    assert shop.timeline("ann") == []
    skipped = shop.facts("ann", events.MessageSkipped)
    assert [fact.reason for fact in skipped] == ["paused"] * 5
    shop.record(shop.fact(events.PreferencesChanged, "ann", resumed=True))
    viewed(shop, "ann")
    shop.pass_days(2)
    assert len(shop.timeline("ann")) == 1


def test_a_pause_ends_by_itself(cloud):
    shop = Shop(cloud, START, flows={"daily": DAILY})
    shop.know("ann")
    shop.record(shop.fact(events.PreferencesChanged, "ann", paused_until=clock.parse(START) + timedelta(days=3)))
    shop.pass_days(4)
    viewed(shop, "ann")
    shop.pass_days(2)
    assert len(shop.timeline("ann")) == 1


def test_what_belongs_to_an_order_or_a_sign_up_comes_in_a_pause_too(cloud):
    shop = Shop(cloud, START, flows=FLOWS)
    pause = shop.fact(events.PreferencesChanged, "ann", paused_until=clock.parse(START) + timedelta(days=30))
    shop.record(pause)
    shop.happen(
        shop.fact(events.SignedUp, "ann", email="ann@example.com", channel="email", wording="w"),
    )
    shop.pass_days(1)
    assert [sent.template for sent in shop.sent] == ["confirm"]


@pytest.mark.parametrize(("frequency", "most"), [("", 28), ("often", 28), (WEEKLY, 4), (MONTHLY, 1)])
def test_nobody_hears_more_often_than_they_wish(cloud, frequency, most):
    shop = Shop(cloud, START, flows={"daily": DAILY})
    shop.know("ann", "Europe/Berlin")
    if frequency:
        shop.record(shop.fact(events.PreferencesChanged, "ann", frequency=frequency))
    for _ in range(28):
        viewed(shop, "ann")
        shop.pass_days(1)
    assert len(shop.sent) == most
    gaps = [after.at - before.at for before, after in zip(shop.sent, shop.sent[1:], strict=False)]
    assert all(gap >= caps.wished(CAP, Preferences(frequency=frequency)).every for gap in gaps)


def test_a_wish_never_raises_the_stores_own_cap():
    strict = Cap(timedelta(days=40), timedelta(days=3))
    assert caps.wished(strict, Preferences(frequency=WEEKLY)) == strict
    assert caps.wished(CAP, Preferences(frequency="hourly")) == CAP


def test_the_plan_names_a_pause(cloud):
    shop = Shop(cloud, START, flows={"daily": DAILY})
    shop.know("ann")
    viewed(shop, "ann")
    shop.record(shop.fact(events.PreferencesChanged, "ann", paused_until=clock.parse(START) + timedelta(days=30)))
    told = plan.plan(cloud, shop.now, hours=48)
    assert told["out"] == []
    assert [(each["reason"], each["count"]) for each in told["not"]] == [("paused", 1)]


def test_a_campaign_leaves_out_who_declined_all_of_its_topics(cloud):
    campaign = {"send": {"at": "2026-10-06 10:00"}, "email": {"template": "letter"}, "topics": ["kitchen", "garden"]}
    shop = Shop(cloud, START, flows={}, campaigns={"autumn": campaign})
    for name in ("ann", "bea", "cleo"):
        shop.know(name)
    declined = [Said("kitchen", "no"), Said("garden", "no")]
    shop.record(shop.fact(events.PreferencesChanged, "ann", topics=tuple(declined)))
    shop.record(shop.fact(events.PreferencesChanged, "bea", topics=tuple(declined[:1])))
    from chalicelib.decide import jobs

    shop.until("2026-10-06T00:00:00Z")
    jobs.launch_campaigns(cloud, shop.now)
    shop.drain()
    shop.pass_days(2)
    assert {sent.profile_id for sent in shop.sent} == {shop.pid("bea"), shop.pid("cleo")}


def test_a_coupon_just_granted_is_shown_and_not_granted_again(cloud):
    shop = Shop(cloud, START)
    fresh = shop.fact(
        events.CouponGranted,
        "ann",
        code="WELCOME10",
        offer="welcome10",
        percent=10,
        expires_at=shop.now + timedelta(14),
    )
    shop.record(fresh)
    shop.subscribe("ann")
    shop.pass_days(2)
    (sent,) = shop.sent
    assert sent.item["offer"]["expires_at"] == clock.to_text(fresh.expires_at)
    assert len(shop.facts("ann", events.CouponGranted)) == 1
    shop.subscribe("bea")
    shop.pass_days(2)
    assert len(shop.facts("bea", events.CouponGranted)) == 1
