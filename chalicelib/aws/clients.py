"""boto3 clients, made when first needed from one shared session.

Sending clients must never retry: an e-mail whose answer got lost would go out
again (`client("sesv2", retried=False)`).
"""

from functools import cache
from typing import Any

from chalicelib import settings


@cache
def _session() -> Any:
    import boto3

    return boto3.session.Session(region_name=settings.region())


@cache
def client(service: str, *, retried: bool = True) -> Any:
    from botocore.config import Config

    attempts = 4 if retried else 1
    return _session().client(
        service,
        endpoint_url=settings.endpoint_url(),
        config=Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=2,
            read_timeout=10,
            s3={"addressing_style": "path"} if settings.endpoint_url() else None,
        ),
    )


def forget() -> None:
    """Drop the session and its clients, so that the next are made under the present settings."""
    client.cache_clear()
    _session.cache_clear()
