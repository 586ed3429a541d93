"""Shopify's customers and their consent → facts.

Consent without a time proves nothing and is left out: a later snapshot of an
old consent must not undo a withdrawal. A deleted account is told as such; what
must be forgotten comes as a privacy request.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib import clock, ids
from chalicelib.collect import fields
from chalicelib.collect.delivery import DropReason
from chalicelib.collect.sources.sender import Sender
from chalicelib.collect.sources.shopify.orders import updated_at
from chalicelib.errors import BadInput
from chalicelib.events import AccountDeleted, ConsentRecorded, CustomerUpdated, Event


def read_customer(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    customer = _account_of(data, sender)
    who = sender.who(email=data.get("email"), customer=data.get("id"), phone=data.get("phone"))
    home = fields.part(data, "default_address")
    said: dict[str, Any] = {
        "email": who.get("email", ""),
        "first_name": fields.text(data.get("first_name"), 80),
        "last_name": fields.text(data.get("last_name"), 80),
        "language": fields.language(data.get("locale")),
        "country": fields.country(home.get("country_code")),
        "phone": who.get("phone", ""),
        "city": fields.text(home.get("city"), 80),
        "region": fields.text(home.get("province"), 80),
        "gender": fields.gender(data.get("gender")),
        "birthday": fields.text(data.get("birthday"), 10),
    }
    at = updated_at(data, sender)
    # A snapshot without a time is known by its content alone, else each retry would be another fact.
    moment = clock.to_text(at) if fields.instant(data.get("updated_at")) else ""
    frame = sender.frame(at, who, customer, "customer", moment, ids.digest(*said.values()))
    return [CustomerUpdated(**frame, **said), *_read_consents(data, who, sender)]


def read_deleted(data: Mapping[str, Any], sender: Sender) -> list[Event]:
    customer = _account_of(data, sender)
    who = sender.who(email=data.get("email"), customer=data.get("id"), phone=data.get("phone"))
    return [AccountDeleted(**sender.frame(None, who, customer, "deleted"), reason="deleted in the store")]


def read_consent_change(data: Mapping[str, Any], sender: Sender) -> list[Event] | DropReason:
    """The consent topics name the customer as `id` or `customer_id`, the address as `email_address`."""
    who = sender.who(
        email=data.get("email_address") or data.get("email"),
        customer=fields.identifier(data.get("customer_id")) or data.get("id"),
        phone=data.get("phone"),
    )
    return _read_consents(data, who, sender) or DropReason.NO_CHANGE


def _account_of(data: Mapping[str, Any], sender: Sender) -> str:
    customer = sender.name_customer(data.get("id"))
    if not customer:
        raise BadInput("a customer without an id")
    return customer


def _read_consents(data: Mapping[str, Any], who: dict[str, str], sender: Sender) -> list[Event]:
    found: list[Event] = []
    for channel in ("email", "sms"):
        block = fields.part(data, f"{channel}_marketing_consent")
        state = block.get("state")
        at = fields.instant(block.get("consent_updated_at"))
        if state not in ("subscribed", "unsubscribed") or (at is None and state == "subscribed"):
            continue
        key = (who.get("customer", ""), "consent", channel, state, clock.to_text(at) if at else "")
        found.append(
            ConsentRecorded(
                **sender.frame(at, who, *key),
                channel=channel,
                subscribed=state == "subscribed",
                wording=f"{sender.name}:{fields.text(block.get('opt_in_level'), 40) or 'unknown'}",
            )
        )
    return found
