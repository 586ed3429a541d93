"""How far an import came, beside its file: the same command after a crash goes on where the last block ended.

Holds a fingerprint of file and command and one number, nothing of a person.
Without it nothing is lost: what was written is compared with the log and not
written again; going on is only faster. Refuses to go on when the file, the
command or the deployment is another.
"""

import hashlib
import json
import os
from pathlib import Path

_END = 1 << 16


class Checkpoint:
    """`done` is the number of rows or groups of rows that need not be written again."""

    def __init__(self, path: Path, *command: str) -> None:
        self._file = path.with_name(f".{path.name}.dripline-progress")
        self._fingerprint = _fingerprint(path, command)
        self.done = self._read()

    def save(self, done: int) -> None:
        """Where the file may not be written there is no going on, and the import itself is not disturbed."""
        new = self._file.with_name(f"{self._file.name}.new")
        try:
            new.write_text(json.dumps({"fingerprint": self._fingerprint, "done": done}), encoding="utf-8")
            os.replace(new, self._file)
        except OSError:
            return

    def finish(self) -> None:
        self._file.unlink(missing_ok=True)

    def _read(self) -> int:
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
            return int(told["done"]) if told["fingerprint"] == self._fingerprint else 0
        except (OSError, ValueError, KeyError, TypeError):
            return 0


def _fingerprint(path: Path, command: tuple[str, ...]) -> str:
    about = path.stat()
    found = hashlib.sha256(json.dumps([about.st_size, about.st_mtime_ns, *command]).encode())
    with path.open("rb") as file:
        found.update(file.read(_END))
        file.seek(max(about.st_size - _END, 0))
        found.update(file.read(_END))
    return found.hexdigest()
