"""Handing out what is due: once, whatever overlaps, and all of it in the end."""

from datetime import timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from chalicelib import clock, ids
from chalicelib.aws.table import due_attributes, message_key
from chalicelib.decide import jobs, store
from tests.decide.shop import Shop

NOON = clock.parse("2026-11-23T12:00:00Z")


def put_due(shop: Shop, number: int, due_at) -> list[str]:
    """So many planned messages of as many people, all due at one instant."""
    people = [ids.digest("person", str(each)) for each in range(number)]
    shop.cloud.agenda.put_many(
        (message_key(each, f"m{each}"), {"status": "planned", **due_attributes(each, due_at)}) for each in people
    )
    return people


def handed_out(shop: Shop) -> list[str]:
    taken = []
    while bodies := shop.take("outbox"):
        taken += [body["profile_id"] for body in bodies]
    return taken


def test_a_burst_is_handed_out_over_several_sweeps_each_item_once(cloud):
    shop = Shop(cloud, "2026-11-23T12:00:00Z")
    people = put_due(shop, 100, NOON - timedelta(minutes=5))
    rounds = [jobs.move_due(cloud, NOON, limit=30)]
    while sum(rounds) < 100:
        rounds.append(jobs.move_due(cloud, NOON + timedelta(minutes=len(rounds)), limit=30))
        assert len(rounds) < 20
    assert max(rounds) <= 30 + 10
    assert sorted(handed_out(shop)) == sorted(people)


def test_two_sweeps_at_once_hand_out_each_item_once(cloud):
    shop = Shop(cloud, "2026-11-23T12:00:00Z")
    people = put_due(shop, 20, NOON - timedelta(minutes=5))
    numbers = count()
    query = cloud.agenda.query

    class Interrupted(type(cloud)):
        """A cloud in which a second sweep runs whenever the first has read a page of the index."""

        @property
        def agenda(self):
            return self

        def query(self, *arguments, **options):
            items = list(query(*arguments, **options))
            if items and next(numbers) == 0:
                assert jobs.move_due(cloud, NOON) == len(people)
            return iter(items)

        def update(self, *arguments, **options):
            return cloud.agenda.update(*arguments, **options)

    assert jobs.move_due(Interrupted(over_wire=False), NOON) == 0
    assert sorted(handed_out(shop)) == sorted(people)


def test_an_item_nobody_finished_is_handed_out_again_after_its_lease(cloud):
    shop = Shop(cloud, "2026-11-23T12:00:00Z")
    (person,) = put_due(shop, 1, NOON)
    assert jobs.move_due(cloud, NOON) == 1
    assert jobs.move_due(cloud, NOON + timedelta(minutes=9)) == 0
    assert jobs.move_due(cloud, NOON + timedelta(minutes=10)) == 1
    assert handed_out(shop) == [person, person]
    assert cloud.agenda.get(message_key(person, f"m{person}"))["leases"] == 2


def test_the_cursor_never_passes_what_is_still_due_and_never_goes_back(cloud):
    shop = Shop(cloud, "2026-11-23T12:00:00Z")
    jobs.move_due(cloud, NOON)
    people = put_due(shop, 60, NOON + timedelta(minutes=90))
    later = NOON + timedelta(hours=5)
    assert jobs.move_due(cloud, later, limit=35) < 60
    assert store.read_cursor(cloud, later)[0] == clock.parse("2026-11-23T13:00:00Z")
    while jobs.move_due(cloud, later):
        pass
    assert sorted(handed_out(shop)) == sorted(people)
    passed = store.read_cursor(cloud, later)
    assert passed[0] == clock.parse("2026-11-23T16:00:00Z")
    jobs.move_due(cloud, NOON)  # a sweep that began long ago ends only now
    assert store.read_cursor(cloud, later) == passed
    assert not store.move_cursor(cloud, "2026-11-23T11:00:00.000Z", later)


def test_something_written_while_the_sweep_is_ahead_is_never_put_behind_it(cloud):
    shop = Shop(cloud, "2026-11-23T12:00:00Z")
    shop.know("kim")
    shop.happen(shop.order("kim", "1001"))
    (run,) = [store.to_run(item) for item in shop.agenda("run#")]
    assert store.save_run(cloud, run, NOON - timedelta(days=9), NOON)
    assert shop.run("kim", "unpaid_order")["due_at"] == clock.to_text(NOON)
    assert store.save_run(cloud, run, NOON, NOON) is None  # made from a version that is gone


@given(st.datetimes(min_value=NOON.replace(tzinfo=None), timezones=st.just(NOON.tzinfo)), st.integers(0, 100))
def test_every_instant_lies_in_a_bucket_that_the_sweep_to_it_reads(due_at, hours):
    if due_at.year < 9999:
        bucket = due_attributes("p" * 16, due_at)["due_bucket"].partition("#")[0]
        first = due_at - timedelta(hours=hours)
        read = [clock.to_text(each)[:16] for each in store.buckets(first, due_at)]
        assert bucket == read[-1]
        assert len(read) == hours + 1
