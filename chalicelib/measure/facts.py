"""The few fields of a fact that the numbers need, as one small list.

A day of a large store is a million facts, most of them product views that no
number here counts; what is kept of the others is a list
`[kind, milliseconds, profile id, …]`, four to eight short values. Refuses to
keep anything a person could be recognised by other than the profile id, which
the aggregation needs and publishing drops.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from chalicelib.profile.machines import OPEN

Fact = list[Any]
"""`[kind, when in ms since 1970, profile id, *fields of the kind]`; see `_FIELDS`."""

Serialised = dict[str, Any]


def _fields(*names: str) -> Callable[[Serialised], list[Any]]:
    return lambda event: [event.get(name, "") for name in names]


def _sent(event: Serialised) -> list[Any]:
    return [event["message_id"], event["definition"]]


def _tracked(event: Serialised) -> list[Any]:
    agent, link = event.get("agent", "person"), event.get("link", OPEN)
    return [event["message_id"], agent == "person", link, event["id"], event.get("country", "")]


def _order(event: Serialised) -> list[Any]:
    amount, currency = event["total"]
    return [event["order_id"], amount, currency, to_milliseconds(event["updated_at"]), event.get("stands")]


def _refund(event: Serialised) -> list[Any]:
    amount, currency = event["amount"]
    return [event["order_id"], event["refund_id"], amount, currency]


def _coupon(event: Serialised) -> list[Any]:
    amount, currency = event.get("amount") or (0, "")
    return [amount, currency]


_FIELDS: dict[str, tuple[str, Callable[[Serialised], list[Any]]]] = {
    "Message Sent": ("sent", _sent),
    "Message Skipped": ("skipped", _fields("message_id", "definition", "reason")),
    "Email Delivered": ("delivered", _fields("message_id")),
    "Email Bounced": ("bounced", lambda event: [event["message_id"], bool(event["permanent"])]),
    "Email Marked as Spam": ("complained", _fields("message_id")),
    "Email Opened": ("opened", _tracked),
    "Email Link Clicked": ("clicked", _tracked),
    "Email Read": ("read", _fields("message_id", "depth")),
    "Hits Relabelled": ("relabelled", lambda event: [event["message_id"], *event["hits"]]),
    "Subscription Confirmed": ("joined", _fields()),
    "Resubscribed": ("joined", _fields()),
    "Consent Recorded": ("consent", lambda event: [bool(event["subscribed"])]),
    "Unsubscribed": ("left", _fields("message_id", "definition")),
    "Unsubscribe Reason Given": ("reason", _fields("definition", "reason")),
    "Flow Entered": ("entered", lambda event: [event["flow"], event["run"], bool(event.get("held_out"))]),
    "Segment Entered": ("moved", lambda event: [event["segment"], True]),
    "Segment Left": ("moved", lambda event: [event["segment"], False]),
    "Coupon Granted": ("coupon", _coupon),
    "Order Created": ("placed", _order),
    "Order Updated": ("placed", _order),
    "Order Completed": ("paid", _order),
    "Order Cancelled": ("cancelled", _fields("order_id")),
    "Order Refunded": ("refunded", _refund),
}


def reduce(profile_id: str, event: Serialised) -> Fact | None:
    """The fact of one serialised event; None for events that no number counts."""
    known = _FIELDS.get(event["name"])
    if known is None:
        return None
    kind, read = known
    return [kind, to_milliseconds(event["occurred_at"]), profile_id, *read(event)]


def to_milliseconds(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
