"""S3 and SQS straight into moto's own buckets and queues: the few client methods that `aws/` calls.

A call through boto3 costs moto ten milliseconds of signing, HTTP and matching
of addresses; a demo makes thousands. Answers have boto3's shapes, refusals are
boto3's ClientError. Refuses every other method by not having it.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from cli.local.dynamodb import ACCOUNT, REGION

VISIBILITY = 360


class InProcessS3:
    """What `aws/bucket.py` needs of boto3's S3 client."""

    def get_object(self, *, Bucket: str, Key: str, IfNoneMatch: str = "") -> dict[str, Any]:  # noqa: N803  (boto3's names)
        found = _s3().get_object(Bucket, Key)
        if found is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        if IfNoneMatch and found.etag == IfNoneMatch:
            raise ClientError({"Error": {"Code": "304", "Message": "Not Modified"}}, "GetObject")
        return {"Body": io.BytesIO(found.value), "ETag": found.etag}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"ETag": _s3().put_object(Bucket, Key, Body).etag}

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        _s3().delete_object(Bucket, Key)

    def get_paginator(self, operation: str) -> "_Pages":
        assert operation == "list_objects_v2", operation
        return _Pages()


class _Pages:
    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        keys = sorted(key for key in _s3().get_bucket(Bucket).keys if key.startswith(Prefix) and key > StartAfter)
        yield {"Contents": [{"Key": key} for key in keys]}


class InProcessSqs:
    """What `aws/queue.py` and the pump need of boto3's SQS client."""

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:  # noqa: N803
        for entry in Entries:
            _sqs().send_message(_name(QueueUrl), entry["MessageBody"])
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def receive(self, url: str, number: int) -> list[dict[str, Any]]:
        """Up to ten messages as a Lambda event's records, hidden from others until deleted or shown again."""
        if not _sqs().get_queue(_name(url)).messages:
            return []
        return [
            {
                "messageId": message.id,
                "receiptHandle": message.receipt_handle,
                "body": message.body,
                "attributes": {"ApproximateReceiveCount": str(message.approximate_receive_count)},
                "messageAttributes": {},
                "md5OfBody": message.body_md5,
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{_name(url)}",
                "awsRegion": REGION,
            }
            for message in _sqs().receive_message(_name(url), min(number, 10), 0, VISIBILITY)
        ]

    def delete(self, url: str, handle: str) -> None:
        _sqs().delete_message(_name(url), handle)

    def show_again(self, url: str, handle: str) -> None:
        """Make a message that failed visible at once; on AWS it would wait for its visibility timeout."""
        _sqs().change_message_visibility(_name(url), handle, 0)


def _name(url: str) -> str:
    return url.rpartition("/")[2]


def _s3() -> Any:
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"]


def _sqs() -> Any:
    from moto.sqs.models import sqs_backends

    return sqs_backends[ACCOUNT][REGION]
