"""Which identifiers are one person's: the rules, without any reading or writing.

An e-mail address and a store's customer id are strong: seen together in one
fact they are one person, for good. A phone, a browser (anonymous) and an order
number are weak: several people may share one. The rule for these is

    a weak identifier belongs to whoever claimed it first: to the strongest
    identifier beside it in the earliest fact (by occurred_at, then event id)
    that shows it beside a stronger one.

A second person seen with it gets the facts in which they are named, and
nothing of what is known of the identifier alone. Facts that name a weak
identifier only are its owner's, or make a profile of their own until somebody
claims it.

A profile's id is the identity key of its best identifier: e-mail before
customer id before phone before browser before order, then the smallest key. So
the final state follows from the facts and not from their order.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from chalicelib import clock, ids
from chalicelib.events import Event

_RANKS = {"email": 0, "customer": 1, "phone": 2, "anonymous": 3, "order": 4, "profile": 5}
_STRONG = frozenset(("profile", "email", "customer"))
UNLISTED = frozenset(("order",))
"""Kinds not listed in a profile, which may have thousands; a rebuild finds them in the log."""


class Identifier(NamedTuple):
    """One identifier of a fact: its kind and its identity key."""

    kind: str
    key: str

    @property
    def is_strong(self) -> bool:
        return self.kind in _STRONG

    @property
    def rank(self) -> tuple[int, str]:
        """Smaller is better; a `profile` id whose kind nobody told is the worst."""
        return _RANKS[self.kind], self.key


class Claim(NamedTuple):
    """Who says that a weak identifier is theirs; the smallest claim holds."""

    at: str
    event_id: str
    by: str

    @classmethod
    def from_alias(cls, alias: dict[str, Any]) -> "Claim | None":
        return cls(alias["claimed_at"], alias["claim"], alias["claimed_by"]) if "claim" in alias else None

    @property
    def attributes(self) -> dict[str, str]:
        return {"claimed_at": self.at, "claim": self.event_id, "claimed_by": self.by}


def identifiers_of(event: Event) -> list[Identifier]:
    """The fact's identifiers, strongest first."""
    found = [Identifier(kind, ids.identity_key(kind, value)) for kind, value in event.who.items() if value]
    return sorted(found, key=lambda each: (not each.is_strong, each.rank))


def split(found: list[Identifier]) -> tuple[list[Identifier], list[Identifier]]:
    """(whom the fact is about, what they claim): all strong ones, or else the strongest weak one, and the rest."""
    leaders = [each for each in found if each.is_strong] or found[:1]
    return leaders, [each for each in found if each not in leaders]


def canonical(candidates: Iterable[Identifier]) -> Identifier:
    """The identifier after which the whole component is named."""
    return min(candidates, key=lambda each: each.rank)


def claim_of(event: Event, leaders: list[Identifier]) -> Claim:
    return Claim(clock.to_text(min(event.occurred_at, event.received_at)), event.id, leaders[0].key)
