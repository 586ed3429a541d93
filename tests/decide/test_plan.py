"""What `dripline plan` lists: what will go out by the hour, what will not and why, and nothing is changed by it."""

from chalicelib import events
from chalicelib.decide.plan import plan
from tests.decide.shop import Shop


def test_the_coming_day_is_listed_with_what_will_not_go_out(cloud):
    shop = Shop(cloud, "2026-11-23T15:30:00Z")
    shop.know("kim", "Europe/Berlin")
    shop.happen(shop.order("kim", "1001"))
    shop.record(shop.fact(events.CustomerUpdated, "stranger", email="stranger@example.com"))
    shop.happen(shop.order("stranger", "1002"))
    shop.until("2026-11-24T12:00:00Z")
    shop.subscribe("kim", "Europe/Berlin")
    before = shop.agenda()
    listed = plan(cloud, shop.now, hours=30)
    assert shop.agenda() == before
    (going,) = listed["out"]  # both are due at ten, and the cap leaves room for one
    assert (going["hour"], going["count"]) == ("2026-11-25T09:00Z", 1)
    assert [each["count"] for each in listed["not"] if each["reason"] == "frequency_cap at 2026-11-25T09:00Z"] == [1]
    assert {"definition": "flow:unpaid_order", "reason": "no_consent", "count": 1} in listed["not"]
    assert (listed["from"], listed["until"]) == ("2026-11-24T12:00:00.000Z", "2026-11-25T18:00:00.000Z")


def test_what_the_cap_will_put_off_is_said(cloud):
    flows = {
        "now": {"enter": {"event": "Order Created"}, "steps": [{"email": "news"}]},
        "soon": {"enter": {"event": "Order Created"}, "steps": [{"wait": "1h"}, {"email": "letter"}]},
    }
    shop = Shop(cloud, "2026-11-23T15:30:00Z", flows=flows)
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    listed = plan(cloud, shop.now, hours=24)
    assert listed["not"] == [
        {"definition": "flow:soon", "reason": "frequency_cap at 2026-11-23T16:00Z", "count": 1},
    ]
    assert listed["out"] == [
        {"definition": "flow:soon", "template": "letter", "hour": "2026-11-24T07:00Z", "count": 1},
    ]
    shop.pass_days(2)
    assert shop.timeline("kim") == ["Mon 2026-11-23 15:30 news", "Tue 2026-11-24 07:30 letter"]
