"""AWS's JSON protocol over one kept connection: DynamoDB and Secrets Manager for the web path.

A boto3 client costs half of a cold start before its first byte; botocore's own
signer over urllib3 costs a tenth of that and is all that these two services
need. It retries what AWS says may be retried and refuses to interpret anything:
requests and answers are the service's own JSON shapes. `call_through_boto3`
has the same signature and is what the local cloud and the operator's commands use.
"""

import base64
import json
import random
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from chalicelib import settings
from chalicelib.errors import DriplineError, Unavailable

Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""(operation, request) → answer, both in the service's own JSON shape. Raises Refused or Unavailable."""

ATTEMPTS = 4
_RETRIED = {
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ThrottlingException",
    "InternalServerError",
    "InternalServiceError",
    "ServiceUnavailable",
    "ReplicatedWriteConflictException",
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
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import ReadOnlyCredentials
    from urllib3.exceptions import HTTPError

    prefix, content_type = _PROTOCOL[service]
    url = (settings.endpoint_url() or f"https://{service}.{settings.region()}.amazonaws.com").rstrip("/") + "/"
    signer = SigV4Auth(ReadOnlyCredentials(*settings.credentials()), service, settings.region())

    def call(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        body = json.dumps(request, separators=(",", ":"), default=_encode_bytes).encode()
        fault: Exception | None = None
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
            signed = AWSRequest(
                "POST", url, headers={"Content-Type": content_type, "X-Amz-Target": f"{prefix}.{operation}"}, data=body
            )
            signer.add_auth(signed)
            try:
                answer = _connections().request("POST", url, body=body, headers=dict(signed.headers.items()))
            except HTTPError as failed:
                fault = failed
                continue
            if answer.status == 200:
                return json.loads(answer.data)
            fault = _read_refusal(answer.status, answer.data)
            if answer.status < 500 and fault.code not in _RETRIED:
                raise fault
        raise Unavailable(f"{service} {operation} gave no good answer in {ATTEMPTS} tries: {fault}") from fault

    return call


@cache
def _connections() -> Any:
    import urllib3

    return urllib3.PoolManager(maxsize=16, timeout=urllib3.Timeout(connect=1.0, read=3.0), retries=False)


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
