"""One message to an audience, at ten o'clock on everybody's own clock."""

from datetime import timedelta

import pytest

from chalicelib import clock, events
from chalicelib.decide import campaign, jobs
from chalicelib.decide.campaign import Launch
from chalicelib.decide.jobs.campaigns import read_counts
from chalicelib.decide.plan import plan
from tests.decide.shop import Shop

NEWS = {
    "audience": {"in": ["active"], "not_in": ["bought"]},
    "send": {"at": "2026-11-27 10:00", "timezone": "recipient", "fallback": "Europe/Berlin"},
    "email": {"template": "news", "coupon": "save5"},
}


def join(shop: Shop, name: str, zone: str, *segments: str) -> None:
    shop.know(name, zone)
    for segment in segments:
        shop.record(shop.fact(events.SegmentEntered, name, segment=segment))


def launch(shop: Shop) -> list[str]:
    launched = jobs.launch_campaigns(shop.cloud, shop.now)
    shop.drain()
    return launched


@pytest.fixture
def shop(cloud):
    shop = Shop(cloud, "2026-11-26T19:00:00Z", flows={}, campaigns={"bf": NEWS})
    join(shop, "yuki", "Asia/Tokyo", "active")
    join(shop, "ana", "America/Sao_Paulo", "active")
    join(shop, "kim", "", "active")
    join(shop, "buyer", "Asia/Tokyo", "active", "bought")
    join(shop, "sleeper", "Asia/Tokyo")
    shop.record(shop.fact(events.CustomerUpdated, "stranger", email="stranger@example.com"))
    shop.record(shop.fact(events.SegmentEntered, "stranger", segment="active"))
    return shop


def test_everybody_gets_it_at_ten_on_their_own_clock_and_once(shop):
    assert launch(shop) == ["campaign:bf"]
    assert launch(shop) == []
    assert read_counts(shop.cloud, "bf") == {"planned": 3, "not_in_audience": 2, "no_consent": 1}
    listed = plan(shop.cloud, shop.now)
    assert [(each["hour"], each["count"]) for each in listed["out"]] == [
        ("2026-11-27T01:00Z", 1),
        ("2026-11-27T09:00Z", 1),
        ("2026-11-27T13:00Z", 1),
    ]
    assert listed["campaigns"][0]["status"] == "launched"
    shop.cloud.queue("campaign_slices").send(
        {"campaign": "campaign:bf", "segment": n, "after": None} for n in range(16)
    )
    shop.drain()  # every slice once more
    shop.pass_days(3)
    assert len(shop.sent) == 3
    assert shop.timeline("yuki", "Asia/Tokyo") == ["Fri 2026-11-27 10:00 news"]
    assert shop.timeline("ana", "America/Sao_Paulo") == ["Fri 2026-11-27 10:00 news"]
    assert shop.timeline("kim", "Europe/Berlin") == ["Fri 2026-11-27 10:00 news"]
    assert {sent.item["definition"] for sent in shop.sent} == {"campaign:bf"}
    assert [fact.code for fact in shop.facts("ana", events.CouponGranted)] == ["SAVE5"]
    assert read_counts(shop.cloud, "bf") == {"planned": 3, "not_in_audience": 2, "no_consent": 1}


def test_who_left_the_audience_or_unsubscribed_before_their_hour_gets_nothing(shop):
    launch(shop)
    shop.now += timedelta(minutes=30)
    shop.record(shop.fact(events.SegmentEntered, "ana", segment="bought"))
    shop.happen(shop.fact(events.Unsubscribed, "kim", channel="email", how="page"))
    shop.pass_days(3)
    assert [sent.profile_id for sent in shop.sent] == [shop.pid("yuki")]
    assert shop.run("ana", "campaign:bf")["outcome"] == "no_longer_matches"
    assert shop.run("kim", "campaign:bf")["outcome"] == "unsubscribed"


def test_whose_hour_has_passed_when_it_is_launched_gets_it_the_next_day(shop):
    shop.now = clock.parse("2026-11-27T12:30:00Z")  # 21:30 in Tokyo, 13:30 in Berlin, 09:30 in São Paulo
    assert launch(shop) == ["campaign:bf"]
    assert read_counts(shop.cloud, "bf") == {"planned": 1, "next_day": 2, "not_in_audience": 2, "no_consent": 1}
    shop.pass_days(3)
    assert shop.timeline("yuki", "Asia/Tokyo") == ["Sat 2026-11-28 10:00 news"]
    assert shop.timeline("ana", "America/Sao_Paulo") == ["Fri 2026-11-27 10:00 news"]


def test_a_campaign_whose_day_is_over_is_never_sent(shop):
    shop.now = clock.parse("2026-11-28T01:00:01Z")
    assert launch(shop) == []
    assert shop.agenda("run#") == []


def test_a_launch_that_lost_its_slices_is_made_good(shop):
    class Refusing(type(shop.cloud)):
        def queue(self, name):
            raise ConnectionError(name)

    with pytest.raises(ConnectionError):
        jobs.launch_campaigns(Refusing(over_wire=False), shop.now)
    assert launch(shop) == ["campaign:bf"]
    assert launch(shop) == []
    assert len(shop.agenda("run#campaign:bf#")) == 3


def test_a_slice_goes_on_through_the_queue(shop):
    jobs.launch_campaigns(shop.cloud, shop.now)
    while bodies := shop.take("campaign_slices"):
        for body in bodies:
            jobs.plan_campaign_slice(shop.cloud, body, shop.now, limit=0)
    assert len(shop.agenda("run#campaign:bf#")) == 3


def test_who_is_held_out_is_recorded(shop):
    shop.publish({}, {"bf": NEWS | {"holdout": "100%"}})
    launch(shop)
    assert read_counts(shop.cloud, "bf")["held_out"] == 3
    assert [(fact.flow, fact.held_out) for fact in shop.facts("yuki", events.FlowEntered)] == [("campaign:bf", True)]
    shop.pass_days(3)
    assert shop.sent == []


def test_the_cap_counts_campaigns_too(shop):
    flows = {"after": {"enter": {"event": "Order Created"}, "steps": [{"email": "letter"}]}}
    shop.publish(flows, {"bf": NEWS})
    launch(shop)
    shop.until("2026-11-27T00:00:00Z")
    shop.happen(shop.order("yuki", "1001"))
    shop.pass_days(3)
    assert shop.timeline("yuki", "Asia/Tokyo") == ["Fri 2026-11-27 09:00 letter", "Sat 2026-11-28 10:00 news"]


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ("2026-11-26T18:59:59Z", Launch.EARLY),
        ("2026-11-26T19:00:00Z", Launch.NOW),
        ("2026-11-28T01:00:00Z", Launch.NOW),
        ("2026-11-28T01:00:01Z", Launch.MISSED),
    ],
)
def test_it_is_launched_an_hour_before_the_first_clock_shows_ten(now, state):
    assert campaign.launch_state(campaign.parse("bf", NEWS), clock.parse(now)) is state


def test_in_one_zone_for_all_it_is_launched_an_hour_before_it():
    fixed = campaign.parse("bf", NEWS | {"send": {"at": "2026-11-27 10:00", "timezone": "Asia/Tokyo", "spread": "1h"}})
    assert campaign.launches_at(fixed) == clock.parse("2026-11-27T00:00:00Z")
    assert campaign.launch_state(fixed, clock.parse("2026-11-27T05:00:00Z")) is Launch.NOW
    assert campaign.launch_state(fixed, clock.parse("2026-11-27T05:00:01Z")) is Launch.MISSED
