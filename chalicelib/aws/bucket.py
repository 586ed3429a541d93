"""S3 buckets: whole objects in, whole objects out."""

import gzip
import json
from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.errors import Unavailable


class Bucket:
    def __init__(self, name: str, client: Any) -> None:
        self.name = name
        self._client = client

    def get(self, key: str, *, unless_etag: str = "") -> tuple[bytes, str] | None:
        """Contents and ETag; None when absent, or unchanged since `unless_etag`. Gzip is undone."""
        from botocore.exceptions import BotoCoreError, ClientError

        condition = {"IfNoneMatch": unless_etag} if unless_etag else {}
        try:
            answer = self._client.get_object(Bucket=self.name, Key=key, **condition)
            body = answer["Body"].read()
        except ClientError as fault:
            if fault.response["Error"]["Code"] in ("NoSuchKey", "404", "304", "NotModified"):
                return None
            raise Unavailable(f"S3 {key}: {fault}") from fault
        except BotoCoreError as fault:
            raise Unavailable(f"S3 {key}: {fault}") from fault
        return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body), answer["ETag"]

    def put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str = "application/json",
        cache: str = "no-cache",
        zipped: bool = True,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write one object; compressed by default, which browsers undo by its Content-Encoding.

        `metadata` is ASCII, in lower case, at most 2 KB.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        encoding: dict[str, Any] = {"ContentEncoding": "gzip"} if zipped else {}
        if metadata:
            encoding["Metadata"] = dict(metadata)
        data = gzip.compress(body, mtime=0) if zipped else body
        try:
            self._client.put_object(
                Bucket=self.name, Key=key, Body=data, ContentType=content_type, CacheControl=cache, **encoding
            )
        except (BotoCoreError, ClientError) as fault:
            raise Unavailable(f"S3 {key}: {fault}") from fault

    def read_metadata(self, key: str) -> dict[str, str]:
        """What was put beside an object; empty for one without or an absent one."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return dict(self._client.head_object(Bucket=self.name, Key=key).get("Metadata", {}))
        except ClientError as fault:
            if fault.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return {}
            raise Unavailable(f"S3 {key}: {fault}") from fault
        except BotoCoreError as fault:
            raise Unavailable(f"S3 {key}: {fault}") from fault

    def list(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Keys under `prefix` in order, beginning behind `after`."""
        from botocore.exceptions import BotoCoreError, ClientError

        request: dict[str, Any] = {"Bucket": self.name, "Prefix": prefix}
        if after:
            request["StartAfter"] = after
        try:
            for page in self._client.get_paginator("list_objects_v2").paginate(**request):
                for entry in page.get("Contents", ()):
                    yield entry["Key"]
        except (BotoCoreError, ClientError) as fault:
            raise Unavailable(f"S3 {prefix}: {fault}") from fault

    def delete(self, key: str) -> None:
        """Remove one object; one that is not there is no fault. Raises Unavailable."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._client.delete_object(Bucket=self.name, Key=key)
        except (BotoCoreError, ClientError) as fault:
            raise Unavailable(f"S3 {key}: {fault}") from fault

    def get_json(self, key: str) -> Any | None:
        found = self.get(key)
        return json.loads(found[0]) if found else None

    def put_json(self, key: str, value: Any, *, cache: str = "no-cache") -> None:
        self.put(
            key, json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode(), cache=cache
        )
