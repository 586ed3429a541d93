"""The queues of the local cloud, in this process: what SQS promises and the handlers rely on, and nothing more.

moto's queues read every message that ever lay in them at each receive, and a
call through boto3 costs ten milliseconds; a demo makes thousands. Standard
queues only: a message is hidden while someone works on it or for as long as its
sender asked, counts its receives and comes back when shown again. Refuses a queue that was not made.
"""

import hashlib
import threading
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from chalicelib import clock
from cli.local.dynamodb import ACCOUNT, REGION


@dataclass
class _Message:
    message_id: str
    body: str
    seen_from: datetime
    receives: int = 0


class InProcessSqs:
    """What `aws/queue.py` and the pump need of SQS; `urls` are the queues there are. Safe under threads."""

    def __init__(self, urls: Iterable[str]) -> None:
        self._waiting: dict[str, deque[_Message]] = {url: deque() for url in urls}
        self._hidden: dict[tuple[str, str], _Message] = {}
        self._sent = 0
        self._lock = threading.Lock()

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803  (boto3's names)
        with self._lock:
            waiting = self._queue(QueueUrl, "SendMessageBatch")
            for entry in Entries:
                self._sent += 1
                seen_from = clock.now() + timedelta(seconds=entry.get("DelaySeconds", 0))
                waiting.append(_Message(f"{self._sent:032x}", entry["MessageBody"], seen_from))
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def receive(self, url: str, number: int) -> list[dict[str, Any]]:
        """Up to ten messages as a Lambda event's records, hidden from others until deleted or shown again."""
        with self._lock:
            waiting = self._queue(url, "ReceiveMessage")
            now = clock.now()
            taken = [message for message in waiting if message.seen_from <= now][: min(number, 10)]
            for message in taken:
                waiting.remove(message)
                message.receives += 1
                self._hidden[url, message.message_id] = message
        return [_record(url, message) for message in taken]

    def receive_message(self, *, QueueUrl: str, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        records = self.receive(QueueUrl, MaxNumberOfMessages)
        return {
            "Messages": [
                {"MessageId": each["messageId"], "ReceiptHandle": each["receiptHandle"], "Body": each["body"]}
                for each in records
            ]
        }

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803
        self.delete(QueueUrl, ReceiptHandle)

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803
        self.show_again(QueueUrl, ReceiptHandle)

    def delete(self, url: str, handle: str) -> None:
        """Done with; deleting what is gone already is no fault, as in SQS."""
        with self._lock:
            self._hidden.pop((url, handle), None)

    def show_again(self, url: str, handle: str) -> None:
        """Make a message that failed visible at once; on AWS it would wait for its visibility timeout."""
        with self._lock:
            message = self._hidden.pop((url, handle), None)
            if message is not None:
                self._queue(url, "ChangeMessageVisibility").append(message)

    def _queue(self, url: str, operation: str) -> deque[_Message]:
        if url not in self._waiting:
            raise ClientError({"Error": {"Code": "AWS.SimpleQueueService.NonExistentQueue", "Message": url}}, operation)
        return self._waiting[url]


def _record(url: str, message: _Message) -> dict[str, Any]:
    return {
        "messageId": message.message_id,
        "receiptHandle": message.message_id,
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.receives)},
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(message.body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{url.rpartition('/')[2]}",
        "awsRegion": REGION,
    }
