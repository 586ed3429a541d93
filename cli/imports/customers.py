"""Rows of a customer export → facts: what is known of a person, and the consents they once gave.

Pure. Takes our own columns, Shopify's, Klaviyo's and, through `endpoints.py`,
Amazon Pinpoint's. Consent is imported only with the date it was given, because
consent without a date proves nothing; a refusal needs none. An import never
makes an unsubscribed person subscribed: the profile's rules see to that whatever
the file says (`profile/consent.py`). A cell that cannot be read is left out with
a remark, and the rest of its row is taken, as long as somebody is named.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from chalicelib import ids
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.events import CHANNELS, ConsentRecorded, CustomerUpdated, Event
from cli.imports import cells
from cli.imports.orders import of_platform
from cli.imports.seen import Seen
from cli.imports.sheet import Refusal, Row

SOURCE = "import"
COLUMNS = {
    "email": ("email address", "e-mail"),
    "customer_id": ("id", "customer", "user id"),
    "phone": ("phone number", "default address phone", "mobile"),
    "first_name": ("first", "given name"),
    "last_name": ("last", "family name", "surname"),
    "language": ("locale",),
    "country": ("country code", "default address country code", "location country"),
    "region": ("state", "province", "state / region", "location region"),
    "city": ("default address city", "location city"),
    "time_zone": ("timezone", "location timezone", "demographic timezone"),
    "gender": ("sex",),
    "birthday": ("date of birth", "birth date", "dob"),
    "created_at": ("created", "date joined", "signed up at", "registered at", "profile created on", "date added"),
    "email_consent": (
        *("accepts email marketing", "accepts marketing", "email marketing", "consent"),
        *("email marketing consent", "email marketing status", "email marketing consent status"),
    ),
    "email_consent_at": ("consent date", "consent at", "consent timestamp", "email marketing consent timestamp"),
    "email_suppressed": ("email suppressions", "suppressed"),
    "email_consent_wording": ("consent wording", "email marketing consent method"),
    "sms_consent": ("accepts sms marketing", "sms marketing", "sms marketing consent", "sms marketing status"),
    "sms_consent_at": ("sms consent date", "sms marketing consent timestamp"),
    "sms_consent_wording": ("sms marketing consent method",),
}
NEEDED = (("email", "customer_id", "phone"),)
_ADDRESS_OF = {"email": "a mail address", "sms": "a phone number"}


def read(
    rows: Iterable[Row | Refusal],
    *,
    zone: str,
    now: datetime,
    wording: str = "",
    platform: str = "",
    seen: Seen | None = None,
) -> Iterator[list[Event] | Refusal]:
    """The facts of each row, and a remark on what of it was left out.

    With `seen`, rows of one customer are told apart, and what a later one says wins.
    """
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        remarks: list[str] = []
        try:
            facts = _facts(row, zone, now, wording, platform, remarks, seen)
        except BadInput as fault:
            yield row.refuse(str(fault))
            continue
        yield facts
        if remarks:
            yield row.refuse(f"{'; '.join(remarks)}; the rest was taken")


def _facts(
    row: Row, zone: str, now: datetime, wording: str, platform: str, remarks: list[str], seen: Seen | None
) -> list[Event]:
    def soft(read_cell: Callable[..., str], column: str, *more: str) -> str:
        try:
            return read_cell(row.get(column), *more)
        except BadInput as fault:
            remarks.append(str(fault))
            return ""

    country = soft(cells.country, "country")
    email, phone = soft(cells.email, "email"), soft(cells.phone, "phone", country)
    customer = of_platform(platform, fields.identifier(row.get("customer_id")))
    who = {kind: each for kind, each in (("email", email), ("customer", customer), ("phone", phone)) if each}
    if not who:
        raise BadInput("; ".join(remarks) or "nobody: neither a mail address nor a customer id nor a phone number")
    known: dict[str, Any] = {
        "email": email,
        "phone": phone,
        "first_name": fields.text(row.get("first_name")),
        "last_name": fields.text(row.get("last_name")),
        "language": soft(cells.language, "language"),
        "country": country,
        "time_zone": soft(cells.zone, "time_zone"),
        "gender": soft(cells.gender, "gender"),
        "birthday": soft(cells.birthday, "birthday"),
        "city": fields.text(row.get("city"), 80),
        "region": fields.text(row.get("region"), 80),
    }
    created_at = cells.instant(row.get("created_at"), zone, now)
    key = who.get("email") or who.get("customer") or who["phone"]
    before = seen.add("customer", key) if seen else 0
    told = [value for name, value in known.items() if value or name not in _LATER]
    facts: list[Event] = [
        CustomerUpdated(
            id=ids.event_id(SOURCE, "customer", key, ids.digest(*told)),
            occurred_at=min((created_at or now - _JUST_NOW) + before * timedelta(milliseconds=1), now),
            received_at=now,
            source=SOURCE,
            who=who,
            **known,
        )
    ]
    for channel in CHANNELS:
        consent = read_consent(row, channel, key, who, zone=zone, now=now, wording=wording, remarks=remarks)
        facts += [consent] if consent else []
    return facts


_JUST_NOW = timedelta(minutes=1)
"""Rows of one customer get a millisecond each, and none of them may lie in the future."""
_LATER = ("gender", "birthday", "city", "region")
"""Fields that the ids of earlier imports do not know; an empty one leaves an id as it was."""


def read_consent(
    row: Row,
    channel: str,
    key: str,
    who: dict[str, str],
    *,
    zone: str,
    now: datetime,
    wording: str,
    remarks: list[str],
) -> Event | None:
    """What a row says of consent for a channel; None for nothing, or nothing that proves anything."""
    try:
        never = cells.is_suppressed(row.get(f"{channel}_suppressed"))
        said = False if never else cells.answer(row.get(f"{channel}_consent"))
        given_at = cells.instant(row.get(f"{channel}_consent_at"), zone, now)
    except BadInput as fault:
        remarks.append(f"consent for {channel}: {fault}")
        return None
    if said is None:
        return None
    if said and not who.get("email" if channel == "email" else "phone"):
        remarks.append(f"consent for {channel} without {_ADDRESS_OF[channel]}")
        return None
    if said and given_at is None:
        remarks.append("consent without the date it was given is no proof")
        return None
    return ConsentRecorded(
        id=ids.event_id(SOURCE, "consent", channel, key, row.get(f"{channel}_consent_at") if said else "refused"),
        occurred_at=given_at or now,
        received_at=now,
        source=SOURCE,
        who=who,
        channel=channel,
        subscribed=said,
        wording=fields.text(row.get(f"{channel}_consent_wording") or wording, 200) or "import",
    )
