"""A CSV file as a stream of rows under known column names, whoever exported it.

Takes UTF-8 (with or without a byte order mark), commas, semicolons or tabs, and
any header whose names are listed as synonyms. One row at a time is in memory.
Refuses nothing silently: a row that cannot be one is a `Refusal` with its line.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chalicelib.errors import BadInput

CELL_LIMIT = 20_000
Columns = Mapping[str, tuple[str, ...]]
"""Our name → other names that exports use for it; compared in lower case without spaces, dots, - and _."""


@dataclass(frozen=True)
class Refusal:
    """A line of the file that was left out, and why. Holds nothing of the line itself."""

    line: int
    reason: str


@dataclass(frozen=True)
class Row:
    line: int
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        return self.cells.get(column, "")


class Sheet:
    """Iterate for `Row` or `Refusal`. Raises BadInput for a file without the `needed` columns or not UTF-8."""

    def __init__(self, path: Path, columns: Columns, needed: tuple[tuple[str, ...], ...]) -> None:
        self._path = path
        self._columns = columns
        self._needed = needed
        self.size = path.stat().st_size
        self.position = 0

    def __iter__(self) -> Iterator[Row | Refusal]:
        with self._path.open("rb") as raw:
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="strict", newline="")
            try:
                yield from self._read(text, raw)
            except UnicodeDecodeError:
                raise BadInput(f"{self._path.name} is not UTF-8; save it as UTF-8 and try again") from None

    def _read(self, text: io.TextIOWrapper, raw: io.BufferedReader) -> Iterator[Row | Refusal]:
        csv.field_size_limit(CELL_LIMIT * 10)
        header_line = text.readline()
        delimiter = max(",;\t", key=header_line.count)
        names = self._names(next(csv.reader([header_line.replace("\0", "")], delimiter=delimiter), []))
        lines = (line.replace("\0", "\ufffd") for line in text)
        reader = csv.reader(lines, delimiter=delimiter)
        while True:
            line = reader.line_num + 2
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as fault:
                yield Refusal(line, f"not a CSV row: {fault}")
                continue
            self.position = raw.tell()
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(names):
                yield Refusal(line, f"{len(cells)} cells where the header has {len(names)}")
            elif any(len(cell) > CELL_LIMIT or "\ufffd" in cell for cell in cells):
                yield Refusal(line, "a cell that is too long or holds a zero byte")
            else:
                yield Row(
                    line, {name: cell.strip() for name, cell in zip(names, cells, strict=True) if name and cell.strip()}
                )

    def _names(self, header: list[str]) -> list[str]:
        """Our name for each column, '' for one that is not read. Two columns of one meaning: the first is read."""
        known = {
            _fold(name): ours for ours, synonyms in reversed(list(self._columns.items())) for name in (*synonyms, ours)
        }
        names: list[str] = []
        for cell in header:
            ours = known.get(_fold(cell), "")
            names.append("" if ours in names else ours)
        for alternatives in self._needed:
            if not any(name in names for name in alternatives):
                raise BadInput(
                    f"{self._path.name} has no column {' or '.join(alternatives)}; its columns: "
                    + (", ".join(cell.strip()[:30] for cell in header[:20]) or "none")
                )
        return names


def _fold(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter not in " .-_")


def describe(columns: Columns) -> str:
    """The columns and their synonyms, for --help."""
    return "\n".join(f"{ours}" + (f"  (or {', '.join(others)})" if others else "") for ours, others in columns.items())
