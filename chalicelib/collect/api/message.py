"""One message of a request, read: of which kind, when it truly happened, whom it names, which id makes it count once.

Pure. Refuses nothing but what is no message; what a key may say of whom is
decided in rights.py, what a message means in translate.py.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalicelib import ids
from chalicelib.collect import arrivals, fields

CALLS = ("track", "identify", "page", "screen", "group", "alias")
SOURCE = "api"
OFFLINE = timedelta(days=2)
"""How far back a browser may say that something happened: a page that had no connection tells it later."""


@dataclass(frozen=True)
class Key:
    """A write key's name in the settings; a `public` one stands in pages and speaks for one browser only."""

    name: str
    public: bool
    origins: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shop:
    """What the settings say that a message leaves open: the currency, whose ids are meant, which names are taken."""

    currency: str = ""
    ids_of: str = SOURCE
    custom_events: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Message:
    """`at` is when it happened by our clock; `id` names it among all messages of its key.

    Whom it names is part of `id`: clients that merely count their messages do not share them.
    """

    kind: str
    name: str
    id: str
    given_id: str
    at: datetime
    now: datetime
    user_id: str
    anonymous_id: str
    previous_id: str
    group_id: str
    properties: Mapping[str, Any]
    traits: Mapping[str, Any]
    context: Mapping[str, Any]
    key: Key
    shop: Shop
    click: str = ""
    """The token of the click that led to the shop, as it was handed in; nothing is proved by it as yet."""

    @property
    def email(self) -> str:
        """The address the message names anywhere a client may put one; a group's traits are not its member's."""
        told = (
            self.traits.get("email") if self.kind == "identify" else None,
            fields.part(self.context, "traits").get("email"),
            self.properties.get("email"),
            self.user_id,
        )
        return next((found for found in map(fields.email, told) if found), "")

    @property
    def customer(self) -> str:
        """The shop's own id of the customer, with whose ids they are; '' where `userId` is an address."""
        return f"{self.shop.ids_of}:{self.user_id}" if self.user_id and not fields.email(self.user_id) else ""

    def common(self, who: Mapping[str, str], *key: str, once: bool = False) -> dict[str, Any]:
        """What every fact of this message has; `once`: the fact counts once for `key`, whichever message tells it."""
        given = {kind: value for kind, value in who.items() if value}
        return {
            "id": ids.event_id(self.shop.ids_of, *key) if once else ids.event_id(SOURCE, self.id, *key),
            "occurred_at": self.at,
            "received_at": self.now,
            "source": "browser" if self.key.public else SOURCE,
            "who": given,
        }


def read(raw: Any, around: Mapping[str, Any], kind: str, key: Key, shop: Shop, now: datetime) -> Message | None:
    """The message in `raw`, one of a batch (`around`) or the request itself; None for what is none."""
    if not isinstance(raw, Mapping):
        return None
    kind = kind or fields.text(raw.get("type") or raw.get("action"), 20)
    if kind not in CALLS:
        return None
    given_id = _id(raw.get("messageId"))
    user_id, anonymous_id = _id(raw.get("userId")), _id(raw.get("anonymousId"))
    given = dict(fields.part(raw, "properties"))
    click = fields.text(given.pop(arrivals.PARAMETER, ""), 64)
    return Message(
        kind=kind,
        name=fields.text(raw.get("event") or raw.get("name"), 120),
        id=ids.digest(key.name, given_id, user_id, anonymous_id) if given_id else _digest(raw, kind, key, now),
        given_id=given_id,
        at=_happened_at(raw, around, kind, key, now),
        now=now,
        user_id=user_id,
        anonymous_id=anonymous_id,
        previous_id=_id(raw.get("previousId")),
        group_id=_id(raw.get("groupId")),
        properties=given,
        traits=fields.part(raw, "traits"),
        context={**fields.part(around, "context"), **fields.part(raw, "context")},
        key=key,
        shop=shop,
        click=click,
    )


def _id(value: Any) -> str:
    """A sender's id or address, whole; one too long to keep is named by its digest, never cut to be another's."""
    if isinstance(value, str) and len(value.strip()) > 64:
        whole = value.strip()
        return whole if len(whole) <= 320 and fields.email(whole) else ids.digest("long", whole)
    return fields.identifier(value)


def _happened_at(raw: Mapping[str, Any], around: Mapping[str, Any], kind: str, key: Key, now: datetime) -> datetime:
    """Our time less what lay between happening and sending by the sender's clock: how wrong that is, cancels out.

    Whose a browser is counts from when it is said, because the first to claim it holds it.
    """
    if key.public and kind == "identify":
        return now
    at = fields.instant(raw.get("timestamp") or raw.get("originalTimestamp"), utc=True)
    if at is None:
        return now
    sent = fields.instant(raw.get("sentAt") or around.get("sentAt"), utc=True)
    before = (sent or now) - at
    longest = OFFLINE if key.public else now - fields.EARLIEST
    return now - max(min(before, longest), timedelta(0))


def _digest(raw: Mapping[str, Any], kind: str, key: Key, now: datetime) -> str:
    """An id made of what is said; without a time of its own, saying it again in the same minute is the same."""
    said = {name: value for name, value in raw.items() if name not in ("sentAt", "writeKey")}
    content = json.dumps(said, sort_keys=True, default=str)
    return ids.digest(key.name, "", kind, content, "" if raw.get("timestamp") else f"{now:%Y-%m-%dT%H:%M}")
