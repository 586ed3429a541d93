"""Rows of a worked-off call list → Call Completed: with whom somebody of the store spoke, and how it ended. Pure."""

from collections.abc import Iterable, Iterator

from chalicelib.collect import fields
from chalicelib.errors import BadInput
from chalicelib.events import CallCompleted, Event
from cli.imports import cells, persons
from cli.imports.origin import Origin
from cli.imports.sheet import Refusal, Row

COLUMNS = {
    **persons.COLUMNS,
    "call_id": ("id", "call"),
    "at": ("called at", "call date", "date", "time"),
    "outcome": ("result", "call result", "disposition"),
    "words": ("note", "notes", "comment"),
}
NEEDED = (persons.NEEDED, ("at",), ("outcome",))


def read(rows: Iterable[Row | Refusal], origin: Origin) -> Iterator[list[Event] | Refusal]:
    """One fact a row. An outcome is kept as a key: `No answer` and `no_answer` are one."""
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        remarks: list[str] = []
        try:
            who = persons.who_of(row, origin, remarks)
            outcome = "_".join(fields.text(row.get("outcome"), 40).lower().split())
            if not outcome:
                raise BadInput("no outcome")
            call_id, words = cells.identifier(row.get("call_id")), fields.text(row.get("words"), 500)
            common = persons.common(row, "call", call_id, who, origin, outcome, words)
            fact = CallCompleted(**common, outcome=outcome, call_id=call_id, words=words)
        except BadInput as fault:
            yield row.refuse(str(fault))
            continue
        yield from persons.taken(row, [fact], remarks)
