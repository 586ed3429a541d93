"""What came before in the same file, in memory that does not grow with the file.

A temporary database on disk, gone when the import ends. Counts rows of one
customer or order; holds digests, nothing of a person.
"""

import sqlite3

from chalicelib import ids


class Seen:
    """`repeated` is how many rows named somebody, or an order, that an earlier row had."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # '' lies in a temporary file
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE seen (name TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._database.execute("BEGIN")
        self.repeated = 0

    def add(self, *name: str) -> int:
        """How often it was added before."""
        (times,) = self._database.execute(
            "INSERT INTO seen VALUES (?, 0) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times",
            (ids.digest(*name),),
        ).fetchone()
        self.repeated += times > 0
        return int(times)

    def close(self) -> None:
        self._database.close()
