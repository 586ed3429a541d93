"""Rows of a customer export → facts: what is known of a person, and the consent they once gave.

Pure. Consent is imported only with the date it was given, because consent
without a date proves nothing; a refusal needs none. An import never makes an
unsubscribed person subscribed: the profile's rules see to that whatever the
file says (`profile/consent.py`).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.events import ConsentRecorded, CustomerUpdated, Event
from cli.imports import cells
from cli.imports.orders import of_platform
from cli.imports.sheet import Refusal, Row

SOURCE = "import"
COLUMNS = {
    "email": ("email address", "e-mail"),
    "customer_id": ("id", "customer", "user id"),
    "phone": ("phone number", "default address phone"),
    "first_name": ("first", "given name"),
    "last_name": ("last", "family name", "surname"),
    "language": ("locale",),
    "country": ("country code", "default address country code"),
    "time_zone": ("timezone",),
    "created_at": ("created", "date joined", "signed up at", "registered at"),
    "email_consent": ("accepts email marketing", "accepts marketing", "email marketing", "consent"),
    "email_consent_at": ("consent date", "consent at", "consent timestamp"),
    "email_consent_wording": ("consent wording",),
}
NEEDED = (("email", "customer_id", "phone"),)


def read(
    rows: Iterable[Row | Refusal], *, zone: str, now: datetime, wording: str = "", platform: str = ""
) -> Iterator[list[Event] | Refusal]:
    """The facts of each row; a row whose consent cannot be proved keeps its other facts and is refused for that."""
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        try:
            facts, remark = _facts(row, zone, now, wording, platform)
        except BadInput as fault:
            yield Refusal(row.line, str(fault))
            continue
        yield facts
        if remark:
            yield Refusal(row.line, remark)


def _facts(row: Row, zone: str, now: datetime, wording: str, platform: str) -> tuple[list[Event], str]:
    email, phone = cells.email(row.get("email")), cells.phone(row.get("phone"))
    customer = of_platform(platform, fields.identifier(row.get("customer_id")))
    who = {kind: each for kind, each in (("email", email), ("customer", customer), ("phone", phone)) if each}
    if not who:
        raise BadInput("nobody: neither a mail address nor a customer id nor a phone number")
    known: dict[str, Any] = {
        "email": email,
        "phone": phone,
        "first_name": fields.text(row.get("first_name")),
        "last_name": fields.text(row.get("last_name")),
        "language": cells.language(row.get("language")),
        "country": cells.country(row.get("country")),
        "time_zone": cells.zone(row.get("time_zone")),
    }
    created_at = cells.instant(row.get("created_at"), zone, now)
    key = who.get("email") or who.get("customer") or who["phone"]
    facts: list[Event] = [
        CustomerUpdated(
            id=ids.event_id(SOURCE, "customer", key, ids.digest(*known.values())),
            occurred_at=created_at or now,
            received_at=now,
            source=SOURCE,
            who=who,
            **known,
        )
    ]
    said = cells.answer(row.get("email_consent"))
    if said is None:
        return facts, ""
    given_at = cells.instant(row.get("email_consent_at"), zone, now)
    if said and not email:
        return facts, "consent for mail without a mail address; the rest was taken"
    if said and given_at is None:
        return facts, "consent without the date it was given is no proof; the rest was taken"
    facts.append(
        ConsentRecorded(
            id=ids.event_id(SOURCE, "consent", "email", key, row.get("email_consent_at") if said else "refused"),
            occurred_at=given_at or now,
            received_at=now,
            source=SOURCE,
            who=who,
            channel="email",
            subscribed=said,
            wording=fields.text(row.get("email_consent_wording") or wording, 200) or "import",
        )
    )
    return facts, ""
