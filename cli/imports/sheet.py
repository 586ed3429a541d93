"""A CSV file as a stream of rows under known column names, whoever exported it.

Takes commas, semicolons or tabs, any header whose names are listed as synonyms
or mapped by the operator, UTF-8 or UTF-16, and other encodings when they are
named. One row at a time is in memory. Refuses nothing silently: a row that
cannot be one is a `Refusal` with its line; a file in another encoding is
refused as a whole, before anything of it is taken.
"""

import csv
import io
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chalicelib.errors import BadInput
from cli.imports import encoding as encodings
from cli.spreadsheet import restore

CELL_LIMIT = 20_000
ROW_LIMIT = 2_000_000
"""Characters of one cell before reading gives the row up: an open quote must not swallow a large file."""
LINES_IN_A_ROW = 200
ROWS_A_LOOK = 64
"""Rows between two looks at how far the file is read."""
REFUSED_HEADER = ("refused_line", "refused_reason")
"""The first two columns of a report of refused rows; a file that begins so is one that was mended."""
Columns = Mapping[str, tuple[str, ...]]
"""Our name → other names that exports use for it; compared in lower case without spaces, dots, - and _."""
Places = list[tuple[int, str]]
"""Which column of a file has which of our names; of those of one meaning the preferred first."""


@dataclass(frozen=True)
class Refusal:
    """A line of the file that was left out, and why. What it held is for the operator's own report only."""

    line: int
    reason: str
    cells: tuple[str, ...] = field(default=(), kw_only=True, repr=False, compare=False)


@dataclass(frozen=True)
class Row:
    line: int
    cells: Mapping[str, str]
    raw: tuple[str, ...] = field(default=(), kw_only=True, repr=False, compare=False)

    def get(self, column: str) -> str:
        return self.cells.get(column, "")

    def refuse(self, reason: str) -> Refusal:
        return Refusal(self.line, reason, cells=self.raw)


class Sheet:
    """Iterate for `Row` or `Refusal`. Raises BadInput for a file without the `needed` columns or not decodable.

    `mapping` leads from the file's own column names to ours, before the synonyms; '' leaves a column out.
    """

    def __init__(
        self,
        path: Path,
        columns: Columns,
        needed: tuple[tuple[str, ...], ...],
        *,
        mapping: Mapping[str, str] | None = None,
        encoding: str = "",
    ) -> None:
        self._path = path
        self._columns = columns
        self._needed = needed
        self.mapping = {fold(name): ours for name, ours in (mapping or {}).items()}
        for ours in self.mapping.values():
            if ours and ours not in columns:
                raise BadInput(f"no field {ours!r}; there are {', '.join(columns)}")
        self._encoding = encoding
        self.header: tuple[str, ...] = ()
        self.size = path.stat().st_size
        self.position = 0

    def __iter__(self) -> Iterator[Row | Refusal]:
        name = encodings.check(self._path, self._encoding)
        with self._path.open("rb") as raw, io.TextIOWrapper(raw, encoding=name, newline="") as text:
            rows = self._read(line.replace("\0", "\ufffd") for line in text)  # no export holds a zero byte
            for number, row in enumerate(rows):
                if number % ROWS_A_LOOK == 0:  # each look is a call of the operating system
                    self.position = raw.tell()
                yield row
            self.position = self.size

    def _read(self, lines: Iterator[str]) -> Iterator[Row | Refusal]:
        csv.field_size_limit(ROW_LIMIT)
        first = next(lines, "")
        declared = re.match(r"sep=(.)\r?\n?$", first)
        sample = next(lines, "") if declared else first
        delimiter = declared[1] if declared else _delimiter_of(sample)
        skipped = 1 if declared else 0
        reader = csv.reader(itertools.chain([sample], lines), delimiter=delimiter)
        try:
            header = next(reader, [])
        except csv.Error as fault:
            raise BadInput(f"{self._path.name} has no header that can be read: {fault}") from None
        mended = tuple(header[:2]) == REFUSED_HEADER
        self.header = tuple(header[2:] if mended else header)
        places = self._places(self.header)
        while True:
            line = reader.line_num + 1 + skipped
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield Refusal(line, "not a CSV row: a quote that is opened here and not closed")
                continue
            if mended:
                cells = [restore(cell) for cell in cells[2:]]
            if any(cell.strip() for cell in cells):
                yield self._judge(line, cells, places, reader.line_num + skipped - line)

    def _judge(self, line: int, cells: list[str], places: Places, spanned: int) -> Row | Refusal:
        if len(cells) != len(self.header):
            if spanned > LINES_IN_A_ROW:
                return Refusal(line, f"a quote that is opened here and closed {spanned} lines on")
            return Refusal(line, f"{len(cells)} cells where the header has {len(self.header)}", cells=tuple(cells))
        if any(len(cell) > CELL_LIMIT or "\ufffd" in cell for cell in cells):
            return Refusal(
                line, "a cell that is too long or holds a zero byte", cells=tuple(cell[:200] for cell in cells)
            )
        return Row(line, pick(places, cells), raw=tuple(cells))

    def name_columns(self, header: tuple[str, ...]) -> list[str]:
        """Our names of what the file has. Raises BadInput where it lacks a column that is mapped or needed."""
        return [ours for _, ours in self._places(header)]

    def _places(self, header: tuple[str, ...]) -> Places:
        given = {fold(cell) for cell in header}
        for name in self.mapping:
            if name not in given:
                raise BadInput(f"{self._path.name} has no column {name!r} that could be mapped")
        places = match(header, self._columns, self.mapping)
        names = {ours for _, ours in places}
        for alternatives in self._needed:
            if not any(name in names for name in alternatives):
                raise BadInput(
                    f"{self._path.name} has no column {' or '.join(alternatives)}; its columns: "
                    + (", ".join(cell.strip()[:30] for cell in header[:20]) or "none")
                )
        return places


def match(header: tuple[str, ...], columns: Columns, mapping: Mapping[str, str]) -> Places:
    """Which columns are read, those of one meaning in the order in which `columns` names them.

    `mapping` is by folded names and comes before the synonyms.
    """
    known: dict[str, tuple[int, str]] = {}
    for ours, synonyms in columns.items():
        for rank, name in enumerate((ours, *synonyms)):
            known.setdefault(fold(name), (rank, ours))
    mapped = set(mapping.values())
    found: list[tuple[int, int, str]] = []
    for place, cell in enumerate(header):
        name = fold(cell)
        rank, ours = known.get(name, (0, ""))
        ours = mapping.get(name, "" if ours in mapped else ours)
        found += [(rank, place, ours)] if ours else []
    return [(place, ours) for _, place, ours in sorted(found)]


def pick(places: Places, cells: Sequence[str]) -> dict[str, str]:
    """Our name → the first cell of that meaning that is not empty."""
    known: dict[str, str] = {}
    for place, ours in places:
        cell = cells[place].strip()
        if cell and ours not in known:
            known[ours] = cell
    return known


def _delimiter_of(header: str) -> str:
    """Comma, semicolon or tab: whichever parts most outside quotes."""
    bare = re.sub(r'"[^"]*"?', "", header)
    return max(",;\t", key=bare.count)


def fold(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter not in " .-_")


def describe(columns: Columns) -> str:
    """The columns and their synonyms, for --help."""
    return "\n".join(f"{ours}" + (f"  (or {', '.join(others)})" if others else "") for ours, others in columns.items())
