"""Who a row is about: the identifiers every file of people, orders, calls, consents or enquiries has.

Pure. An identifier that cannot be read is left out with a remark, and so is any
cell that a row can do without; a row that names nobody is refused.
"""

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib import ids
from chalicelib.errors import BadInput
from chalicelib.events import Event
from cli.imports import cells
from cli.imports.origin import SOURCE, Origin
from cli.imports.sheet import Refusal, Row

COLUMNS = {
    "email": ("email address", "e-mail", "customer email"),
    "customer_id": ("customer", "user id"),
    "phone": ("phone number", "customer phone", "called"),
    "country": ("country code",),
}
NEEDED = ("email", "customer_id", "phone")


def who_of(row: Row, origin: Origin, remarks: list[str]) -> dict[str, str]:
    """The identifiers that can be read. Raises BadInput for none."""
    country = soft([], cells.country, row.get("country"))  # where it fails, the number says what it lacks
    found = {
        "email": soft(remarks, cells.email, row.get("email")),
        "customer": soft(remarks, origin.name, row.get("customer_id")),
        "phone": soft(remarks, cells.phone, row.get("phone"), country),
    }
    who = {kind: value for kind, value in found.items() if value}
    if not who:
        raise BadInput("; ".join(remarks) or "nobody: neither a mail address nor a customer id nor a phone number")
    return who


def key_of(who: dict[str, str]) -> str:
    """The strongest of the identifiers."""
    return who.get("email") or who.get("customer") or who["phone"]


def soft(remarks: list[str], read: Callable[..., Any], *cells: str) -> Any:
    """What `read` makes of the cells; '' with a remark where it cannot be read."""
    try:
        return read(*cells)
    except BadInput as fault:
        remarks.append(str(fault))
        return ""


def taken(row: Row, facts: list[Event], remarks: list[str]) -> Iterator[list[Event] | Refusal]:
    """The facts of a row, and what of it was left out."""
    yield facts
    if remarks:
        yield row.refuse(f"{'; '.join(remarks)}; the rest was taken")


def common(row: Row, kind: str, given_id: str, who: dict[str, str], origin: Origin, *parts: str) -> dict[str, Any]:
    """What every fact of such a list has. Without an id of its own a row is known by its content. Raises BadInput."""
    at = origin.instant(row.get("at"))
    if at is None:
        raise BadInput("no date")
    natural = (given_id,) if given_id else ("", *sorted(who.values()), row.get("at"), *parts)
    return {
        "id": ids.event_id(SOURCE, kind, *natural),
        "occurred_at": at,
        "received_at": origin.now,
        "source": SOURCE,
        "who": who,
    }
