"""What keeps an erased person from coming back by themselves: salted hashes, and what they let through.

An erasure leaves one hash for each identity it removed, made with a salt that
never leaves the table. Before a fact is folded, those it is about (its strong
identifiers, or else its strongest) are looked up; a fact about an erased person
becomes no part of any profile, is taken out of the log again and is counted.
A weak identifier that another person shares, a family's phone, does not hold
back that person's own facts.

A person may return by their own hand only: a sign-up on our own page, made
after the erasure, is let in with what follows from it, and the button in the
confirmation mail lifts all hashes of that erasure. Who never presses it is
erased again (`privacy.py`). Refuses every other way back: imports, webhooks,
late deliveries, clicks in old mails.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from chalicelib import clock
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.aws.table import (
    Item,
    Key,
    event_key,
    returning_key,
    salt_key,
    suppression_group_key,
    suppression_key,
)
from chalicelib.events import Event, SignedUp, SubscriptionConfirmed
from chalicelib.profile.identity import identifiers_of, split

OWN_PAGES = "pages"
"""The source of facts that a person made on a page of ours."""

DROPPED = "erased"
"""The word under which a fact about an erased person is counted among the refused."""


@dataclass
class Sifted:
    """Facts to fold, and those about erased people."""

    kept: list[Event] = field(default_factory=list)
    dropped: list[Event] = field(default_factory=list)


def mark_of(salt: str, identity: str) -> str:
    """The suppression hash of one identity key."""
    return hmac.new(bytes.fromhex(salt), identity.encode(), hashlib.sha256).hexdigest()[:32]


def salt_of(services: Services) -> str:
    """The salt, made when first needed; the same for good, or hashes would stop matching."""
    services.profiles.put_if_absent(salt_key(), {"salt": secrets.token_hex(32)})
    return _known_salt(services)


def _known_salt(services: Services) -> str:
    found = services.profiles.get(salt_key(), consistent=True)
    return found["salt"] if found else ""


def suppress(services: Services, marks: Iterable[str], erasure: str, now: datetime) -> None:
    """Keep out whoever has these hashes. What is suppressed already stays so under its newest erasure."""
    entry: Item = {"erasure": erasure, "erased_at": clock.to_text(now)}
    marks = list(marks)
    services.profiles.put_many((suppression_group_key(erasure, mark), {}) for mark in marks)
    services.profiles.put_many((suppression_key(mark), entry) for mark in marks)


def sift(services: Services, facts: Iterable[Event]) -> Sifted:
    """Part facts about erased people from the others; one read while nobody was ever erased."""
    facts = list(facts)
    salt = _known_salt(services) if facts else ""
    if not salt:
        return Sifted(kept=facts)
    marks = {each.key: mark_of(salt, each.key) for event in facts for each in _about(event)}
    found = services.profiles.get_many(map(suppression_key, marks.values()), consistent=True)
    held = {item["pk"].partition("#")[2]: item for item in found}
    sifted = Sifted()
    for event in facts:
        hits = {marks[each.key]: held[marks[each.key]] for each in _about(event) if marks[each.key] in held}
        if not hits or _lets_in(services, event, hits):
            sifted.kept.append(event)
        else:
            sifted.dropped.append(event)
    return sifted


def drop(services: Services, facts: Iterable[Event], now: datetime) -> None:
    """Take facts about erased people out of the log, and count them among what was refused."""
    facts = list(facts)
    if not facts:
        return
    services.events.delete_many(event_key(fact.partition, fact.id) for fact in facts)
    count_drop(services, f"{now:%Y-%m-%d}", DROPPED, len(facts))


def unconfirmed(services: Services, before: datetime) -> Iterator[str]:
    """Identity keys of erased people who signed up before that time and have not confirmed it since."""
    for item in services.profiles.query(returning_key("").pk):
        if item["asked_at"] < clock.to_text(before):
            yield item["identity"]


def forget_returns(services: Services, marks: Iterable[str]) -> None:
    """Nobody of these is on their way back any more: they are being erased again."""
    services.profiles.delete_many(map(returning_key, marks))


def _about(event: Event) -> list:
    return split(identifiers_of(event))[0]


def _lets_in(services: Services, event: Event, hits: dict[str, Item]) -> bool:
    at = clock.to_text(event.occurred_at)
    if (
        isinstance(event, SignedUp)
        and event.source == OWN_PAGES
        and all(at > hit["erased_at"] for hit in hits.values())
    ):
        for mark, hit in hits.items():
            if "asked_at" not in hit:
                hit["asked_at"] = at
                services.profiles.put(returning_key(mark), {"identity": event.partition, "asked_at": at})
                services.profiles.update(suppression_key(mark), set={"asked_at": at}, only_if={"pk": hit["pk"]})
        return True
    if any(at < hit.get("asked_at", "9") for hit in hits.values()):
        return False
    if isinstance(event, SubscriptionConfirmed):
        for erasure in {hit["erasure"] for hit in hits.values()}:
            _lift(services, erasure)
    return True


def _lift(services: Services, erasure: str) -> None:
    """The person is back: nothing that this erasure suppressed is held against them."""
    marks = [item["sk"] for item in services.profiles.query(suppression_group_key(erasure, "").pk, consistent=True)]
    gone: list[Key] = [suppression_key(mark) for mark in marks]
    gone += [returning_key(mark) for mark in marks]
    services.profiles.delete_many(gone)
    services.profiles.delete_many(suppression_group_key(erasure, mark) for mark in marks)
