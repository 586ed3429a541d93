"""Insights lie beside the profile: read with it everywhere, written when they say something new, newest run wins."""

import json

import pytest

from chalicelib.aws.attributes import marshal
from chalicelib.aws.table import Key, insights_key
from chalicelib.profile import jobs, store
from chalicelib.profile.insights import Engagement, Insights, Reason, is_news
from tests.profile.facts import ADA, START, on, order


def told(tier, at=START):
    return Insights(at, engagement=Engagement(tier, Reason("clicked", {"days": 3})))


@pytest.fixture(params=["wired", "cloud"])
def services(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def ada(services):
    from chalicelib import events

    return jobs.fold_now(services, [order(events.OrderCompleted)], START)[0]


def test_every_way_of_reading_brings_them(services, ada):
    assert store.load(services, ada).insights is None
    assert store.keep_insights(services, store.load(services, ada), told("14d"), "2026-03-02")
    found, _ = store.scan(services)
    for customer in (
        store.load(services, ada),
        store.find(services, "email", ADA["email"]),
        store.load_many(services, [ada])[ada],
        *found,
    ):
        assert customer.insights == told("14d")
        assert customer.profile_id == ada


def test_the_same_again_and_other_dates_write_nothing(services, ada):
    store.keep_insights(services, store.load(services, ada), told("14d"), "2026-03-02")
    customer = store.load(services, ada)
    assert not store.keep_insights(services, customer, told("14d", on(1)), "2026-03-03")
    assert store.load(services, ada).insights.as_of == START


def test_what_is_news():
    told = {"as_of": "1", "rfm": {"recency": 3, "group": "loyal", "why": ["rfm", {"on": "2026-03-01", "amount": 50.0}]}}
    told |= {
        "predictions": {"value_90d": {"value": 50.0, "why": ["value"]}, "dormancy_60d": {"value": 0.3, "why": ["d"]}}
    }
    told |= {"blanks": {"diagnosis": ["not_active", {"looks": 1}]}, "recommendations": {"new": ["a", "b"]}}

    def changed(*path, to):
        copy = json.loads(json.dumps(told))
        part = copy
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = to
        return is_news(told, copy)

    assert not is_news(told, json.loads(json.dumps(told)))
    assert not changed("as_of", to="2")
    assert not changed("rfm", "why", to=["rfm", {"on": "2026-03-01", "amount": 52.5}])
    assert changed("rfm", "why", to=["rfm", {"on": "2026-03-02", "amount": 50.0}])
    assert not changed("blanks", "diagnosis", to=["not_active", {"looks": 2}])
    assert not changed("predictions", "value_90d", "value", to=54.0)
    assert not changed("predictions", "dormancy_60d", "value", to=0.32)
    assert changed("predictions", "value_90d", "value", to=56.0)
    assert changed("predictions", "dormancy_60d", "value", to=0.33)
    assert changed("predictions", "dormancy_60d", "value", to=None)
    assert changed("rfm", "recency", to=2)
    assert changed("rfm", "why", to=["other"])
    assert changed("blanks", "diagnosis", to=["unexplained"])
    assert changed("blanks", to={})
    assert changed("recommendations", "new", to=["b", "a"])
    assert changed("stage", to={"name": "new"})


def test_an_older_run_never_overwrites_a_newer_one(services, ada):
    before = store.load(services, ada)
    assert store.keep_insights(services, before, told("14d"), "2026-03-03")
    assert not store.keep_insights(services, before, told("30d"), "2026-03-02")  # read before the newer wrote
    assert not store.keep_insights(services, store.load(services, ada), told("30d"), "2026-03-02")
    assert store.load(services, ada).insights.engagement.tier == "14d"
    assert store.keep_insights(services, before, told("60d"), "2026-03-04")
    assert store.load(services, ada).insights.engagement.tier == "60d"


def test_a_page_that_ends_between_them_and_the_profile_parts_nothing(services, ada):
    from chalicelib.aws.operations import Page

    other = "a" * 16
    items = [marshal(item)["M"] for item in ({"pk": other, "sk": "profile"}, {"pk": ada, "sk": "insights"})]
    page = Page(items, Key(ada, "insights"))
    assert store._before_parted(page) == Key(other, "profile")
    assert store._before_parted(Page(items[:1], Key(other, "profile"))) == Key(other, "profile")
    assert store._before_parted(Page(items, None)) is None


def test_insights_alone_are_no_customer(services, ada):
    services.profiles.put(insights_key("b" * 16), {"body": "{}", "run": "", "digest": ""})
    found, _ = store.scan(services)
    assert [(customer.profile_id, customer.created_at) for customer in found] == [(ada, START)]
    assert store.load(services, "b" * 16) is None
