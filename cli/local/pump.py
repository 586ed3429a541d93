"""Moves what lies in streams and queues through the registered functions, as AWS's pollers do.

A function gets a Lambda event and its answer is believed: records named in
`batchItemFailures`, or all of them when it raises, are tried again and after
five receives become dead letters. Refuses to look inside a record.
"""

import itertools
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib import clock, settings
from cli.local.dynamodb import ACCOUNT, REGION
from cli.local.queues import InProcessSqs
from cli.local.triggers import Handler, QueueTrigger, StreamTrigger, Triggers

_requests = itertools.count(1)
RECEIVES = 5
_STREAM_BATCH = 1000


@dataclass(frozen=True)
class DeadLetter:
    """What no handler took in five tries, and what the last one said."""

    trigger: str
    record: Mapping[str, Any]
    fault: str


class Context:
    """The part of Lambda's context that handlers and their middleware read."""

    memory_limit_in_mb = 512
    log_group_name = "/aws/lambda/local"
    log_stream_name = "local"

    def __init__(self, function: str) -> None:
        self.function_name = f"dripline-local-{function}"
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"
        self.aws_request_id = f"00000000-0000-4000-8000-{next(_requests):012x}"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Pump:
    def __init__(self, triggers: Triggers, sqs: InProcessSqs) -> None:
        self._triggers = triggers
        self._sqs = sqs
        self._position: dict[str, int] = {}
        self._tries: dict[tuple[str, int], int] = {}
        self.dead_letters: list[DeadLetter] = []

    def until_quiet(self, *, without: Collection[str] = ()) -> int:
        """Run the handlers, but for those named, until streams and queues are empty; how many records they got."""
        total = 0
        while True:
            moved = sum(self._drain_stream(each) for each in self._triggers.streams if each.name not in without)
            moved += sum(self._drain_queue(each) for each in self._triggers.queues if each.name not in without)
            if not moved:
                return total
            total += moved

    def newest_facts(self, number: int) -> list[dict[str, Any]]:
        """The newest facts that the log's stream told of, newest first; those that were removed again left out."""
        found: list[dict[str, Any]] = []
        gone: set[tuple[str, str]] = set()
        for item in reversed(self._shard().items):
            record = item.to_json()
            key = record["dynamodb"]["Keys"]
            if record["eventName"] == "REMOVE":
                gone.add((key["pk"]["S"], key["sk"]["S"]))
            elif (key["pk"]["S"], key["sk"]["S"]) not in gone:
                found.append(json.loads(record["dynamodb"]["NewImage"]["body"]["S"]))
            if len(found) == number:
                break
        return found

    def _shard(self) -> Any:
        from moto.dynamodb.models import dynamodb_backends

        return dynamodb_backends[ACCOUNT][REGION].get_table(settings.table_name("events")).stream_shard

    def _drain_stream(self, stream: StreamTrigger) -> int:
        shard = self._shard()
        moved = 0
        while True:
            start = self._position.get(stream.name, 0)
            batch = shard.items[start : start + min(stream.batch_size, _STREAM_BATCH)]
            if not batch:
                return moved
            records = [_stream_record(item.to_json()) for item in batch]
            if stream.wanted:
                records = [record for record in records if record["eventName"] in stream.wanted]
            if not records:
                self._position[stream.name] = start + len(batch)
                continue
            numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
            failed, fault = self._invoke(stream.name, stream.handler, records, numbers)
            moved += len(records)
            first = min((place for place, number in enumerate(numbers) if number in failed), default=-1)
            if first < 0:
                self._position[stream.name] = start + len(batch)
            else:
                place = int(numbers[first]) - shard.starting_sequence_number
                self._position[stream.name] = place
                self._give_up_or_retry(stream.name, place, records[first], fault)

    def _give_up_or_retry(self, trigger: str, place: int, record: Mapping[str, Any], fault: str) -> None:
        """A stream goes on behind a record only when it was taken or has failed five times."""
        self._tries[trigger, place] = self._tries.get((trigger, place), 0) + 1
        if self._tries[trigger, place] >= RECEIVES:
            self.dead_letters.append(DeadLetter(trigger, record, fault))
            self._put_aside("stream", json.dumps(_where_it_lies(record)))
            self._position[trigger] = place + 1

    def _drain_queue(self, trigger: QueueTrigger) -> int:
        url = settings.queue_url(trigger.queue)
        moved = 0
        while records := self._sqs.receive(url, trigger.batch_size):
            failed, fault = self._invoke(
                trigger.name, trigger.handler, records, [record["messageId"] for record in records]
            )
            moved += len(records)
            for record in records:
                if record["messageId"] not in failed:
                    self._sqs.delete(url, record["receiptHandle"])
                elif int(record["attributes"]["ApproximateReceiveCount"]) >= RECEIVES:
                    self.dead_letters.append(DeadLetter(trigger.name, record, fault))
                    self._put_aside(trigger.queue, record["body"])
                    self._sqs.delete(url, record["receiptHandle"])
                else:
                    self._sqs.show_again(url, record["receiptHandle"])
        return moved

    def _put_aside(self, queue: str, body: str) -> None:
        entry = {"Id": "0", "MessageBody": body}
        self._sqs.send_message_batch(QueueUrl=settings.dead_letters_url(queue), Entries=[entry])

    def _invoke(
        self, name: str, handler: Handler, records: list[dict[str, Any]], numbers: list[str]
    ) -> tuple[set[str], str]:
        """The identifiers that failed and why; all of them when the function raised."""
        try:
            answer = handler({"Records": records}, Context(name))
        except Exception as fault:  # a Lambda that raises fails its whole batch
            return set(numbers), f"{type(fault).__name__}: {fault}"
        named = (answer or {}).get("batchItemFailures", [])
        return {str(each["itemIdentifier"]) for each in named}, "named in batchItemFailures" if named else ""


def _where_it_lies(record: Mapping[str, Any]) -> dict[str, Any]:
    """What Lambda tells of a batch it gave up: where in the stream it lies, and not what is in it."""
    number, at = record["dynamodb"]["SequenceNumber"], clock.to_text(clock.now())
    return {
        "DDBStreamBatchInfo": {
            "shardId": "local",
            "startSequenceNumber": number,
            "endSequenceNumber": number,
            "approximateArrivalOfFirstRecord": at,
            "approximateArrivalOfLastRecord": at,
            "batchSize": 1,
            "streamArn": record["eventSourceARN"],
        }
    }


def _stream_record(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **item,
        "dynamodb": {**item["dynamodb"], "ApproximateCreationDateTime": clock.now().timestamp()},
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "eventSourceARN": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{settings.table_name('events')}/stream/local",
    }
