"""The archive: nothing is lost when it is gathered, customers are found by range, rebuilds read it beside the log."""

import json
from datetime import date, timedelta

import pytest

from chalicelib import events
from chalicelib.aws.table import event_key, profile_key
from chalicelib.errors import Unavailable
from chalicelib.measure import archive as numbers
from chalicelib.measure import erasure as holdings
from chalicelib.measure import jobs as measure
from chalicelib.profile import archive, export, jobs, log, rebuild, store, whereabouts
from cli import rebuild_all
from cli.local.resources import read_resources
from tests.profile.facts import ADA, ADA_ID, fact, life_of_an_order, on, order, stored_profiles, stream, usd

PEOPLE = [{"email": f"p{number}@shop.example"} for number in range(12)]


def ids_in(cloud, prefix):
    found = [
        json.loads(line)["event"]["id"]
        for key in cloud.data.list(prefix)
        for line in cloud.data.get(key)[0].splitlines()
    ]
    return sorted(found)


def three_days(cloud):
    facts = [
        fact(events.ProductViewed, on(day, hour), who, product_id="p")
        for day in range(3)
        for hour in (0, 5)
        for who in PEOPLE
    ]
    for start in range(0, len(facts), 6):
        stream(cloud, facts[start : start + 6])
    return facts


def test_days_that_are_over_are_gathered_and_the_others_stay(cloud):
    facts = three_days(cloud)
    everything = sorted(each.id for each in facts)
    small = len(list(cloud.data.list("archive/")))
    assert archive.gather(cloud, on(2).date()) == small * 2 // 3
    assert sorted(ids_in(cloud, "history/") + ids_in(cloud, "archive/")) == everything
    assert {key.split("/")[1] for key in cloud.data.list("archive/")} == {f"{on(2):%Y-%m-%d}"}
    for key in cloud.data.list("history/"):
        for line in cloud.data.get(key)[0].splitlines():
            partition, profile_id = archive.head_of(line)
            assert archive.range_of(partition) == key.rpartition("/")[2][:2]
            assert (partition, profile_id) == (events.parse(json.loads(line)["event"]).partition, partition)
    assert archive.gather(cloud, on(2).date()) == 0


def test_a_crash_while_gathering_loses_no_line(cloud):
    facts = three_days(cloud)
    plain = cloud.data.delete

    def failing(key):
        raise Unavailable("gone")

    cloud.data.delete = failing
    with pytest.raises(Unavailable):
        archive.gather(cloud, on(2).date())
    cloud.data.delete = plain
    archive.gather(cloud, on(2).date())
    assert set(ids_in(cloud, "history/")) | set(ids_in(cloud, "archive/")) == {each.id for each in facts}


def test_lines_from_before_they_named_their_partition_are_gathered_too(cloud):
    event = fact(events.ProductViewed, product_id="p")
    line = json.dumps({"profile_id": ADA_ID, "event": events.serialise(event)})
    cloud.data.put("archive/2026-03-02/09/old.jsonl", f"{line}\n".encode())
    archive.gather(cloud, date(2026, 3, 9))
    (key,) = cloud.data.list("history/")
    assert archive.head_of(cloud.data.get(key)[0].splitlines()[0]) == (ADA_ID, ADA_ID)


def test_what_the_numbers_still_read_is_not_gathered(cloud):
    three_days(cloud)
    assert archive.gather(cloud, measure.unread_from(cloud)) == 0, "they have read nothing yet"
    cloud.data.put_json(measure.STATE, {"listed": f"{on(4):%Y-%m-%d}"})
    archive.gather(cloud, measure.unread_from(cloud))
    assert {key.split("/")[1] for key in cloud.data.list("history/")} == {f"{on():%Y-%m-%d}"}


def test_the_numbers_can_be_counted_again_from_what_was_gathered(cloud):
    facts = [order(events.OrderCompleted, on(0, 1), who, order_id=str(n)) for n, who in enumerate(PEOPLE)]
    stream(cloud, facts)
    numbers.gather(cloud.data, on().date(), on(1).date())
    first = sorted(numbers.read(cloud.data, on().date(), on().date()))
    archive.gather(cloud, on(9).date())
    cloud.data.delete(numbers.digest_object(on().date()))
    assert numbers.first_day(cloud.data) == on().date()
    numbers.gather(cloud.data, on().date(), on(1).date())
    assert sorted(numbers.read(cloud.data, on().date(), on().date())) == first
    assert len(first) == len(facts)


def test_digests_that_no_run_reads_again_are_removed(cloud):
    for day in (on(), on(300), on(401)):
        cloud.data.put_json(numbers.digest_object(day.date()), {"objects": [], "facts": {}})
    numbers.prune(cloud.data, on(401).date())
    assert [key[-15:-5] for key in cloud.data.list("metrics/facts/")] == [f"{on(300):%Y-%m-%d}", f"{on(401):%Y-%m-%d}"]


def test_facts_folded_long_after_their_receipt_come_into_a_later_day(cloud):
    late = fact(events.ProductViewed, on(), product_id="p")
    log.append(cloud, late)
    jobs.fold_again(cloud, [late], on(6))
    (key,) = cloud.data.list("archive/")
    assert key.startswith(f"archive/{on(6):%Y-%m-%d}/09/late-")
    archive.gather(cloud, on(9).date())
    person, _ = whereabouts.trace(cloud, whereabouts.named(cloud, [("email", ADA["email"])]), on(9))
    found = list(archive.objects(cloud.data, person.may_lie_in(on(-400).date()), ranges=person.ranges))
    assert len(found) == 1
    assert "-late-" in found[0]


def expired_life(cloud):
    """Two years: an order, and views that the log forgets; the first of them only the archive still holds."""
    facts = [
        fact(events.ProductViewed, on(), product_id="p1"),
        *life_of_an_order(),
        fact(events.ProductViewed, on(500), product_id="p2"),
    ]
    for each in facts:
        stream(cloud, [each])
    archive.gather(cloud, on(100).date())
    cloud.events.delete(event_key(facts[0].partition, facts[0].id))
    return facts


def test_a_rebuild_reads_what_expired_from_the_archive(cloud):
    facts = expired_life(cloud)
    before = stored_profiles(cloud)
    now = on(501)
    assert rebuild.rebuild(cloud, ADA_ID, now)
    assert stored_profiles(cloud) == before
    asked = []

    def read(partitions):
        asked.append(set(partitions))
        return rebuild._from_archive(cloud, now)(partitions)

    rebuild.rebuild(cloud, ADA_ID, now, read)
    assert asked == [{ADA_ID}]
    assert [each.id for each in read({ADA_ID}) if isinstance(each, events.ProductViewed)] == [facts[0].id]


def test_all_customers_are_rebuilt_range_by_range_with_the_archive(cloud):
    expired_life(cloud)
    stream(cloud, [fact(events.ProductViewed, on(501), who, product_id="p") for who in PEOPLE])
    before = stored_profiles(cloud)
    assert sum(rebuild_all.run(cloud, on(502), part, 3) for part in range(3)) == len(PEOPLE) + 1
    assert stored_profiles(cloud) == before


def test_a_fact_that_arrives_during_a_rebuild_is_kept(cloud):
    stream(cloud, life_of_an_order())
    arriving = [fact(events.PointsChanged, on(1), delta=7, reason="order")]

    def meanwhile(partitions):
        if arriving:
            stream(cloud, [arriving.pop()])
        return []

    assert rebuild.rebuild(cloud, ADA_ID, on(2), meanwhile)
    assert store.load(cloud, ADA_ID).points == 7


def test_an_item_that_has_expired_and_is_still_there_is_treated_as_gone(cloud):
    event = fact(events.ProductViewed, on(), product_id="p")
    stream(cloud, [event])
    assert [each.id for each in log.read(cloud, ADA_ID, now=on(400))] == [event.id]
    assert list(log.read(cloud, ADA_ID, now=on(400) + timedelta(seconds=2))) == []
    assert [each.id for each in log.read(cloud, ADA_ID)] == [event.id], "an erasure sees it all the same"


def test_the_table_removes_what_expires_and_what_is_kept_has_no_end():
    table = read_resources()["EventsTable"]["Properties"]["TimeToLiveSpecification"]
    assert (table["AttributeName"], table["Enabled"]) == ("expires_at", True)
    viewed = fact(events.ProductViewed, product_id="p")
    assert log.to_item(viewed)["expires_at"] == int((viewed.received_at + timedelta(days=400)).timestamp())
    assert "expires_at" not in log.to_item(order(events.OrderCreated))


def test_a_profile_that_has_grown_is_scanned_traced_and_exported_readably(cloud):
    views = [fact(events.OrderCompleted, on(0, 0, each), order_id=f"o{each}", total=usd(100), updated_at=on(),
                  lines=(events.Line("p1", "Kettle " * 8, 1, usd(100), "kitchen"),)) for each in range(40)]  # fmt: skip
    stream(cloud, views)
    assert isinstance(cloud.profiles.get(profile_key(ADA_ID))["body"], bytes), "grown enough to be compressed"
    (ada,), _ = store.scan(cloud)
    assert len(ada.orders) == 40
    document = export.export(cloud, whereabouts.named(cloud, [("email", ADA["email"])]), on(1), holdings)
    (profile,) = [item for item in document["profiles"] if item["sk"] == "profile"]
    assert ADA["email"] in json.dumps(profile["body"])
