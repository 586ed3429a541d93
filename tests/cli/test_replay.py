"""What failed is not lost: every dead letter, batch and quarantined record can be taken up again."""

import json

import pytest

from chalicelib import clock, events
from chalicelib.aws.queue import CONSUMED, STREAM
from chalicelib.errors import Unavailable
from chalicelib.profile import jobs, log, store
from cli import replaying
from cli.local import resources
from tests.profile.facts import ADA, fact, on, record_of


def lies_at(when):
    at = clock.to_text(when)
    return {"DDBStreamBatchInfo": {"approximateArrivalOfFirstRecord": at, "approximateArrivalOfLastRecord": at}}


def test_every_queue_has_its_place():
    assert {*CONSUMED, STREAM} == {*resources.DEAD_LETTERS}
    assert set(replaying.PLACES) - {"quarantine"} == {*resources.DEAD_LETTERS}


@pytest.mark.parametrize("name", CONSUMED)
def test_dead_letters_go_back_to_their_queue_as_they_were(cloud, name):
    cloud.dead_letters(name).send([{"number": number} for number in range(25)])
    assert replaying.list_all(cloud)[name] == 25
    assert replaying.list_all(cloud)[name] == 25, "looking takes nothing"
    assert replaying.replay(cloud, name, on()) == {"sent": 25}
    assert replaying.list_all(cloud)[name] == 0
    assert sorted(json.loads(each.body)["number"] for each in cloud.queue(name).receive()) == list(range(25))


def test_facts_of_a_batch_that_was_given_up_are_folded_from_the_log(cloud, record_property):
    facts = [fact(events.PointsChanged, on(0, 0, each), delta=1, reason="order") for each in range(20)]
    for event in facts:
        log.append(cloud, event)
    assert store.find(cloud, "email", ADA["email"]) is None, "the stream brought none of them"
    cloud.dead_letters(STREAM).send([lies_at(on()), lies_at(on(0, 0, 19))])
    assert replaying.replay(cloud, STREAM, on(1)) == {"batches": 2, "folded": 20}
    assert replaying.replay(cloud, STREAM, on(1)) == {"batches": 0, "folded": 0}
    cloud.dead_letters(STREAM).send([lies_at(on())])
    replaying.replay(cloud, STREAM, on(1))
    points = store.find(cloud, "email", ADA["email"]).points
    assert points == 20, "each once, however often"
    archived = {json.loads(line)["event"]["id"] for key in cloud.data.list("archive/")
                for line in cloud.data.get(key)[0].splitlines()}  # fmt: skip
    lost = len({each.id for each in facts} - archived)
    assert lost == 0
    record_property(
        "promise", f"P10: {len(facts)} facts of batches given up, {points} folded after replay, {lost} lost"
    )


def test_a_replay_that_fails_leaves_its_batch_where_it_was(cloud):
    log.append(cloud, fact(events.PointsChanged, on(), delta=1, reason="order"))
    cloud.dead_letters(STREAM).send([lies_at(on())])
    plain = cloud.data.put

    def failing(*arguments, **named):
        raise Unavailable("gone")

    cloud.data.put = failing
    with pytest.raises(Unavailable):
        replaying.replay(cloud, STREAM, on())
    cloud.data.put = plain
    (waiting,) = cloud.dead_letters(STREAM)._client._hidden.values()
    assert "DDBStreamBatchInfo" in waiting.body, "hidden for five minutes, not deleted"


def test_a_record_put_aside_is_folded_once_it_can_be_read(cloud):
    event = fact(events.PointsChanged, on(), delta=3, reason="order")
    broken = record_of(event)
    broken["dynamodb"]["NewImage"]["body"] = {"S": '{"name":"Teleported"}'}
    assert jobs.fold_events(cloud, [broken], on()) == {"batchItemFailures": []}
    assert replaying.replay(cloud, "quarantine", on()) == {"refused again": 1}
    (key,) = cloud.data.list("quarantine/")
    cloud.data.put(key, json.dumps(record_of(event)).encode())  # as if the code had learned to read it
    assert replaying.replay(cloud, "quarantine", on()) == {"taken": 1}
    assert store.find(cloud, "email", ADA["email"]).points == 3
    assert list(cloud.data.list("quarantine/")) == []


def test_a_body_in_quarantine_without_its_headers_is_kept(cloud):
    cloud.data.put("quarantine/shopify/2026-03-02/a.json", b"{}")
    assert replaying.replay(cloud, "quarantine", on()) == {"kept without its headers": 1}
    assert len(list(cloud.data.list("quarantine/"))) == 1
