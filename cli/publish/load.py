"""Reads a playbook's YAML files and remembers where everything stands in them.

YAML 1.2 (`NO` is text, `10:00` is text), each key once. Refuses to judge what
a file says beyond its being YAML in the right place: that is `check.py`'s.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.scalarbool import ScalarBoolean

DEFAULT = Path(__file__).resolve().parents[2] / "chalicelib" / "playbook"
SETTINGS = "dripline.yaml"
FOLDERS = ("segments", "flows", "campaigns", "sources", "surveys")
OTHER_FOLDERS = ("templates", "strings", "reasons", "schemas")

MOST_VALUES = 100_000
"""A file of more is a mistake, or aliases of aliases that would grow without end."""

Where = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake at its place; line and column count from 1."""

    file: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True)
class Document:
    """One file: `data` is plain JSON-like values with text keys, `file` its path within the playbook."""

    file: str
    data: Any
    tree: Any = field(repr=False)

    def problem(self, where: Where, message: str) -> Problem:
        """A problem at the key or list item that `where` leads to, or at the nearest thing above it."""
        line, column = self._place(where)
        return Problem(self.file, line + 1, column + 1, message)

    def _place(self, where: Where) -> tuple[int, int]:
        node, place = self.tree, (0, 0)
        for part in where:
            try:
                if isinstance(node, CommentedMap):
                    key = next(each for each in node if str(each) == str(part))
                    place, node = node.lc.key(key), node[key]
                elif isinstance(node, CommentedSeq):
                    place, node = node.lc.item(part), node[part]
                else:
                    break
            except (StopIteration, KeyError, IndexError, TypeError):
                break  # missing, or merged in from elsewhere: the last place known is the nearest
        return place


@dataclass
class Playbook:
    """Everything that could be read; `problems` says what could not."""

    directory: Path
    settings: Document
    segments: dict[str, Document]
    flows: dict[str, Document]
    campaigns: dict[str, Document]
    sources: dict[str, Document]
    surveys: dict[str, Document]
    problems: list[Problem]

    def of(self, folder: str) -> dict[str, Document]:
        """Definitions of one folder by file name without its ending."""
        found: dict[str, Document] = getattr(self, folder)
        return found


def load(directory: Path) -> Playbook:
    """Read all files of a playbook in a fixed order. Never raises for what is in them."""
    problems: list[Problem] = []
    found: dict[str, dict[str, Document]] = {folder: {} for folder in FOLDERS}
    for folder in FOLDERS:
        for path in sorted((directory / folder).glob("*.yaml")):
            document = read_document(directory, path, problems)
            if document is not None:
                found[folder][path.stem] = document
    settings = None
    if (directory / SETTINGS).is_file():
        settings = read_document(directory, directory / SETTINGS, problems)
    else:
        problems.append(Problem(SETTINGS, 1, 1, "the file is missing; it says who the store is"))
    problems += _strays(directory)
    return Playbook(directory, settings or Document(SETTINGS, {}, CommentedMap()), **found, problems=problems)


def read_document(directory: Path, path: Path, problems: list[Problem]) -> Document | None:
    """One YAML file; None, with the mistake added to `problems`, for what cannot be read."""
    file = path.relative_to(directory).as_posix()
    try:
        tree = _parse(path.read_text(encoding="utf-8"))
        return Document(file, _plain(tree, count(1)), tree)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line, column = (mark.line, mark.column) if mark else (0, 0)
        problems.append(Problem(file, line + 1, column + 1, _first_line(fault.problem or fault.context or "not YAML")))
    except RecursionError:
        problems.append(Problem(file, 1, 1, "the file refers to itself or nests too deep"))
    except UnicodeDecodeError:
        problems.append(Problem(file, 1, 1, "the file is not UTF-8 text"))
    except (YAMLError, OSError) as fault:
        problems.append(Problem(file, 1, 1, _first_line(str(fault))))
    return None


@lru_cache(maxsize=256)
def _parse(text: str) -> Any:
    """The tree with its places; nobody changes one, so an unchanged file is parsed once a process."""
    return YAML(typ="rt").load(text)


def _strays(directory: Path) -> list[Problem]:
    """YAML where nothing reads it: better named than silently without effect."""
    strays = [path for path in directory.glob("*.y*ml") if path.name != SETTINGS]
    for folder in sorted(each for each in directory.glob("*") if each.is_dir()):
        if folder.name in FOLDERS:
            strays += [path for path in folder.rglob("*.y*ml") if path.suffix != ".yaml" or path.parent != folder]
        elif folder.name not in OTHER_FOLDERS:
            strays += folder.rglob("*.y*ml")
    known = ", ".join(f"{folder}/" for folder in FOLDERS)
    return [
        Problem(
            path.relative_to(directory).as_posix(), 1, 1, f"nothing reads this file; definitions are .yaml in {known}"
        )
        for path in sorted(strays)
    ]


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "not YAML"


def _plain(node: Any, counted: Iterator[int]) -> Any:
    """`counted` numbers the values as they are written out: an alias is written out wherever it stands."""
    if next(counted) > MOST_VALUES:
        raise YAMLError(f"more than {MOST_VALUES:,} values, aliases written out")
    if isinstance(node, dict):
        return {str(key): _plain(value, counted) for key, value in node.items()}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [_plain(each, counted) for each in node]
    if isinstance(node, ScalarBoolean):
        return bool(node)
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, datetime):
        return node.isoformat(" ")
    if isinstance(node, date):
        return node.isoformat()
    if isinstance(node, float) and not math.isfinite(node):
        return str(node)  # JSON has no such number; as text it is refused where a number is wanted
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return str(node)
