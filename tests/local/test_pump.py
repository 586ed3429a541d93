"""Queues and their poller: what fails comes again, alone, and after five receives is a dead letter."""

import json

import pytest
from botocore.exceptions import ClientError

from chalicelib.aws.queue import Queue, consume
from cli.local.pump import RECEIVES, Pump
from cli.local.queues import InProcessSqs
from cli.local.triggers import QueueTrigger, Triggers

URL = "https://queue/steps"


@pytest.fixture
def sqs(monkeypatch):
    monkeypatch.setenv("DRIPLINE_STEPS_QUEUE", URL)
    monkeypatch.setenv("DRIPLINE_STEPS_DEAD_LETTERS", f"{URL}-dead")
    return InProcessSqs([URL, f"{URL}-dead"])


def pump_of(sqs, handler):
    return Pump(Triggers((QueueTrigger("advance", handler, "steps", 10),), (), ()), sqs)


def test_only_the_named_message_comes_again_and_dies_after_five_receives(sqs):
    seen = []

    def handle(body):
        seen.append(body)
        if body == 3:
            raise ValueError

    pump = pump_of(sqs, lambda event, context: consume(event["Records"], handle, lambda fault: None))
    Queue(URL, sqs).send(range(25))
    assert pump.until_quiet() == 25 + RECEIVES - 1
    assert sorted(seen) == sorted([*range(25), *[3] * (RECEIVES - 1)])
    (dead,) = pump.dead_letters
    assert (dead.trigger, dead.record["body"], dead.fault) == ("advance", "3", "named in batchItemFailures")
    assert dead.record["attributes"]["ApproximateReceiveCount"] == str(RECEIVES)
    assert [message.body for message in Queue(f"{URL}-dead", sqs).receive()] == ["3"]
    assert pump.until_quiet() == 0


def test_a_function_that_raises_fails_its_whole_batch_until_it_recovers(sqs):
    calls = []

    def handler(event, context):
        calls.append(sorted(json.loads(record["body"]) for record in event["Records"]))
        if len(calls) < RECEIVES:
            raise RuntimeError("not yet")

    pump = pump_of(sqs, handler)
    Queue(URL, sqs).send([1, 2, 3])
    pump.until_quiet()
    assert calls == [[1, 2, 3]] * RECEIVES
    assert pump.dead_letters == []


def test_a_handler_that_stands_still_keeps_its_messages(sqs):
    seen = []
    pump = pump_of(sqs, lambda event, context: seen.extend(event["Records"]))
    Queue(URL, sqs).send([1])
    assert pump.until_quiet(without={"advance"}) == 0
    assert pump.until_quiet() == 1
    assert [record["attributes"]["ApproximateReceiveCount"] for record in seen] == ["1"]


def test_a_message_that_is_worked_on_is_hidden_until_shown_again(sqs):
    Queue(URL, sqs).send(["a", "b"])
    first = sqs.receive(URL, 1)
    assert [record["body"] for record in first + sqs.receive(URL, 10)] == ['"a"', '"b"']
    assert sqs.receive(URL, 10) == []
    sqs.show_again(URL, first[0]["receiptHandle"])
    (again,) = sqs.receive(URL, 10)
    assert (again["messageId"], again["attributes"]["ApproximateReceiveCount"]) == (first[0]["messageId"], "2")
    sqs.delete(URL, again["receiptHandle"])
    sqs.delete(URL, again["receiptHandle"])
    sqs.show_again(URL, again["receiptHandle"])
    assert sqs.receive(URL, 10) == []


def test_a_queue_that_was_not_made_is_refused(sqs):
    with pytest.raises(ClientError, match="NonExistentQueue"):
        sqs.receive(URL + "-other", 1)
