"""Rows of a consent list → Consent Recorded: one row a person and channel, with date and wording.

Pure. A yes needs the date it was given and the channel's address; a no needs
neither. Whatever a list says, it makes nobody subscribed who unsubscribed: the
profile's rules see to that.
"""

from collections.abc import Iterable, Iterator

from chalicelib.errors import BadInput
from chalicelib.events import CHANNELS, Event
from cli.imports import persons
from cli.imports.customers import read_consent
from cli.imports.origin import Origin
from cli.imports.sheet import Refusal, Row

COLUMNS = {
    **persons.COLUMNS,
    "channel": (),
    "consent": ("state", "status", "subscribed", "accepts marketing"),
    "at": ("date", "consent date", "consent at", "timestamp", "given at", "unsubscribed at"),
    "wording": ("consent wording", "text", "sentence"),
}
NEEDED = (persons.NEEDED, ("consent",))


def read(rows: Iterable[Row | Refusal], origin: Origin, *, wording: str = "") -> Iterator[list[Event] | Refusal]:
    """One fact a row; without a channel a row is about mail."""
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        remarks: list[str] = []
        try:
            fact = _fact(row, origin, wording, remarks)
        except BadInput as fault:
            yield row.refuse(str(fault))
            continue
        yield from persons.taken(row, [fact], remarks)


def _fact(row: Row, origin: Origin, wording: str, remarks: list[str]) -> Event:
    channel = row.get("channel").lower() or "email"
    if channel not in CHANNELS:
        raise BadInput(f"a channel must be {' or '.join(CHANNELS)}")
    who = persons.who_of(row, origin, remarks)
    told = {
        f"{channel}_consent": row.get("consent"),
        f"{channel}_consent_at": row.get("at"),
        f"{channel}_consent_wording": row.get("wording"),
    }
    found = read_consent(Row(row.line, told), channel, who, origin, wording, remarks)
    if found is None:
        raise BadInput("; ".join(remarks) or "neither yes nor no")
    return found
