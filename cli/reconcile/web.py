"""HTTPS to a store's own API: one host, one credential, patience with its limits.

Refuses anything but https, follows no redirect and no link to another host: a
credential is sent with every request. An answer that may be better later (429,
430, 5xx, no answer) is asked for again, a few times; only questions are sent,
so that asking twice does nothing twice.
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
_BUSY = (429, 430)


@dataclass(frozen=True)
class Answer:
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Web(Protocol):
    def ask(self, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """The answer of the store's host to a path with its query, posted to where there is a body.

        Raises DriplineError when there is none.
        """


class Https:
    """The store itself; `pause` waits so many seconds."""

    def __init__(self, host: str, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._host = host
        self._pause = pause

    def ask(self, path: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        for attempt in range(1, TRIES + 1):
            answer = self._try(path, headers, body)
            if answer is not None and answer.status not in _BUSY and answer.status < 500:
                return answer
            if attempt < TRIES:
                self._pause(_wait(answer, attempt))
        raise DriplineError(f"{self._host} gave no answer in {TRIES} tries" + (f" ({answer.status})" if answer else ""))

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPSConnection(self._host, timeout=TIMEOUT, context=ssl.create_default_context())

    def _try(self, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer | None:
        connection = self.connect()
        try:
            method = "GET" if body is None else "POST"
            known = {"Accept": "application/json", "User-Agent": "Dripline"}
            connection.request(method, path, body=body, headers={**headers, **known})
            got = connection.getresponse()
            read = got.read(ANSWER_LIMIT + 1)
        except ssl.SSLCertVerificationError as fault:
            raise DriplineError(
                f"{self._host} has no certificate that can be trusted: {fault.verify_message}"
            ) from None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if len(read) > ANSWER_LIMIT:
            raise DriplineError(f"{self._host} answered with more than {ANSWER_LIMIT} bytes")
        return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, read)


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
