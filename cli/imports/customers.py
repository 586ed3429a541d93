"""Rows of a customer export → facts: what is known of a person, and the consents they once gave.

Pure. Takes our own columns, Shopify's, Klaviyo's and, through `endpoints.py`,
Amazon Pinpoint's. What a row says was so when its file was made. Consent is
imported only with the date it was given, because consent without a date proves
nothing; a refusal needs none. An import never makes an unsubscribed person
subscribed: the profile's rules see to that whatever the file says
(`profile/consent.py`). A cell that cannot be read is left out with a remark,
and the rest of its row is taken, as long as somebody is named.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from chalicelib import clock, ids
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.events import CHANNELS, ConsentRecorded, CustomerUpdated, Event
from cli.imports import cells, persons
from cli.imports.origin import SOURCE, Origin
from cli.imports.persons import soft
from cli.imports.seen import Seen
from cli.imports.sheet import Refusal, Row

COLUMNS = {
    "email": ("email address", "e-mail"),
    "customer_id": ("id", "customer", "user id"),
    "phone": ("phone number", "mobile", "default address phone"),
    "first_name": ("first", "given name"),
    "last_name": ("last", "family name", "surname"),
    "language": ("locale",),
    "country": ("country code", "default address country code", "location country"),
    "region": ("state", "province", "state / region", "location region", "default address province code"),
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
ROOM = timedelta(minutes=1)
"""Rows of one customer are told a millisecond apart, the last of them not after the file was made."""
_ADDRESS_OF = {"email": "a mail address", "sms": "a phone number"}


def read(
    rows: Iterable[Row | Refusal], origin: Origin, *, wording: str = "", seen: Seen | None = None
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
            facts = _facts(row, origin, wording, remarks, seen)
        except BadInput as fault:
            yield row.refuse(str(fault))
            continue
        yield from persons.taken(row, facts, remarks)


def _facts(row: Row, origin: Origin, wording: str, remarks: list[str], seen: Seen | None) -> list[Event]:
    country = soft(remarks, cells.country, row.get("country"))
    who = persons.who_of(row, origin, remarks)
    key = persons.key_of(who)
    since = soft(remarks, origin.instant, row.get("created_at")) or None
    known: dict[str, Any] = {
        "email": who.get("email", ""),
        "phone": who.get("phone", ""),
        "first_name": fields.text(row.get("first_name")),
        "last_name": fields.text(row.get("last_name")),
        "language": soft(remarks, cells.language, row.get("language")),
        "country": country,
        "time_zone": soft(remarks, cells.zone, row.get("time_zone")),
        "gender": soft(remarks, cells.gender, row.get("gender")),
        "birthday": soft(remarks, origin.birthday, row.get("birthday")),
        "city": fields.text(row.get("city"), 80),
        "region": fields.text(row.get("region"), 80),
    }
    before = seen.add("customer", key) if seen else 0
    at = min(origin.at - ROOM + before * timedelta(milliseconds=1), origin.at)
    facts: list[Event] = [
        CustomerUpdated(
            id=ids.event_id(SOURCE, "customer", key, clock.to_text(at)),
            occurred_at=at,
            received_at=origin.now,
            source=SOURCE,
            who=who,
            since=since,
            **known,
        )
    ]
    for channel in CHANNELS:
        consent = read_consent(row, channel, who, origin, wording, remarks)
        facts += [consent] if consent else []
    return facts


def read_consent(
    row: Row, channel: str, who: dict[str, str], origin: Origin, wording: str, remarks: list[str]
) -> Event | None:
    """What a row says of consent for a channel; None for nothing, or nothing that proves anything.

    A no without a date, or with one that cannot be read, was said when the file was made.
    """
    trouble: list[str] = []
    said = soft(trouble, cells.answer, row.get(f"{channel}_consent"))
    at = soft(trouble, origin.instant, row.get(f"{channel}_consent_at")) if said in (True, False) else None
    if cells.is_suppressed(row.get(f"{channel}_suppressed")) and said is not False:
        said, at = False, None  # the date, if any, is that of the yes
    remarks += [f"consent for {channel}: {each}" for each in trouble]
    if said is not True and said is not False:
        return None
    if said and not who.get("email" if channel == "email" else "phone"):
        remarks.append(f"consent for {channel} without {_ADDRESS_OF[channel]}")
        return None
    if said and not at:
        remarks += [] if trouble else ["consent without the date it was given is no proof"]
        return None
    at = at or origin.at
    key = persons.key_of(who)
    return ConsentRecorded(
        id=ids.event_id(SOURCE, "consent", channel, key, "yes" if said else "no", clock.to_text(at)),
        occurred_at=at,
        received_at=origin.now,
        source=SOURCE,
        who=who,
        channel=channel,
        subscribed=said,
        wording=fields.text(row.get(f"{channel}_consent_wording") or wording, 200) or "import",
    )
