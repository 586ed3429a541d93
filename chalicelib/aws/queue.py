"""SQS queues: JSON bodies out in batches, records of a Lambda batch in.

A batch is never lost to one bad record: `consume` hands each body to a
function, collects the ids of those that raised and returns them in the shape
that ReportBatchItemFailures expects; SQS delivers just those again and after
the queue's limit moves them to its dead-letter queue.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from chalicelib.errors import LimitExceeded, Unavailable

BODY_LIMIT = 256 * 1024
CONSUMED = (
    "reactions",
    "steps",
    "outbox",
    "feedback",
    "campaign_slices",
    "segment_slices",
    "insight_slices",
    "late_facts",
)
"""The queues there are, each with its dead letters."""
STREAM = "stream"
"""Name of the dead letters that tell of batches of the log's stream."""


@dataclass(frozen=True)
class Waiting:
    """A message received by hand; it comes again when it is neither deleted nor shown again."""

    body: str
    handle: str


class Queue:
    def __init__(self, url: str, client: Any) -> None:
        self.url = url
        self._client = client

    def send(self, bodies: Iterable[Any], *, delay: int = 0) -> int:
        """Send each body as JSON, ten a request, to be seen after `delay` seconds (at most 900).

        Raises Unavailable if any was not taken.
        """
        texts = [json.dumps(body, ensure_ascii=False, separators=(",", ":")) for body in bodies]
        for start in range(0, len(texts), 10):
            self._send_ten(texts[start : start + 10], delay)
        return len(texts)

    def send_text(self, body: str) -> None:
        """Send one message as it stands, for one that lay in a dead-letter queue."""
        self._send_ten([body])

    def receive(self, *, hidden: int = 300) -> list[Waiting]:
        """All that lies here now, each message once, hidden from others for so many seconds."""
        from botocore.exceptions import BotoCoreError, ClientError

        found: dict[str, Waiting] = {}
        while True:
            try:
                answer = self._client.receive_message(
                    QueueUrl=self.url, MaxNumberOfMessages=10, VisibilityTimeout=hidden
                )
            except (BotoCoreError, ClientError) as fault:
                raise Unavailable(f"SQS gave nothing: {fault}") from fault
            fresh = {
                each["MessageId"]: Waiting(each["Body"], each["ReceiptHandle"]) for each in answer.get("Messages", ())
            }
            if not fresh.keys() - found.keys():
                return list(found.values())
            found |= fresh

    def delete(self, message: Waiting) -> None:
        self._client.delete_message(QueueUrl=self.url, ReceiptHandle=message.handle)

    def show_again(self, message: Waiting) -> None:
        """Make a received message visible to others at once."""
        self._client.change_message_visibility(QueueUrl=self.url, ReceiptHandle=message.handle, VisibilityTimeout=0)

    def _send_ten(self, texts: list[str], delay: int = 0) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        size = sum(len(text.encode()) for text in texts)
        if size > BODY_LIMIT:
            if len(texts) == 1:
                raise LimitExceeded(f"a queue message of {size} bytes; SQS takes {BODY_LIMIT}")
            half = len(texts) // 2
            self._send_ten(texts[:half], delay)
            self._send_ten(texts[half:], delay)
            return
        entries: list[dict[str, Any]] = [{"Id": str(number), "MessageBody": text} for number, text in enumerate(texts)]
        for entry in entries if delay else ():
            entry["DelaySeconds"] = delay
        try:
            answer = self._client.send_message_batch(QueueUrl=self.url, Entries=entries)
        except (BotoCoreError, ClientError) as fault:
            raise Unavailable(f"SQS took none of {len(texts)} messages: {fault}") from fault
        if answer.get("Failed"):
            raise Unavailable(f"SQS refused {len(answer['Failed'])} of {len(texts)} messages")


def consume(
    records: Iterable[dict[str, Any]], handle: Callable[[Any], None], on_fault: Callable[[Exception], None]
) -> dict[str, Any]:
    """Call `handle(body)` for each SQS record of a Lambda event; the answer names those that raised."""
    failures = []
    for record in records:
        try:
            handle(json.loads(record["body"]))
        except Exception as fault:  # one poisoned record must not take its batch with it
            on_fault(fault)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
