"""Who a row of a list is about: the identifiers every list of calls, consents or enquiries has.

Pure. Strict, unlike a customer export: such a row is worth nothing without the
person, so an identifier that cannot be read refuses it.
"""

from datetime import datetime
from typing import Any

from chalicelib import ids
from chalicelib.collect import fields
from chalicelib.errors import BadInput
from cli.imports import cells
from cli.imports.orders import of_platform
from cli.imports.sheet import Row

SOURCE = "import"
COLUMNS = {
    "email": ("email address", "e-mail", "customer email"),
    "customer_id": ("customer", "user id"),
    "phone": ("phone number", "customer phone", "called"),
    "country": ("country code",),
}
NEEDED = ("email", "customer_id", "phone")


def who_of(row: Row, platform: str) -> dict[str, str]:
    """The identifiers given. Raises BadInput for none, or one that cannot be read."""
    found = {
        "email": cells.email(row.get("email")),
        "customer": of_platform(platform, fields.identifier(row.get("customer_id"))),
        "phone": cells.phone(row.get("phone"), cells.country(row.get("country"))),
    }
    who = {kind: value for kind, value in found.items() if value}
    if not who:
        raise BadInput("nobody: neither a mail address nor a customer id nor a phone number")
    return who


def common(
    row: Row, kind: str, given_id: str, who: dict[str, str], zone: str, now: datetime, *parts: str
) -> dict[str, Any]:
    """What every fact of such a list has. Without an id of its own a row is known by its content. Raises BadInput."""
    at = cells.instant(row.get("at"), zone, now)
    if at is None:
        raise BadInput("no date")
    natural = (given_id,) if given_id else ("", *sorted(who.values()), row.get("at"), *parts)
    return {
        "id": ids.event_id(SOURCE, kind, *natural),
        "occurred_at": at,
        "received_at": now,
        "source": SOURCE,
        "who": who,
    }
