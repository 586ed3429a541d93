"""Amazon Pinpoint's endpoint export, JSON lines or CSV, → rows as a customer export has them.

An endpoint is one address of a user. Mail and SMS endpoints are taken, others
are refused, since nothing is sent to a telephone's app. OptOut ALL is a refusal
of its channel. OptOut NONE only says that nobody opted out; it becomes consent
where the operator names the sentence that people agreed to (`wording`), dated
by the endpoint's own EffectiveDate or CreationDate; of an endpoint that is
INACTIVE, to which Pinpoint sends nothing, it never does.
"""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chalicelib.errors import BadInput
from cli.imports.sheet import CELL_LIMIT, Refusal, Row, Sheet, match, pick

COLUMNS = {
    "channel_type": ("channel type",),
    "address": (),
    "opt_out": ("opt out",),
    "customer_id": ("user user id",),
    "status": ("endpoint status",),
    "dated": ("effective date", "creation date"),
    "first_name": ("user user attributes first name", "attributes first name"),
    "last_name": ("user user attributes last name", "attributes last name"),
    "gender": ("user user attributes gender", "attributes gender"),
    "birthday": ("user user attributes birthday", "attributes birthday"),
    "country": ("location country",),
    "region": ("location region",),
    "city": ("location city",),
    "language": ("demographic locale",),
    "time_zone": ("demographic timezone",),
}
NEEDED = (("channel_type",), ("address",))
_OWN = ("channel_type", "opt_out", "status", "dated")
_CHANNELS = {"EMAIL": "email", "SMS": "sms", "VOICE": "sms"}


class JsonLines(Sheet):
    """One JSON object a line, zipped or not; what is nested has dotted names, of a list the first value is read."""

    def __iter__(self) -> Iterator[Row | Refusal]:
        self.header = ("line",)
        with self._path.open("rb") as raw:
            zipped = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            lines: Iterable[bytes] = gzip.GzipFile(fileobj=raw) if zipped else raw
            try:
                for number, line in enumerate(lines, 1):
                    self.position = raw.tell()
                    if line.strip():
                        yield self._read_line(number, line)
            except (EOFError, gzip.BadGzipFile, zlib.error):
                raise BadInput(f"{self._path.name} is broken: it cannot be unzipped to its end") from None

    def _read_line(self, number: int, line: bytes) -> Row | Refusal:
        try:
            data = json.loads(line.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            return Refusal(number, "not a JSON object in UTF-8")
        flat = dict(_flatten(data))
        cells = pick(match(tuple(flat), self._columns, self.mapping), tuple(flat.values()))
        if any(len(value) > CELL_LIMIT for value in cells.values()):
            return Refusal(number, "a value that is too long")
        return Row(number, cells, raw=(line.decode("utf-8-sig").strip(),))


def is_json(path: Path) -> bool:
    """Whether a file holds JSON lines: what it begins with says so, not its name."""
    with path.open("rb") as file:
        start = file.read(2)
        if start == b"\x1f\x8b":
            return True
        file.seek(0)
        return file.read(200).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{")


def open_export(path: Path, mapping: Mapping[str, str] | None = None, encoding: str = "") -> Sheet:
    """The export as it came: JSON lines or CSV."""
    if is_json(path):
        return JsonLines(path, COLUMNS, (), mapping=mapping)
    return Sheet(path, COLUMNS, NEEDED, mapping=mapping, encoding=encoding)


def to_customers(rows: Iterable[Row | Refusal], *, wording: str = "") -> Iterator[Row | Refusal]:
    """Each endpoint as a row of `customers.COLUMNS`."""
    for row in rows:
        if isinstance(row, Refusal):
            yield row
            continue
        channel = _CHANNELS.get(row.get("channel_type").upper())
        if channel is None:
            yield row.refuse("not an endpoint for mail or SMS")
            continue
        cells = {name: value for name, value in row.cells.items() if name not in _OWN}
        cells["email" if channel == "email" else "phone"] = cells.pop("address", "")
        opted_out = row.get("opt_out").upper()
        if opted_out == "ALL":
            cells[f"{channel}_consent"] = "no"
        elif opted_out == "NONE" and wording and row.get("status").upper() != "INACTIVE":
            cells |= {f"{channel}_consent": "yes", f"{channel}_consent_at": row.get("dated")}
        yield Row(row.line, {name: value for name, value in cells.items() if value}, raw=row.raw)


def _flatten(data: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in data.items():
        here = f"{path}.{name}" if path else str(name)
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, Mapping):
            if here.count(".") < 5:
                yield from _flatten(value, here)
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield here, str(value).strip()
