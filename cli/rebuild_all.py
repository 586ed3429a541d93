"""All customers of a hash range made anew, page by page, with what the archive holds beside the log.

Facts that have expired lie in the archive by partition and not by customer, so
they are first put into a table on this machine's disk, then taken from it
customer by customer. Refuses to hold them in memory: there may be years of them.
"""

import json
import sqlite3
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from chalicelib import events
from chalicelib.aws.services import Services
from chalicelib.aws.table import Key
from chalicelib.events import Event
from chalicelib.profile import archive, rebuild, whereabouts

_AT_ONCE = 500


class Expired:
    """Facts that are no longer in the log, by partition, on disk."""

    def __init__(self, folder: Path) -> None:
        self._table = sqlite3.connect(folder / "expired.sqlite")
        self._table.execute("create table facts (partition text, id text, body text, primary key (partition, id))")

    def fill(self, services: Services, now: datetime) -> int:
        found = archive.expired(services, (), whereabouts.horizon_of(now))
        rows = ((partition, event.id, events.to_json(event)) for partition, _, event in found)
        filled = self._table.executemany("insert or ignore into facts values (?, ?, ?)", rows).rowcount
        self._table.commit()
        return filled

    def of(self, partitions: Iterable[str]) -> list[Event]:
        wanted = sorted(partitions)
        found: list[Event] = []
        for start in range(0, len(wanted), _AT_ONCE):
            some = wanted[start : start + _AT_ONCE]
            marks = ",".join("?" * len(some))
            rows = self._table.execute(f"select body from facts where partition in ({marks})", some)
            found += [events.parse(json.loads(body)) for (body,) in rows]
        return found


def run(services: Services, now: datetime, segment: int, segments: int) -> int:
    """Rebuild every customer of one hash range; how many. Raises Unavailable; run again, it begins anew."""
    with tempfile.TemporaryDirectory() as folder:
        expired = Expired(Path(folder))
        expired.fill(services, now)
        total, after = 0, None
        while True:
            number, after = _page(services, now, expired, segment, segments, after)
            total += number
            if after is None:
                return total


def _page(
    services: Services, now: datetime, expired: Expired, segment: int, segments: int, after: Key | None
) -> tuple[int, Key | None]:
    return rebuild.rebuild_page(services, now, expired.of, segment=segment, segments=segments, after=after)
