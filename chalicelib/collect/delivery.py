"""One delivery of a webhook on its way through intake, and every reason for which one is dropped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from chalicelib.events import Event


class DropReason(StrEnum):
    """Why something that arrived became no fact. Expected, counted, shown on the dashboard."""

    TOO_LARGE = "too_large"
    BROKEN_ENCODING = "broken_encoding"
    UNKNOWN_SOURCE = "unknown_source"
    BAD_SIGNATURE = "bad_signature"
    FOREIGN_SHOP = "foreign_shop"
    PING = "ping"
    BROKEN_JSON = "broken_json"
    UNUSED_TOPIC = "unused_topic"
    UNUSABLE = "unusable"
    NOBODY = "nobody"
    NO_CHANGE = "no_change"
    BAD_TOKEN = "bad_token"
    BOT = "bot"
    TOO_OFTEN = "too_often"
    FOREIGN_TOPIC = "foreign_topic"
    UNKNOWN_MESSAGE = "unknown_message"
    UNUSED_CALL = "unused_call"
    UNKNOWN_KEY = "unknown_key"
    FOREIGN_ORIGIN = "foreign_origin"
    NOT_ALLOWED = "not_allowed"


@dataclass(frozen=True)
class Delivery:
    """What a sender posted: header names in lower case, the body's raw bytes, and what is needed to judge it.

    `settings` is the playbook's `settings`, `mapping` the file of a generic source. `data` is there once
    the body was parsed.
    """

    source: str
    headers: Mapping[str, str]
    body: bytes
    secrets: Sequence[bytes]
    now: datetime
    settings: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


class Source(Protocol):
    """What intake needs of a platform's module; both functions are pure."""

    def verify(self, delivery: Delivery) -> DropReason | None:
        """None when one of the secrets signed these very bytes."""

    def translate(self, delivery: Delivery) -> list[Event] | DropReason:
        """The facts in a verified, parsed delivery, the one that must count once first. Raises BadInput."""
