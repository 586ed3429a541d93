"""Writes docs/events.md, the list of every fact there is, from `chalicelib.events`.

Run as `python -m cli.docs`. A test compares the file with what this would
write, so neither can change alone.
"""

import json
import typing
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from chalicelib.events import EVENTS, IDENTIFIER_KINDS, Event

EVENTS_PAGE = Path(__file__).resolve().parents[1] / "docs" / "events.md"
COMMON = frozenset(item.name for item in fields(Event))

HEAD = """\
# Facts

Every fact Dripline knows, written once to the log; generated from `chalicelib/events/` by `python -m cli.docs`.

Each has `id` (its idempotency key), `occurred_at` (the sender's time), `received_at` (ours), `source` and `who`, one or
more identifiers. The strongest given names the log's partition, in this order:
{kinds}. A fact about a message is in the partition of the
profile it was for. `shop` says which of a platform's shops told it, where the platform does.

A field with `=` may be left out. `Money` is an amount in the currency's smallest unit and the currency; `Line` is a
product's id, title, quantity, price per piece and category; `Said` is a question's key and the answer; a time always
has its offset.

| fact | what it says | fields | log partition |
|---|---|---|---|
"""


def events_page() -> str:
    """The whole of docs/events.md."""
    head = HEAD.format(kinds=", ".join(f"`{kind}`" for kind in IDENTIFIER_KINDS))
    return head + "".join(_line(name, event) for name, event in EVENTS.items())


def _line(name: str, event: type[Event]) -> str:
    says = (event.__doc__ or "").strip().splitlines()[0]
    hints = typing.get_type_hints(event)
    told = ", ".join(_field(item, hints[item.name]) for item in fields(event) if item.name not in COMMON)
    partition = "the message's profile" if event.about_message else "strongest identifier"
    return f"| {name} | {_cell(says)} | {_cell(told)} | {partition} |\n"


def _field(item: "Field[Any]", hint: Any) -> str:
    """`quantity: int = 1`, as one reads it."""
    default = "" if item.default is MISSING else f" = {_shown(item.default)}"
    return f"`{item.name}: {_type(hint)}{default}`"


def _shown(default: Any) -> str:
    return "[]" if default == () else json.dumps(default) if isinstance(default, str) else repr(default)


def _type(hint: Any) -> str:
    if get_origin(hint) in (Union, UnionType):
        return " or ".join("None" if each is NoneType else _type(each) for each in get_args(hint))
    if get_origin(hint) is tuple:
        return f"list of {_type(get_args(hint)[0])}"
    return "time" if hint.__name__ == "datetime" else str(hint.__name__)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    EVENTS_PAGE.write_text(events_page(), encoding="utf-8")
