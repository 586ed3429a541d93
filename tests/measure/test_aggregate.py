"""A store's fortnight, from facts in the archive to the numbers on the page."""

import json
import random
from dataclasses import replace
from datetime import timedelta

import jsonschema
import pytest

from chalicelib import events
from chalicelib.aws.table import drops_key, profile_key
from chalicelib.errors import Unavailable
from chalicelib.measure import jobs, schema
from tests.measure.conftest import about, archive, at, fact, paid, person, read_overview, sent

NAMES = [f"shopper{number}" for number in range(12)]
NOW = at(days=13)


def series(overview, name):
    return {day: number for day, number in zip(overview["days"], overview["series"][name], strict=True) if number}


def row(overview, days, definition):
    return next(each for each in overview["periods"][days]["current"]["definitions"] if each["id"] == definition)


def fortnight():
    """Twelve are welcomed on 2 November; what becomes of each is said here and asserted below."""
    welcomes = {name: sent(name, at()) for name in NAMES}
    facts = list(welcomes.values())
    facts += [about(welcomes[name], events.EmailDelivered, at(hours=0.1)) for name in NAMES[:11]]
    facts += [about(welcomes[NAMES[11]], events.EmailBounced, at(hours=0.2), permanent=True)]
    # Proxies open all at once; two people do so later, one of them twice.
    facts += [about(welcomes[name], events.EmailOpened, at(hours=0.1), agent="proxy") for name in NAMES[:11]]
    facts += [about(welcomes[NAMES[0]], events.EmailOpened, at(hours=hour)) for hour in (3, 4)]
    facts += [about(welcomes[NAMES[1]], events.EmailOpened, at(hours=5))]
    # Two click; the second one's mail server clicks all links within two seconds, which is nobody.
    facts += [about(welcomes[NAMES[0]], events.EmailLinkClicked, at(hours=3.1), link=1)]
    facts += [
        about(welcomes[NAMES[2]], events.EmailLinkClicked, at(hours=0.1) + timedelta(seconds=link / 2), link=link)
        for link in range(4)
    ]
    facts += [about(welcomes[NAMES[3]], events.EmailLinkClicked, at(days=1), link=1)]
    # Orders: owed to the click; too late for it; never clicked; cancelled afterwards; in euros.
    facts += [paid(NAMES[0], at(days=1), "1001", 80), paid(NAMES[0], at(days=9), "1002", 30)]
    facts += [paid(NAMES[4], at(days=2), "1003", 50), paid(NAMES[3], at(days=2), "1004", 25)]
    facts += [fact(events.OrderCancelled, NAMES[3], at(days=3), order_id="1004")]
    facts += [paid(NAMES[5], at(days=2), "1005", 44, "EUR")]
    facts += [
        fact(
            events.OrderRefunded,
            NAMES[0],
            at(days=12),
            order_id="1001",
            refund_id="r1",
            amount=paid(NAMES[0], at(), "x", 15).total,
        )
    ]
    # Leaving, with and without a reason, and a message not sent.
    gone = about(welcomes[NAMES[6]], events.Unsubscribed, at(days=4), channel="email", how="one_click")
    facts += [gone]
    facts += [
        fact(
            events.UnsubscribeReasonGiven,
            NAMES[6],
            at(days=4),
            channel="email",
            reason="prices",
            definition="flow:welcome",
        )
    ]
    facts += [
        fact(
            events.MessageSkipped,
            NAMES[6],
            at(days=5),
            message_id="m9",
            channel="email",
            definition="flow:welcome",
            reason="no_consent",
        )
    ]
    facts += [fact(events.SubscriptionConfirmed, name, at(), channel="email", wording="w") for name in NAMES]
    return facts


def test_a_fortnight_gives_exactly_these_numbers(store):
    archive(store, fortnight())
    store.catalog.update(drops_key("2026-11-05"), add={"bad_signature": 3})

    assert jobs.aggregate(store, NOW)["changed"]

    overview = read_overview(store)
    jsonschema.Draft202012Validator(schema.overview_document()).validate(overview)
    assert overview["days"][-1] == "2026-11-15"
    assert series(overview, "sent") == {"2026-11-02": 12}
    assert series(overview, "delivered") == {"2026-11-02": 11}
    assert series(overview, "bounced") == {"2026-11-02": 1}
    assert series(overview, "opened") == {"2026-11-02": 3}, "two opened it, a third clicked with images off"
    assert series(overview, "opened_raw") == {"2026-11-02": 14}
    assert series(overview, "clicked") == {"2026-11-02": 2}, "the burst of four links is no person"
    assert series(overview, "clicked_raw") == {"2026-11-02": 6}
    assert series(overview, "ordered") == {"2026-11-02": 1}
    assert series(overview, "unsubscribed") == {"2026-11-02": 1}
    assert series(overview, "orders") == {"2026-11-03": 1, "2026-11-04": 1, "2026-11-11": 1}
    assert series(overview, "revenue") == {"2026-11-03": 8000, "2026-11-04": 5000, "2026-11-11": 3000}
    assert series(overview, "revenue_flows") == {"2026-11-03": 8000}, "nine days after the click is too late"
    assert series(overview, "attributed_orders") == {"2026-11-03": 1}
    assert series(overview, "repeat_orders") == {"2026-11-11": 1}
    assert series(overview, "refunded") == {"2026-11-14": 1500}
    assert series(overview, "joined") == {"2026-11-02": 12}
    assert series(overview, "left") == {"2026-11-06": 1}
    assert series(overview, "reasons") == {"2026-11-06": 1}
    welcome = row(overview, "30", "flow:welcome")
    assert welcome["name"] == {"en": "Welcome", "zh-CN": "欢迎"}
    assert (welcome["recipients"], welcome["orders"], welcome["revenue"]) == (12, 1, 8000)
    assert welcome["skipped"] == {"no_consent": 1}
    month = overview["periods"]["30"]["current"]
    assert month["other_currencies"] == [{"currency": "EUR", "orders": 1, "revenue": 4400}]
    assert month["drops"] == {"bad_signature": 3}
    week = next(each for each in overview["reasons"]["weeks"] if each["from"] == "2026-11-02")
    assert week["counts"] == {"other": 1}, "a reason given by one person is not named"
    assert week["by_flow"] == {"other": {"other": 1}}, "nor is the flow whose mail they left from"


def test_the_order_of_lines_their_number_and_late_runs_change_nothing(store):
    facts = fortnight()
    archive(store, facts)
    jobs.aggregate(store, NOW)
    first = read_overview(store)

    # The same facts again, shuffled, in other objects, some of them a day late.
    random.Random(3).shuffle(facts)
    late = [replace(each, received_at=each.received_at + timedelta(days=1)) for each in facts if isinstance(each, ONCE)]
    archive(store, facts, batch=7)
    archive(store, late, batch=5)
    assert jobs.aggregate(store, NOW)["changed"]
    assert read_overview(store) == first


ONCE = (
    events.MessageSent,
    events.EmailDelivered,
    events.EmailBounced,
    events.OrderCompleted,
    events.OrderCancelled,
    events.OrderRefunded,
    events.Unsubscribed,
    events.MessageSkipped,
)
"""Facts counted under their own natural key, whatever the day in which they are received again."""


def test_a_run_without_news_only_says_that_the_numbers_still_hold(store):
    archive(store, fortnight())
    made = jobs.aggregate(store, NOW)
    later = jobs.aggregate(store, NOW + timedelta(minutes=15))
    assert later == {"version": made["version"], "changed": False}
    manifest = store.dashboard.get_json("manifest.json")
    assert manifest["data_as_of"] == "2026-11-15T15:15:00.000Z"
    assert manifest["generated_at"] == "2026-11-15T15:00:00.000Z"


def test_many_runs_along_the_way_end_in_the_same_numbers_as_one(store):
    facts = sorted(fortnight(), key=lambda each: each.received_at)
    for day in range(14):
        archive(store, [each for each in facts if at(day) <= each.received_at < at(day + 1)])
        jobs.aggregate(store, at(day + 1))
    along = read_overview(store)
    for key in list(store.data.list("metrics/")):
        store.data.delete(key)
    jobs.aggregate(store, at(14))
    assert read_overview(store) == along


def test_frozen_days_stay_and_orders_never_freeze(store):
    archive(store, fortnight())
    jobs.aggregate(store, NOW)
    much_later = at(days=80)
    archive(store, [replace(fact(events.OrderCancelled, NAMES[0], much_later, order_id="1001"))])
    jobs.aggregate(store, at(days=50))
    jobs.aggregate(store, much_later)
    overview = read_overview(store)
    assert series(overview, "opened") == {"2026-11-02": 3}
    assert series(overview, "revenue") == {"2026-11-04": 5000, "2026-11-11": 3000}, "the cancelled order is out"


def test_a_click_by_someone_merged_since_earns_the_order(store):
    message = sent("before", at())
    facts = [message, about(message, events.EmailLinkClicked, at(hours=1), link=0), paid("after", at(hours=5), "1", 10)]
    archive(store, facts)
    body = {"version": 1, "folded": {}, "absorbed": [], "body": json.dumps({})}
    store.profiles.put(profile_key(person("after")), body | {"identities": [person("after"), person("before")]})
    jobs.aggregate(store, at(days=1))
    assert series(read_overview(store), "revenue_flows") == {"2026-11-02": 1000}


def test_treated_and_held_out_are_counted_by_what_they_ordered(store):
    facts = []
    for number in range(40):
        who = f"entrant{number}"
        facts.append(fact(events.FlowEntered, who, at(), flow="welcome", run="once", held_out=number < 12))
        if number % 4 == 0:
            facts.append(paid(who, at(days=3), f"o{number}", 10))
    archive(store, facts)
    jobs.aggregate(store, at(days=6))
    (lift,) = read_overview(store)["periods"]["7"]["current"]["lift"]
    assert lift["treated"] == {"entered": 28, "ordered": 7, "revenue": 7000}
    assert lift["held_out"] == {"entered": 12, "ordered": 3, "revenue": 3000}


def test_an_empty_store_publishes_zeros(store):
    assert jobs.aggregate(store, NOW)["changed"]
    overview = read_overview(store)
    jsonschema.Draft202012Validator(schema.overview_document()).validate(overview)
    assert not any(any(values) for values in overview["series"].values())
    assert overview["periods"]["90"]["current"]["definitions"] == []


def test_without_a_playbook_nothing_is_published(cloud):
    assert jobs.aggregate(cloud, NOW) == {"version": "", "changed": False, "why": "no playbook is published yet"}
    assert list(cloud.dashboard.list("")) == []


def test_no_person_is_in_any_published_file(store, record_property):
    archive(store, fortnight())
    jobs.aggregate(store, NOW)
    published = list(store.dashboard.list(""))
    assert len(published) >= 2, "the manifest, and what it names"
    for key in published:
        text = store.dashboard.get(key)[0].decode()
        assert "@" not in text
        for name in NAMES:
            assert name not in text
            assert person(name) not in text
        for order_id in ("1001", "1003"):
            assert f'"{order_id}"' not in text
    record_property("promise", f"P31: {len(NAMES)} people in {len(published)} published files: 0 found")


class Breaking:
    """A bucket that fails at its n-th write."""

    def __init__(self, bucket, at_write):
        self._bucket, self._left = bucket, at_write

    def __getattr__(self, name):
        return getattr(self._bucket, name)

    def put_json(self, key, value, **more):
        self._left -= 1
        if self._left == 0:
            raise Unavailable(f"S3 {key}")
        self._bucket.put_json(key, value, **more)


@pytest.mark.parametrize("bucket", ["data", "dashboard"])
def test_a_crash_at_any_write_leaves_the_previous_set_whole(store, bucket):
    archive(store, fortnight()[:20])
    jobs.aggregate(store, at(days=1))
    before = read_overview(store)
    archive(store, fortnight())
    real = getattr(store, bucket)
    crashes = 0
    for write in range(1, 20):
        setattr(store, bucket, Breaking(real, write))
        try:
            jobs.aggregate(store, NOW)
            break
        except Unavailable:
            crashes += 1
            if bucket == "dashboard":
                assert read_overview(store) == before
            read_overview(store)
    assert crashes >= (2 if bucket == "dashboard" else 4)
    setattr(store, bucket, real)
    after = read_overview(store)
    for key in list(store.data.list("metrics/")):
        store.data.delete(key)
    jobs.aggregate(store, NOW)
    assert read_overview(store) == after, "what a crashed run left behind changes no number"


def test_three_versions_are_kept(store):
    for day in range(6):
        archive(store, [paid("someone", at(days=day), f"o{day}", 10)])
        jobs.aggregate(store, at(days=day, hours=1))
    versions = {key.split("/")[1] for key in store.dashboard.list("metrics/")}
    assert len(versions) == 3
    assert store.dashboard.get_json("manifest.json")["version"] == max(versions)
