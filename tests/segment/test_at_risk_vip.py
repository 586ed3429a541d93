"""A good customer grows silent: the segment she enters, what takes her out, and what `why` says at each step."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.events import EmailLinkClicked, Line, OrderCompleted, ProductViewed
from chalicelib.money import Money
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import rule, store
from chalicelib.profile.insights import Insights, Reason, Rfm
from chalicelib.segment import membership
from cli.publish import release
from cli.publish.compile import compile_playbook, content_of
from cli.publish.load import DEFAULT
from tests.playbook.speech import ENGLISH
from tests.playbook.stand_in import render_names
from tests.segment.hourly import changes_of, compute, tell

AT_RISK_VIP = """id: at_risk_vip
name: {en: At-risk VIPs, zh-CN: 有流失风险的大客户}
who:
  all:
    - rfm: [champions, loyal]
    - did: Order Completed
      times: {gte: 3}
    - did_not: Order Completed
      within: 90d
    - any:
        - did: Email Link Clicked
          within: 60d
        - did: Product Viewed
          within: 30d
          where: {category: {in: [Shoes, Jackets]}, price: {gte: 80}}
  none:
    - segment: zombies
"""
SILENT_VIP = """id: silent_vip
name: {en: Silent VIPs, zh-CN: 沉默的大客户}
who:
  all:
    - rfm: [champions, loyal]
    - did_not: Order Completed
      within: 90d
    - did_not: Email Link Clicked
      within: 30d
"""
START = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WHY = Reason("made", {})


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    import shutil

    directory = tmp_path_factory.mktemp("store") / "playbook"
    shutil.copytree(DEFAULT, directory, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (directory / "segments" / "at_risk_vip.yaml").write_text(AT_RISK_VIP, encoding="utf-8")
    (directory / "segments" / "silent_vip.yaml").write_text(SILENT_VIP, encoding="utf-8")
    compiled = compile_playbook(directory, render_names)
    assert compiled.problems == []
    asked = ("at_risk_vip", "silent_vip", "zombies")
    content = content_of(compiled.bundle) | {"version": "vips"}
    return Bundle.from_json(content | {"segments": {name: content["segments"][name] for name in asked}})


@pytest.fixture
def published(cloud, bundle):
    release.publish(cloud.data, bundle, START)
    return cloud


def buy(services, day, **more):
    price = Money(9000, "USD")
    at = START + day * DAY
    content = {"order_id": str(day), "total": price, "lines": (Line("boot", "Boot", 1, price, "Shoes"),)}
    return tell(services, OrderCompleted, at, updated_at=at, **content, **more)


def look(services, day, price, currency="USD", category="Jackets"):
    at = START + day * DAY
    return tell(services, ProductViewed, at, product_id="parka", category=category, price=Money(price, currency))


def be_champion(services, profile_id, now):
    rfm = Rfm(1, 3, 3, "champions", now, "", WHY)
    store.keep_insights(services, store.load(services, profile_id), Insights(as_of=now, rfm=rfm), "run")


def why(services, bundle, profile_id, segment, now):
    return membership.explain(bundle.segments, store.load(services, profile_id), segment, now, ENGLISH)


def test_a_vip_grows_silent_and_a_click_takes_her_out(published, bundle):
    for day in (0, 20, 40):
        ann = buy(published, day)
    be_champion(published, ann, START + 41 * DAY)
    compute(published, START + 100 * DAY)
    assert "silent_vip" not in store.load(published, ann).segments
    assert why(published, bundle, ann, "silent_vip", START + 100 * DAY)[1:] == [
        "Never paid for an order in the last 90 days — no (last on 2026-04-11 12:00 UTC)",
        "Never clicked a link in a mail in the last 30 days — yes (never)",
        "Not in the segment “Silent VIPs”",
    ]
    now = START + 131 * DAY
    compute(published, now)
    assert set(store.load(published, ann).segments) == {"silent_vip"}
    assert why(published, bundle, ann, "silent_vip", now) == [
        "Group by recency, frequency and money: Champions or Loyal — yes (Champions)",
        "Never paid for an order in the last 90 days — yes (last on 2026-04-11 12:00 UTC)",
        "Never clicked a link in a mail in the last 30 days — yes (never)",
        "In the segment “Silent VIPs”",
    ]
    tell(published, EmailLinkClicked, now + DAY, message_id="m1", link=1)
    compute(published, now + 2 * DAY)
    assert "silent_vip" not in store.load(published, ann).segments
    assert why(published, bundle, ann, "silent_vip", now + 2 * DAY)[2:] == [
        "Never clicked a link in a mail in the last 30 days — no (last on 2026-07-12 12:00 UTC)",
        "Not in the segment “Silent VIPs”",
    ]
    # the same click makes her worth winning back: she still takes notice
    assert changes_of(published, ann) == [
        ("Segment Entered", "silent_vip"),
        ("Segment Entered", "at_risk_vip"),
        ("Segment Left", "silent_vip"),
    ]


def test_what_is_looked_at_decides(published, bundle):
    for day in (0, 20, 40):
        ann = buy(published, day)
    be_champion(published, ann, START + 41 * DAY)
    now = START + 135 * DAY
    looks = "Looked at a product (category: Shoes or Jackets; price: at least 80 USD) in the last 30 days — "

    def found(at=now):
        lines = why(published, bundle, ann, "at_risk_vip", at)
        return lines[-1], next(line.strip() for line in lines if "category" in line)

    assert found() == ("Not in the segment “At-risk VIPs”", looks + "no (0 times)")
    look(published, 133, 7999)
    look(published, 133.1, 12000, currency="EUR")
    look(published, 133.2, 12000, category="Socks")
    assert found() == ("Not in the segment “At-risk VIPs”", looks + "no (0 times)")
    look(published, 134, 8000)
    assert found() == ("In the segment “At-risk VIPs”", looks + "yes (1 time)")
    assert found(START + 164 * DAY)[0] == "In the segment “At-risk VIPs”"
    assert found(START + 164 * DAY + timedelta(seconds=1))[0] == "Not in the segment “At-risk VIPs”"
    buy(published, 135)
    assert found(now + DAY)[0] == "Not in the segment “At-risk VIPs”"


def test_lines_of_orders_are_asked_about_too(published, bundle):
    for day in (0, 20, 40):
        ann = buy(published, day)
    customer, now = store.load(published, ann), START + 50 * DAY
    shoes = {"did": "Order Completed", "where": {"category": "Shoes", "price": {"gte": 90, "currency": "USD"}}}
    assert rule.matches(shoes | {"times": {"gte": 3}}, customer, now)
    assert not rule.matches(shoes | {"times": {"gte": 3}, "within": "45d"}, customer, now)
    assert not rule.matches({"did": "Order Completed", "where": {"category": "Shoes", "quantity": 2}}, customer, now)
    assert rule.matches({"did_not": "Order Completed", "where": {"product_id": "lamp"}}, customer, now)


def test_nobody_is_computed_of_and_still_every_rule_has_an_answer(published, bundle):
    ann = buy(published, 0)
    assert why(published, bundle, ann, "silent_vip", START + DAY)[0] == (
        "Group by recency, frequency and money: Champions or Loyal — no (not known)"
    )
    unknown = {"prediction": "dormancy_60d", "gte": 0}
    assert rule.explain(unknown, store.load(published, ann), START, ENGLISH) == [
        "Chance of buying nothing in 60 days: at least 0% — no (not known)"
    ]
