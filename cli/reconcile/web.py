"""HTTPS to a store's own API: one host, one credential, patience with its limits.

Refuses anything but https, follows no redirect and no link to another host: a
credential is sent with every request. An answer that may be better later (429,
5xx, no answer) is asked for again, a few times.
"""

import http.client
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from chalicelib.errors import DriplineError

TRIES = 5
TIMEOUT = 60
LONGEST_WAIT = 60.0
ANSWER_LIMIT = 64 * 1024 * 1024


@dataclass(frozen=True)
class Answer:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web(Protocol):
    def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        """The answer of the store's host to a path with its query. Raises DriplineError when there is none."""


class Https:
    """The store itself; `pause` waits so many seconds."""

    def __init__(self, host: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._host = host
        self._pause = pause

    def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        for attempt in range(1, TRIES + 1):
            answer = self._ask(path, headers)
            if answer is not None and answer.status != 429 and answer.status < 500:
                return answer
            if attempt < TRIES:
                self._pause(_wait(answer, attempt))
        raise DriplineError(f"{self._host} gave no answer in {TRIES} tries" + (f" ({answer.status})" if answer else ""))

    def _ask(self, path: str, headers: Mapping[str, str]) -> Answer | None:
        connection = http.client.HTTPSConnection(self._host, timeout=TIMEOUT, context=ssl.create_default_context())
        try:
            connection.request("GET", path, headers={**headers, "Accept": "application/json", "User-Agent": "Dripline"})
            got = connection.getresponse()
            body = got.read(ANSWER_LIMIT + 1)
        except ssl.SSLCertVerificationError as fault:
            raise DriplineError(
                f"{self._host} has no certificate that can be trusted: {fault.verify_message}"
            ) from None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if len(body) > ANSWER_LIMIT:
            raise DriplineError(f"{self._host} answered with more than {ANSWER_LIMIT} bytes")
        return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, body)


def host_of(shop: str) -> str:
    """`shop.example` of a host name or an https address. Raises DriplineError for anything else."""
    parts = urlsplit(shop if "//" in shop else f"https://{shop}")
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise DriplineError(f"not the https address of a shop: {shop}")
    return parts.netloc


def _wait(answer: Answer | None, attempt: int) -> float:
    try:
        asked = float(answer.headers.get("retry-after", "")) if answer else 0.0
    except ValueError:
        asked = 0.0
    return min(max(asked, 2.0 ** (attempt - 1)), LONGEST_WAIT)
