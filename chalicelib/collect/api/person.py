"""Who somebody is: identify, group and alias, and what a registration tells. Pure.

Traits are read under Segment's names and the snake case of other clients. What
has no field of ours is kept as something the person said. Refuses to take a
browser's word for what is said in docs/decisions/0006.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from chalicelib import events
from chalicelib.collect import fields
from chalicelib.collect.api import properties, rights
from chalicelib.collect.api.message import Message
from chalicelib.collect.delivery import DropReason
from chalicelib.errors import BadInput
from chalicelib.events import CustomerUpdated, Event
from chalicelib.profile.timezone import is_evidence

_PERSON = {"email", "phone", "name", "firstName", "first_name", "lastName", "last_name", "gender", "birthday"}
_PLACE = {"language", "locale", "timezone", "time_zone", "address", "city", "region", "state", "country"}
OURS = frozenset(_PERSON | _PLACE | {"birthdate", "date_of_birth"})
"""Traits with a field of their own."""
UNSAID = frozenset(("id", "username", "avatar", "website", "description", "createdAt", "created_at", "company"))
"""Segment's reserved traits that say nothing of a customer of a shop."""


def identify(message: Message, known: bool) -> list[Event] | DropReason:
    """What an identify tells; from a browser that names a known customer's address, only that it is theirs."""
    who = rights.who_is_identified(message)
    if not who:
        return DropReason.NOBODY
    told = traits_of(message, message.traits)
    if message.key.public:
        told = {} if known else {name: told[name] for name in rights.TRAITS_OF_BROWSERS}
        return [CustomerUpdated(**message.common(who), email=who["email"], **told)]
    zone = said_by_browser(message)
    told |= {"browser_zone": zone["time_zone"], "browser_language": zone["language"]}
    return [CustomerUpdated(**message.common(who), **told, said=_said(message.traits))]


def arrived(message: Message, profile_id: str) -> list[Event]:
    """One fact for each person and browser, whichever click tells it: the browser is theirs if nobody's before."""
    who = rights.who_arrived(message, profile_id)
    if not who:
        return []
    stem = message.common(who, "arrived", *who.values(), once=True)
    # A claim counts from when it is made: the first one holds, and an invented past would win.
    return [CustomerUpdated(**stem | {"occurred_at": message.now})]


def registered(message: Message, who: Mapping[str, str]) -> list[Event]:
    """What the event of a registration tells: an account is no consent."""
    return [CustomerUpdated(**message.common(who), **traits_of(message, message.properties))]


def join(message: Message, known: bool) -> list[Event] | DropReason:
    who = rights.who_of(message)
    if not who:
        return DropReason.NOBODY
    if not message.group_id:
        raise BadInput("a group without an id")
    name = fields.text(message.traits.get("name"), 80)
    return [events.GroupJoined(**message.common(who), group_id=message.group_id, group=name)]


def alias(message: Message, known: bool) -> list[Event] | DropReason:
    """A visitor turned out to be a customer: what the visitor did is the customer's, if nobody claimed it before."""
    customer = {"email": fields.email(message.user_id), "customer": message.customer}
    if not message.previous_id or not any(customer.values()):
        return DropReason.NOBODY
    return [CustomerUpdated(**message.common(customer | {"anonymous": message.previous_id}))]


def traits_of(message: Message, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Customer Updated that `given` holds, cleaned; '' for what it does not."""
    address = fields.part(given, "address")
    first, last = (_first_of(given, f"{name}Name", f"{name}_name") for name in ("first", "last"))
    if not first and not last:
        first, _, last = fields.text(given.get("name"), 80).partition(" ")
    zone = _first_of(given, "timezone", "time_zone")
    return {
        "email": message.email,
        "phone": fields.phone(given.get("phone")),
        "first_name": first,
        "last_name": last.strip(),
        "language": fields.language(given.get("language") or given.get("locale")),
        "country": fields.country(address.get("country") or given.get("country")),
        "region": fields.text(
            address.get("state") or address.get("region") or given.get("region") or given.get("state")
        ),
        "city": fields.text(address.get("city") or given.get("city"), 80),
        "time_zone": zone if is_evidence(zone) else "",
        "gender": fields.gender(given.get("gender")),
        "birthday": _birthday(_first_of(given, "birthday", "birthdate", "date_of_birth")),
    }


def said_by_browser(message: Message) -> dict[str, str]:
    """Zone and language of the device, as its `context` tells."""
    zone = fields.text(message.context.get("timezone"), 80)
    return {
        "time_zone": zone if is_evidence(zone) else "",
        "language": fields.language(message.context.get("locale")),
    }


def _first_of(given: Mapping[str, Any], *keys: str) -> str:
    return next((found for key in keys if (found := fields.text(given.get(key), 80))), "")


def _birthday(text: str) -> str:
    """`1990-02-28` out of a date or a time; '' for what is no day."""
    try:
        found = date.fromisoformat(text[:10])
    except ValueError:
        return ""
    return found.isoformat() if found.year >= 1900 else ""


def _said(traits: Mapping[str, Any]) -> tuple[events.Said, ...]:
    return properties.said({key: value for key, value in traits.items() if key not in OURS | UNSAID})
