"""The stream's job: exactly once, nothing lost, nothing blocked, everything passed on."""

import json

import pytest

from chalicelib import events
from chalicelib.aws.bucket import Bucket
from chalicelib.aws.table import Table
from chalicelib.errors import LimitExceeded, Unavailable
from chalicelib.profile import jobs, log, rebuild, store
from tests.profile.facts import ADA, ADA_ID, fact, life_of_an_order, on, order, record_of, stored_profiles, stream

BOB = {"email": "bob@shop.example"}


def reactions(cloud):
    messages = cloud.queue("reactions").receive()
    for message in messages:
        cloud.queue("reactions").show_again(message)
    return [json.loads(message.body) for message in messages]


def objects(cloud, prefix):
    return list(cloud.data.list(prefix))


def test_a_batch_delivered_again_changes_nothing(cloud):
    facts = [*life_of_an_order(), *life_of_an_order(BOB, "1002")]
    stream(cloud, facts)
    before = {item["pk"] + item["sk"]: item for item in cloud.profiles.scan().items}
    stream(cloud, facts)
    stream(cloud, facts[::-1])
    assert {item["pk"] + item["sk"]: item for item in cloud.profiles.scan().items} == before


def test_rebuilding_gives_the_identical_item(cloud):
    for event in [*life_of_an_order(), fact(events.SignedUp, on(9), email=ADA["email"], channel="email", wording="w")]:
        stream(cloud, [event])
    before = stored_profiles(cloud)
    assert rebuild.rebuild(cloud, ADA_ID, on(10))
    assert stored_profiles(cloud) == before
    assert not rebuild.rebuild(cloud, "nobody", on(10))


def test_a_late_fact_is_folded_from_the_log_once(cloud):
    late = fact(events.PointsChanged, on(0), delta=5, reason="order")
    stream(cloud, [fact(events.PointsChanged, on(3), delta=7, reason="order")])
    for _ in range(2):
        assert stream(cloud, [late]) == {"batchItemFailures": []}
    assert store.load(cloud, ADA_ID).points == 12


def test_a_wholesaler_is_rebuilt_when_an_old_order_is_refunded(cloud):
    orders = [
        order(events.OrderCompleted, on(0, 0, each), order_id=f"{each}", total=100, placed_at=on(0, 0, each))
        for each in range(310)
    ]
    log.append_many(cloud, orders)
    jobs.fold_events(cloud, [record_of(event, number) for number, event in enumerate(orders, 1)], on(1))
    assert store.load(cloud, ADA_ID).older_orders["USD"].orders == 10
    refund = fact(events.OrderRefunded, on(0, 6), order_id="3", refund_id="r", amount=orders[0].total)
    stream(cloud, [refund])
    assert store.load(cloud, ADA_ID).older_orders["USD"].refunded == 100
    before = stored_profiles(cloud)
    rebuild.rebuild(cloud, ADA_ID, on(1))
    assert stored_profiles(cloud) == before


def test_reactions_are_sent_once_a_customer_and_not_for_history(cloud):
    old = order(events.OrderCompleted, on(-8), order_id="1", received=on())
    new = order(events.OrderCreated, on(), order_id="2")
    stream(cloud, [old, new, fact(events.ProductViewed, on(), BOB, product_id="p")])
    sent = {body["profile_id"]: body["events"] for body in reactions(cloud)}
    assert len(sent) == 2
    assert sent[ADA_ID] == [events.serialise(new)]


def test_reactions_of_a_busy_customer_fit_the_queue(cloud):
    lines = tuple(events.Line("p", "x" * 900, 1, order(events.OrderCreated).total) for _ in range(30))
    facts = [order(events.OrderUpdated, on(0, 0, each), order_id="1", lines=lines) for each in range(12)]
    stream(cloud, facts)
    bodies = reactions(cloud)
    assert len(bodies) == 2
    assert {each["id"] for body in bodies for each in body["events"]} == {event.id for event in facts}


def test_the_archive_holds_each_fact_under_its_hour_of_receipt(cloud):
    first, second = (
        fact(events.ProductViewed, on(0, 0, 58), product_id="p"),
        fact(events.ProductViewed, on(0, 1), BOB, product_id="p"),
    )
    stream(cloud, [first, second])
    keys = objects(cloud, "archive/")
    assert [key.rsplit("/", 1)[0] for key in keys] == ["archive/2026-03-02/09", "archive/2026-03-02/10"]
    lines = [json.loads(line) for key in keys for line in cloud.data.get(key)[0].splitlines()]
    assert [(line["profile_id"] == ADA_ID, events.parse(line["event"])) for line in lines] == [
        (True, first),
        (False, second),
    ]


def test_a_record_that_is_no_fact_is_put_aside_and_its_neighbours_are_folded(cloud):
    good = fact(events.ProductViewed, product_id="p")
    bad = record_of(good, 1)
    bad["dynamodb"]["NewImage"]["body"] = {"S": '{"name":"Teleported"}'}
    broken = {"eventName": "INSERT", "dynamodb": {"SequenceNumber": "2", "NewImage": {}}}
    assert jobs.fold_events(cloud, [bad, broken, record_of(good, 3)], on()) == {"batchItemFailures": []}
    assert len(objects(cloud, "quarantine/stream/")) == 2
    assert store.load(cloud, ADA_ID) is not None


def test_removals_and_rewrites_of_facts_fold_nothing(cloud):
    removed = record_of(fact(events.ProductViewed, product_id="p")) | {"eventName": "REMOVE"}
    assert jobs.fold_events(cloud, [removed], on()) == {"batchItemFailures": []}
    assert stored_profiles(cloud) == {}


def test_a_fault_of_one_customer_is_reported_and_the_others_are_done(cloud):
    facts = [
        fact(events.ProductViewed, on(0, 0, each), who, product_id="p") for each, who in enumerate((BOB, ADA, ADA, BOB))
    ]
    sound, healthy = cloud.dynamodb, cloud.profiles

    def faulty(operation, request):
        if operation == "PutItem" and request["Item"]["pk"]["S"] == ADA_ID and "body" in request["Item"]:
            raise Unavailable("throttled")
        return sound(operation, request)

    cloud.profiles = Table(healthy.name, faulty)
    answer = stream(cloud, facts)
    cloud.profiles = healthy
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}, {"itemIdentifier": "3"}]}
    assert store.find(cloud, "email", BOB["email"]).count("Product Viewed", now=on(1)) == 2
    stream(cloud, facts[1:])
    assert store.load(cloud, ADA_ID).count("Product Viewed", now=on(1)) == 2
    assert store.find(cloud, "email", BOB["email"]).count("Product Viewed", now=on(1)) == 2


def test_a_profile_without_room_does_not_stop_the_shard(cloud):
    sound, healthy = cloud.dynamodb, cloud.profiles

    def full(operation, request):
        if operation == "PutItem" and "body" in request["Item"]:
            raise LimitExceeded("an item of 400000 bytes")
        return sound(operation, request)

    cloud.profiles = Table(healthy.name, full)
    event = fact(events.ProductViewed, product_id="p")
    assert stream(cloud, [event]) == {"batchItemFailures": []}
    cloud.profiles = healthy
    assert objects(cloud, "quarantine/stream/") == [f"quarantine/stream/{event.id}.json"]


class Dead:
    def put_object(self, **request):
        from botocore.exceptions import EndpointConnectionError

        raise EndpointConnectionError(endpoint_url="s3")


def test_without_an_archive_the_batch_comes_again(cloud):
    cloud.data = Bucket("gone", Dead())
    event = fact(events.ProductViewed, product_id="p")
    assert stream(cloud, [event]) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    bad = record_of(event, 7)
    bad["dynamodb"]["NewImage"]["body"] = {"S": "{"}
    assert jobs.fold_events(cloud, [bad], on()) == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def test_folding_now_shows_at_once_and_the_stream_brings_only_the_reaction(cloud):
    event = fact(events.Unsubscribed, channel="email", how="one_click")
    assert jobs.fold_now(cloud, [event], on()) == [ADA_ID]
    assert store.load(cloud, ADA_ID).consent_of("email").state == "unsubscribed"
    assert reactions(cloud) == []
    before = stored_profiles(cloud)
    stream(cloud, [event])
    assert stored_profiles(cloud) == before
    assert len(reactions(cloud)) == 1


def test_folding_now_says_when_it_could_not(cloud):
    def dead(operation, request):
        raise Unavailable("down")

    cloud.profiles = Table(cloud.profiles.name, dead)
    with pytest.raises(Unavailable, match="down"):
        jobs.fold_now(cloud, [fact(events.Unsubscribed, channel="email", how="page")], on())


def test_the_consent_ledger_says_who_when_where_and_which_wording(cloud):
    customer_only = {"customer": "c-7"}
    stream(cloud, [fact(events.ConsentRecorded, on(), customer_only, channel="email", subscribed=True, wording="w0")])
    signed = fact(
        events.SignedUp,
        on(0, 1),
        ADA | customer_only,
        source="signup",
        email=ADA["email"],
        channel="email",
        wording="w1",
        page="https://shop.example/join",
    )
    for _ in range(2):
        stream(cloud, [signed])
    entries = sorted(store.consent_ledger(cloud, store.load(cloud, ADA_ID)), key=lambda entry: entry["at"])
    assert [(each["name"], each["wording"], each["source"], each["page"]) for each in entries] == [
        ("Consent Recorded", "w0", "shopify", ""),
        ("Signed Up", "w1", "signup", "https://shop.example/join"),
    ]


def test_a_batch_costs_one_read_and_one_write_of_a_known_customer(cloud):
    stream(cloud, [fact(events.ProductViewed, on(), product_id="p")])
    calls = []

    def counted(operation, request, call=cloud.dynamodb):
        calls.append(operation)
        return call(operation, request)

    cloud.profiles = Table(cloud.profiles.name, counted)
    stream(cloud, [fact(events.ProductViewed, on(0, 0, each), product_id="p") for each in range(1, 50)])
    assert calls.count("PutItem") == 1
    assert len(calls) <= 5  # one of them a batch, whoever is in it: was anybody ever erased?
