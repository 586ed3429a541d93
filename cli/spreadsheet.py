"""Cells that a spreadsheet shows and never runs: what every CSV that we write for a person goes through.

A cell, or a line within one, that begins with `= + - @`, a tab or a carriage
return, also after blanks, gets an apostrophe before it; so does one that begins
with an apostrophe, which makes `restore` exact: what was guarded comes back as
it was. Refuses to change anything else.
"""

import csv
import re
from collections.abc import Iterable
from typing import TextIO

_BLANK = r"\s\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
_LINE = r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
_LIVE = re.compile(rf"(^|{_LINE})(?=[{_BLANK}]*[=+\-@\t\r'＝＋－＠])")
_GUARDED = re.compile(rf"(^|{_LINE})'")


def guard(cell: str) -> str:
    """The cell, inert in Excel, LibreOffice and Google Sheets."""
    return _LIVE.sub(r"\1'", cell)


def restore(cell: str) -> str:
    """What `guard` was given."""
    return _GUARDED.sub(r"\1", cell)


class Writer:
    """Writes guarded rows to a text file that was opened with `newline=""`; quotes wherever CSV allows it."""

    def __init__(self, file: TextIO) -> None:
        self._writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n")

    def write(self, cells: Iterable[str]) -> None:
        self._writer.writerow([guard(cell) for cell in cells])
