"""S3 straight into moto's own buckets: the few client methods that `aws/` calls.

A call through boto3 costs moto ten milliseconds of signing, HTTP and matching
of addresses; a demo makes thousands. Answers have boto3's shapes, refusals are
boto3's ClientError. Refuses every other method by not having it.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cli.local.dynamodb import ACCOUNT


class InProcessS3:
    """What `aws/bucket.py` needs of boto3's S3 client."""

    def get_object(self, *, Bucket: str, Key: str, IfNoneMatch: str = "") -> dict[str, Any]:  # noqa: N803  (boto3's names)
        found = _s3().get_object(Bucket, Key)
        if found is None:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        if IfNoneMatch and found.etag == IfNoneMatch:
            raise ClientError({"Error": {"Code": "304", "Message": "Not Modified"}}, "GetObject")
        return {"Body": io.BytesIO(found.value), "ETag": found.etag}

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        Metadata: Mapping[str, str] | None = None,  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        kept = _s3().put_object(Bucket, Key, Body)
        if Metadata:
            kept.set_metadata(dict(Metadata))
        return {"ETag": kept.etag}

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        found = _s3().get_object(Bucket, Key)
        if found is None:
            raise ClientError({"Error": {"Code": "404", "Message": Key}}, "HeadObject")
        return {"Metadata": {name: value for name, value in found.metadata.items() if name != "content-type"}}

    def delete_object(self, *, Bucket: str, Key: str) -> None:  # noqa: N803
        _s3().delete_object(Bucket, Key)

    def get_paginator(self, operation: str) -> "_Pages":
        assert operation == "list_objects_v2", operation
        return _Pages()


class _Pages:
    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str = "") -> Iterator[dict[str, Any]]:  # noqa: N803
        keys = sorted(key for key in _s3().get_bucket(Bucket).keys if key.startswith(Prefix) and key > StartAfter)
        yield {"Contents": [{"Key": key} for key in keys]}


def _s3() -> Any:
    from moto.s3.models import s3_backends

    return s3_backends[ACCOUNT]["aws"]
