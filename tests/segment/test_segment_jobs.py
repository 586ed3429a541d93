"""The hourly computation over the real tables: stories, repetitions, crashes, many pages."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

import app
from chalicelib import clock
from chalicelib.aws.services import Services, services
from chalicelib.errors import BadPlaybook, Unavailable
from chalicelib.events import (
    Line,
    OrderCompleted,
    OrderCreated,
    ProductViewed,
    SubscriptionConfirmed,
    Unsubscribed,
)
from chalicelib.money import Money
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import store
from chalicelib.segment import jobs, sizes
from cli.publish import release
from cli.publish.compile import bundle_of, content_of
from cli.publish.load import DEFAULT
from tests.playbook.stand_in import render_names
from tests.segment.hourly import changes_of, compute, fold_changes, take, tell

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FEW = ["active", "dormant", "high_value", "new_members_without_order", "ordered_7d", "unpaid_orders", "unsubscribed"]
"""Of the default segments, those that the stories here are about."""

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def content():
    whole = content_of(bundle_of(DEFAULT, render_names))
    return whole | {"version": "few", "segments": {name: whole["segments"][name] for name in FEW}}


@pytest.fixture
def published(cloud):
    release.publish(cloud.data, Bundle.from_json(content()), NOW)
    return cloud


def test_a_member_joins_buys_falls_asleep_and_leaves(published):
    ann = tell(published, SubscriptionConfirmed, NOW, channel="email", wording="signup-2026-11")
    compute(published, NOW + HOUR)
    assert set(store.load(published, ann).segments) == {"new_members_without_order", "active"}

    price = Money(60000, "USD")
    order = {"order_id": "7", "total": price, "lines": (Line("lamp", "Lamp", 1, price),)}
    tell(published, OrderCreated, NOW + DAY, updated_at=NOW + DAY, **order)
    compute(published, NOW + DAY + HOUR)
    assert set(store.load(published, ann).segments) == {"new_members_without_order", "active", "unpaid_orders"}

    tell(published, OrderCompleted, NOW + 2 * DAY, updated_at=NOW + 2 * DAY, **order)
    compute(published, NOW + 2 * DAY + HOUR)
    assert set(store.load(published, ann).segments) == {"active", "high_value", "ordered_7d"}

    tell(published, Unsubscribed, NOW + 3 * DAY, channel="email", how="one_click")
    compute(published, NOW + 3 * DAY + HOUR)
    compute(published, NOW + 100 * DAY)
    assert set(store.load(published, ann).segments) == {"high_value", "unsubscribed", "dormant"}
    assert changes_of(published, ann) == [
        ("Segment Entered", "active"),
        ("Segment Entered", "new_members_without_order"),
        ("Segment Entered", "unpaid_orders"),
        ("Segment Entered", "high_value"),
        ("Segment Left", "new_members_without_order"),
        ("Segment Entered", "ordered_7d"),
        ("Segment Left", "unpaid_orders"),
        ("Segment Entered", "unsubscribed"),
        ("Segment Left", "active"),
        ("Segment Entered", "dormant"),
        ("Segment Left", "ordered_7d"),
    ]


def test_a_repeated_slice_and_a_quiet_hour_tell_nothing(published):
    ann = tell(published, ProductViewed, NOW, product_id="lamp")
    jobs.start(published, NOW)
    bodies = take(published.queue("segment_slices"))
    assert len(bodies) == 4
    counts = [jobs.compute_slice(published, body, NOW) for body in bodies]
    assert sum(count["customers"] for count in counts) == sum(count["changes"] for count in counts) == 1
    for body in bodies:  # delivered again, before and after the fold
        assert jobs.compute_slice(published, body, NOW + timedelta(minutes=6))["changes"] == 0
    fold_changes(published, NOW)
    for body in bodies:
        assert jobs.compute_slice(published, body, NOW + timedelta(minutes=7))["changes"] == 0
    compute(published, NOW + HOUR)
    assert changes_of(published, ann) == [("Segment Entered", "active")]


def test_a_schedule_that_fires_twice_tells_once(published):
    ann = tell(published, ProductViewed, NOW, product_id="lamp")
    compute(published, NOW, fold=False)
    compute(published, NOW + timedelta(seconds=3))
    assert changes_of(published, ann) == [("Segment Entered", "active")]


def test_a_segment_taken_out_of_the_playbook_is_left(published):
    ann = tell(published, ProductViewed, NOW, product_id="lamp")
    compute(published, NOW)
    without = content() | {"version": "without"}
    del without["segments"]["active"]
    release.publish(published.data, Bundle.from_json(without), NOW)
    compute(published, NOW + HOUR)
    assert store.load(published, ann).segments == {}
    assert changes_of(published, ann)[-1] == ("Segment Left", "active")


def test_an_empty_store_and_a_store_without_a_playbook(cloud):
    with pytest.raises(BadPlaybook, match="no playbook is published"):
        jobs.start(cloud, NOW)
    release.publish(cloud.data, Bundle.from_json(content()), NOW)
    assert jobs.start(cloud, NOW) == 4
    for body in take(cloud.queue("segment_slices")):
        assert jobs.compute_slice(cloud, body, NOW) == {"customers": 0, "changes": 0, "notices": 0}


class Narrow(Services):
    """Services whose scans give two items a page, and whose n-th write to DynamoDB fails."""

    def __init__(self, failing_write=None):
        super().__init__(over_wire=False)
        self.writes = 0
        self._failing_write = failing_write

    @property
    def dynamodb(self):
        call = super().dynamodb

        def narrowed(operation, request):
            if operation == "Scan":
                request = {**request, "Limit": 2}
            if operation == "PutItem":
                self.writes += 1
                if self.writes == self._failing_write:
                    raise Unavailable("throttled")
            return call(operation, request)

        return narrowed


def many(services, number):
    return [tell(services, ProductViewed, NOW, f"p{n}@mail.example", product_id="lamp") for n in range(number)]


def test_a_slice_short_of_time_sends_itself_on_and_leaves_nobody_out(published):
    people = many(published, 12)
    narrow = Narrow()
    queue = narrow.queue("segment_slices")
    jobs.start(narrow, NOW)
    turns = seen = 0
    while bodies := take(queue):
        for body in bodies:
            turns += 1
            seen += jobs.compute_slice(narrow, body, NOW, is_late=lambda: True)["customers"]
    assert turns > 6
    assert seen == 12
    (day,) = sizes.read(narrow, NOW, 1)  # what each turn counted went on with the message
    assert (day.day, day.customers, day.sizes["active"], day.sizes["dormant"]) == (NOW.date(), 12, 12, 0)
    assert day.complete
    assert all(changes_of(published, person) == [("Segment Entered", "active")] for person in people)


@pytest.mark.parametrize(("left", "handed_on"), [(59_000, 1), (61_000, 0)])
def test_the_function_hands_its_slice_on_when_less_than_a_minute_is_left(published, left, handed_on):
    many(published, 3)
    clock.set_source(lambda: NOW)
    services().__dict__["dynamodb"] = Narrow().dynamodb  # pages of two
    body = json.dumps({"slice": 0, "of": 1, "run": "run"})
    event = {"Records": [{"messageId": "1", "eventSource": "aws:sqs", "body": body}]}
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: left)
    assert app.compute_segment_slice(event, context) == {"batchItemFailures": []}
    assert len(take(published.queue("segment_slices"))) == handed_on


def test_a_slice_continues_in_a_new_message_after_its_pages_even_without_a_deadline(published):
    many(published, 3)
    narrow = Narrow()
    pages = 0
    body = {"slice": 0, "of": 1, "run": "run"}
    while True:
        jobs.compute_slice(narrow, body, NOW, pages=1)
        pages += 1
        bodies = take(narrow.queue("segment_slices"))
        if not bodies:
            break
        (body,) = bodies
    assert pages >= 3


@pytest.mark.parametrize("failing_write", [1, 2, 4])
def test_a_crash_in_the_middle_is_made_good_by_the_redelivery(published, failing_write):
    people = many(published, 4)
    body = {"slice": 0, "of": 1, "run": "run"}
    with pytest.raises(Unavailable):
        jobs.compute_slice(Narrow(failing_write), body, NOW)
    jobs.compute_slice(published, body, NOW + timedelta(minutes=6))
    assert all(changes_of(published, person) == [("Segment Entered", "active")] for person in people)


def test_sizes_are_kept_by_day_and_a_repeated_slice_counts_nobody_twice(published):
    many(published, 5)
    jobs.start(published, NOW)
    bodies = take(published.queue("segment_slices"))
    for body in [*bodies, *bodies[:2]]:
        jobs.compute_slice(published, body, NOW)
    jobs.start(published, NOW + DAY)
    first, *others = take(published.queue("segment_slices"))
    jobs.compute_slice(published, first, NOW + DAY)
    whole, begun = sizes.read(published, NOW + DAY, 7)
    assert (whole.customers, whole.sizes["active"], whole.complete) == (5, 5, True)
    assert (begun.day, begun.complete) == ((NOW + DAY).date(), False)
    for body in others:
        jobs.compute_slice(published, body, NOW + DAY)
    assert [(day.customers, day.complete) for day in sizes.read(published, NOW + DAY, 7)] == [(5, True)] * 2
    assert len(sizes.read(published, NOW + DAY, 1)) == 1
    # another number of slices later that day: only what belongs together is added up
    jobs.compute_slice(published, {"slice": 0, "of": 1, "run": (NOW + DAY + HOUR).isoformat()[:13]}, NOW + DAY + HOUR)
    assert sizes.read(published, NOW + DAY, 1)[0].customers == 5


def test_who_can_be_reached_is_counted_beside_the_size_and_kept_over_turns():
    ann, bob, cem = (Person(each) for each in ({"email": "a"}, {"email": "b", "sms": "1"}, {}))
    bob.insights_body = {"stage": {"name": "active"}, "rfm": {"group": "loyal"}}
    cem.email, cem.consent = "c", {}
    counts = {}
    sizes.add(counts, [ann, bob], {"vip": np.array([False, True])})
    sizes.add(counts, [cem], {"vip": np.array([True])})
    assert counts == {
        "sizes": {"vip": 2},
        "email": {"vip": 1, "": 2},
        "sms": {"vip": 1, "": 1},
        "rfm": {"loyal": 1},
        "stage": {"active": 1},
    }


class Person:
    """What the count asks a customer for; subscribed where there is an address."""

    def __init__(self, addresses):
        self.email, self.phone = addresses.get("email", ""), addresses.get("sms", "")
        self.consent = dict.fromkeys(addresses, SimpleNamespace(state="subscribed"))
        self.suppressed, self.insights_body = {}, {}

    def consent_of(self, channel):
        return self.consent.get(channel, SimpleNamespace(state="never"))
