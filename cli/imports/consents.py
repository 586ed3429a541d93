"""Rows of a consent list → Consent Recorded: one row a person and channel, with date and wording.

Pure. A yes needs the date it was given and the channel's address; a no needs
neither. Whatever a list says, it makes nobody subscribed who unsubscribed: the
profile's rules see to that.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from chalicelib.errors import BadInput
from chalicelib.events import CHANNELS, Event
from cli.imports import persons
from cli.imports.customers import read_consent
from cli.imports.sheet import Refusal, Row

COLUMNS = {
    **persons.COLUMNS,
    "channel": (),
    "consent": ("state", "status", "subscribed", "accepts marketing"),
    "at": ("date", "consent date", "consent at", "timestamp", "given at", "unsubscribed at"),
    "wording": ("consent wording", "text", "sentence"),
}
NEEDED = (persons.NEEDED, ("consent",))


def read(
    rows: Iterable[Row | Refusal], *, zone: str, now: datetime, wording: str = "", platform: str = ""
) -> Iterator[list[Event] | Refusal]:
    """One fact a row; without a channel a row is about mail."""
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        try:
            yield [_fact(row, zone, now, wording, platform)]
        except BadInput as fault:
            yield row.refuse(str(fault))


def _fact(row: Row, zone: str, now: datetime, wording: str, platform: str) -> Event:
    channel = row.get("channel").lower() or "email"
    if channel not in CHANNELS:
        raise BadInput(f"a channel must be {' or '.join(CHANNELS)}")
    who = persons.who_of(row, platform)
    key = who.get("email") or who.get("customer") or who["phone"]
    told = {
        f"{channel}_consent": row.get("consent"),
        f"{channel}_consent_at": row.get("at"),
        f"{channel}_consent_wording": row.get("wording"),
    }
    remarks: list[str] = []
    found = read_consent(Row(row.line, told), channel, key, who, zone=zone, now=now, wording=wording, remarks=remarks)
    if found is None:
        raise BadInput(remarks[0] if remarks else "neither yes nor no")
    return found
