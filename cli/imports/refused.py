"""The report of refused rows as CSV: line, reason, and the row as it was, so that it can be mended and imported again.

Its cells are inert in a spreadsheet, and come back as they were when the mended
file is imported (`sheet.py` knows it by its first two columns). Readable for
its owner only: it holds what the rows held.
"""

import os
from pathlib import Path
from types import TracebackType
from typing import TextIO

from chalicelib.errors import BadInput
from cli import spreadsheet
from cli.imports.sheet import REFUSED_HEADER, Refusal, Sheet


class RefusedRows:
    """A context manager; the file is made with the first refusal."""

    def __init__(self, path: Path | None, sheet: Sheet, imported: Path) -> None:
        if path is not None and path.exists() and path.samefile(imported):
            raise BadInput("the report of refused rows would overwrite the file that is imported")
        self._path = path
        self._sheet = sheet
        self._file: TextIO | None = None
        if path is not None:
            path.unlink(missing_ok=True)

    def __enter__(self) -> "RefusedRows":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, refusal: Refusal) -> None:
        if self._path is None:
            return
        if self._file is None:
            descriptor = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            file = os.fdopen(descriptor, "w", newline="", encoding="utf-8-sig")
            self._file, self._writer = file, spreadsheet.Writer(file)
            self._writer.write((*REFUSED_HEADER, *self._sheet.header))
        self._writer.write((str(refusal.line), refusal.reason, *refusal.cells))
