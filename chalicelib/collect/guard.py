"""Telling programs from people on the public forms, with nobody else's help and nothing kept of anybody.

Three looks: a field that people never see, a signed time at which the form was
handed out, and how often one network address posts. The time is signed
together with the form's name and the address that asked for it, so it cannot be made
up, carried to another form or shared out among many machines; it is not
stored, because a form sent twice is one fact (facts have deterministic ids).

Whoever is too fast or too late is asked to press the button once more, since a
browser that fills in forms is fast and a page left open overnight is late: a
person loses nothing. So is whoever shares an address with many, later: a mobile
carrier's customers, an office, a fair. Refuses scripts, puzzles and third parties.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import ids
from chalicelib.aws.counter import count_up
from chalicelib.aws.drops import count_drop
from chalicelib.aws.services import Services
from chalicelib.aws.table import guard_key
from chalicelib.collect.delivery import DropReason

TRAP = "website"
STAMP = "stamp"
SOON = timedelta(seconds=2)
LATE = timedelta(hours=24)
OWN = "signup:"
"""Begins the anonymous ids of our own forms, which links spell out: no browser may go by one (api/rights.py)."""
PER_HOUR = 20
"""Posts of one form from one network address in an hour, before the rest are asked to come again in an hour."""


@dataclass(frozen=True)
class Caller:
    """Who asks: the language wished for, the browser's Accept-Language and the network address."""

    wish: str = ""
    accept: str = ""
    address: str = ""


def stamp(services: Services, form: str, caller: Caller, now: datetime) -> str:
    """The hidden value of a form handed out now."""
    at = f"{int(now.timestamp() * 1000):x}"
    return f"{at}.{_sign(services, form, caller.address, at)}"


def is_untimely(
    services: Services, form: str, posted: Mapping[str, str], caller: Caller, now: datetime
) -> DropReason | None:
    """Why the form should be shown once more: sent within seconds, a day old, or never handed out to this address."""
    at, _, signature = posted.get(STAMP, "")[:100].partition(".")
    expected = _sign(services, form, caller.address, at)
    if not at or not hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode()):
        return DropReason.FORM_EXPIRED
    age = now.timestamp() - int(at, 16) / 1000
    if age < SOON.total_seconds():
        return DropReason.TOO_FAST
    return DropReason.FORM_EXPIRED if age > LATE.total_seconds() else None


def suspects(
    services: Services, form: str, posted: Mapping[str, str], caller: Caller, now: datetime
) -> DropReason | None:
    """Why what was posted is not taken; counts it, and the address's posts of this hour.

    A program that filled in the trap must get the answer that everybody gets. Who
    shares an address with many is told to come again, whatever they entered.
    """
    key = guard_key(form, ids.digest(caller.address, f"{now:%Y-%m-%dT%H}"))
    reason = DropReason.BOT if posted.get(TRAP) else None
    if reason is None and count_up(services.dynamodb, services.agenda.name, key, 1, now) > PER_HOUR:
        reason = DropReason.TOO_OFTEN
    if reason:
        count_drop(services, f"{now:%Y-%m-%d}", reason)
    return reason


def visitor_of(services: Services, email: str) -> str:
    """Under which anonymous id somebody who signed up with this address answers, until they have confirmed it."""
    keys = services.secrets.link_keys
    named = hmac.new(keys[max(keys)], b"visitor" + email.encode(), hashlib.sha256).hexdigest()
    return OWN + ids.digest("visitor", named)


def _sign(services: Services, form: str, address: str, at: str) -> str:
    keys = services.secrets.link_keys
    text = f"form\0{form}\0{address}\0{at}".encode("utf-8", "replace")
    return hmac.new(keys[max(keys)], text, hashlib.sha256).hexdigest()[:32]
