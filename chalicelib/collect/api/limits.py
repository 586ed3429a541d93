"""How much may be sent: bytes and messages of a request, and messages of a key and of a browser in a minute.

Every counter is an item of its minute and forgotten by itself. A browser is
counted under a keyed digest of its network address, which cannot be turned
back and is another each minute. Refuses to keep an address.
"""

import hmac
import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chalicelib.aws.counter import count_up
from chalicelib.aws.services import Services
from chalicelib.aws.table import guard_key
from chalicelib.collect import fields
from chalicelib.collect.api.message import Key

MESSAGE_LIMIT = 32 * 1024
BATCH_LIMIT = 500 * 1024
MESSAGES = 2500

PER_MINUTE = {"browser_key": 60_000, "server_key": 60_000, "browser": 1_200}
"""Messages in a minute where `api.per_minute` says nothing else."""

_GZIP = b"\x1f\x8b"


def unpack(body: bytes) -> bytes | None:
    """The body, unzipped if it is gzip; cut just beyond the limit, and None when it is broken."""
    if not body.startswith(_GZIP):
        return body
    unzip = zlib.decompressobj(wbits=31)
    try:
        found = unzip.decompress(body, BATCH_LIMIT + 1)
    except zlib.error:
        return None
    return found if unzip.eof or len(found) > BATCH_LIMIT else None


def seconds_to_wait(
    services: Services, key: Key, address: str, number: int, settings: Mapping[str, Any], now: datetime
) -> int:
    """Count `number` messages; 0 when all limits hold, else the seconds until the next minute. Raises Unavailable."""
    limits = PER_MINUTE | dict(fields.part(settings, "api", "per_minute"))
    minute = f"{now:%Y-%m-%dT%H:%M}"
    over = False
    if key.public:  # first, so that what one browser sends too much is not taken from the others
        secret = max(services.secrets.link_keys.items())[1]
        caller = hmac.new(secret, f"{minute}#{address}".encode(), "sha256").hexdigest()[:20]
        over = _count(services, caller, number, now) > limits["browser"]
    if not over:
        most = limits["browser_key" if key.public else "server_key"]
        over = _count(services, f"{key.name}#{minute}", number, now) > most
    return 60 - now.second if over else 0


def _count(services: Services, caller: str, number: int, now: datetime) -> int:
    return count_up(services.dynamodb, services.agenda.name, guard_key("api", caller), number, now)
