"""One delivery of a webhook on its way through intake, and every reason for which one is dropped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.events import Event

if TYPE_CHECKING:
    from chalicelib.catalogue.product import ProductChange, StockChange


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
    CHANGED_REPEAT = "changed_repeat"
    UNUSABLE = "unusable"
    NOBODY = "nobody"
    NO_CHANGE = "no_change"
    BAD_TOKEN = "bad_token"
    BOT = "bot"
    TOO_OFTEN = "too_often"
    TOO_FAST = "too_fast"
    FORM_EXPIRED = "form_expired"
    FOREIGN_TOPIC = "foreign_topic"
    UNKNOWN_MESSAGE = "unknown_message"
    UNUSED_CALL = "unused_call"
    UNKNOWN_KEY = "unknown_key"
    FOREIGN_ORIGIN = "foreign_origin"
    NOT_ALLOWED = "not_allowed"
    ERASED = "erased"  # said by the fold, which finds out whom a fact is about
    STALE = "stale"  # said by the fold: the order or cart is known as it was later


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


@dataclass(frozen=True)
class PrivacyRequest:
    """What a platform passes on of a person's rights: show what is known, or erase it.

    `topic` is customers/data_request, customers/redact or shop/redact; `request`
    is the same whenever the same request comes. Ids are named as in facts,
    `shopify:191167`; what a platform did not say is ''.
    """

    topic: str
    request: str
    source: str
    shop: str
    customer_id: str = ""
    email: str = ""
    phone: str = ""
    orders: tuple[str, ...] = ()


if TYPE_CHECKING:
    Finding = Event | ProductChange | StockChange | PrivacyRequest


class Source(Protocol):
    """What intake needs of a platform's module; all functions are pure."""

    def verify(self, delivery: Delivery) -> DropReason | None:
        """None when one of the secrets signed these very bytes."""

    def delivery_id(self, delivery: Delivery) -> str:
        """What the sender calls this delivery, the same when it is sent again; '' where that cannot be relied on."""

    def translate(self, delivery: Delivery) -> "list[Finding] | DropReason":
        """What a verified, parsed delivery tells, the fact that must count once first. Raises BadInput."""
