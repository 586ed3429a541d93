"""AWS's JSON protocol over one kept connection: DynamoDB and Secrets Manager for the web path.

A boto3 client costs half of a cold start before its first byte, and botocore's
signer alone a third of that; a signature of our own over the standard library's
HTTP is all that these two services need. It retries what AWS says may be
retried and refuses to interpret anything: requests and answers are the
service's own JSON shapes. `call_through_boto3` has the same signature and is
what the local cloud and the operator's commands use.
"""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from chalicelib import clock, settings
from chalicelib.aws.bulk_json import LARGE, read
from chalicelib.errors import DriplineError, Unavailable

Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""(operation, request) → answer, both in the service's own JSON shape. Raises Refused or Unavailable."""

ATTEMPTS = 4
TIMEOUT = 3.0  # seconds for connecting and for each read
_RETRIED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "InternalServerError",
    "InternalServiceError",
    "ServiceUnavailable",
    "ReplicatedWriteConflictException",
    "TransactionConflictException",
}


class Refused(DriplineError):
    """AWS answered, and said no: `code` is its error name, such as ConditionalCheckFailedException."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


_PROTOCOL = {
    "dynamodb": ("DynamoDB_20120810", "application/x-amz-json-1.0"),
    "secretsmanager": ("secretsmanager", "application/x-amz-json-1.1"),
}


def call_over_wire(service: str) -> Call:
    """A caller for `dynamodb` or `secretsmanager` in this process's region."""
    prefix, content_type = _PROTOCOL[service]
    region = settings.region()
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    address = urlsplit(settings.endpoint_url() or f"https://{service}.{region}.{suffix}")
    signer = _Signer(service, region, address.netloc, *settings.credentials())

    def call(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(request, separators=(",", ":"), default=_encode_bytes).encode()
        fault: Exception | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
            headers = signer.headers(body, f"{prefix}.{operation}", content_type, clock.system_time())
            try:
                status, answer = _post(address.scheme, address.netloc, body, headers)
            except (OSError, HTTPException) as failed:
                fault = failed
                continue
            if status == 200:
                return json.loads(answer) if len(answer) < LARGE else read(answer)
            fault = _read_refusal(status, answer)
            if status < 500 and fault.code not in _RETRIED:
                raise fault
        raise Unavailable(f"{service} {operation} gave no good answer in {ATTEMPTS} tries: {fault}") from fault

    return call


class _Signer:
    """AWS's Signature Version 4 for a POST to `/`; the signing key is worked out once a day."""

    def __init__(self, service: str, region: str, host: str, access: str, secret: str, session: str | None) -> None:
        self._service, self._region, self._host = service, region, host
        self._access, self._secret, self._session = access, secret, session
        self._day, self._key = "", b""

    def headers(self, body: bytes, target: str, content_type: str, now: datetime) -> dict[str, str]:
        """All headers of the request, signed at `now`, which AWS holds against its own clock."""
        stamp = now.strftime("%Y%m%dT%H%M%SZ")
        headers = {"Content-Type": content_type, "Host": self._host, "X-Amz-Date": stamp}
        if self._session:
            headers["X-Amz-Security-Token"] = self._session
        headers["X-Amz-Target"] = target
        names = ";".join(headers).lower()
        lines = "".join(f"{name.lower()}:{value}\n" for name, value in headers.items())
        canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{stamp[:8]}/{self._region}/{self._service}/aws4_request"
        signed = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(self._key_of(stamp[:8]), signed.encode(), "sha256").hex()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self._access}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return headers

    def _key_of(self, day: str) -> bytes:
        if day != self._day:
            key = b"AWS4" + self._secret.encode()
            for part in (day, self._region, self._service, "aws4_request"):
                key = hmac.digest(key, part.encode(), "sha256")
            self._day, self._key = day, key
        return self._key


_idle: dict[tuple[str, str], list[HTTPConnection]] = {}
"""Connections that wait for their next request, by scheme and host; a thread takes one out while it uses it."""


def _post(scheme: str, host: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    waiting = _idle.setdefault((scheme, host), [])
    try:
        connection, fresh = waiting.pop(), False
    except IndexError:
        connection, fresh = _connect(scheme, host), True
    try:
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        data = answer.read()
    except (OSError, HTTPException):
        connection.close()
        if fresh:
            raise
        # Kept for long, the other side may have closed it (a frozen Lambda wakes to that): a new one is no retry.
        waiting.clear()
        return _post(scheme, host, body, headers)
    if not answer.will_close:
        waiting.append(connection)
    return answer.status, data


def _connect(scheme: str, host: str) -> HTTPConnection:
    if scheme == "http":
        return HTTPConnection(host, timeout=TIMEOUT)
    from http.client import HTTPSConnection

    return HTTPSConnection(host, timeout=TIMEOUT, context=_tls())


@cache
def _tls() -> Any:
    import ssl

    return ssl.create_default_context(cafile=settings.ca_bundle())


def _encode_bytes(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} is not JSON")


def _read_refusal(status: int, body: bytes) -> Refused:
    try:
        answer = json.loads(body)
        code = str(answer.get("__type", "")).rsplit("#", 1)[-1]
        message = str(answer.get("message") or answer.get("Message") or "")
    except (ValueError, AttributeError):
        code, message = "", ""
    return Refused(code or f"HTTP {status}", message)


def call_through_boto3(service: str) -> Call:
    """The same signature through a boto3 client, which an in-process emulator can intercept."""
    from botocore.exceptions import BotoCoreError, ClientError

    from chalicelib.aws.clients import client

    aws = client(service)

    def call(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
        try:
            return getattr(aws, method)(**request)
        except ClientError as fault:
            refusal = Refused(fault.response["Error"]["Code"], fault.response["Error"].get("Message", ""))
            if refusal.code in _RETRIED:
                raise Unavailable(str(refusal)) from fault
            raise refusal from fault
        except BotoCoreError as fault:
            raise Unavailable(f"{service} {operation}: {fault}") from fault

    return call
