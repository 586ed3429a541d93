"""The words for what is known of a customer: `reasons/<language>.yaml`, in the operator's languages.

A playbook without them, or without some of them, has those that come with
Dripline. Refuses a sentence that is not known, and one that asks for figures
which Dripline's own does not.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chalicelib.profile.words import LANGUAGES, places
from cli.publish.load import DEFAULT, Document, Problem, read_document

FOLDER = "reasons"
SECTIONS = ("names", "reasons")


def read_reasons(directory: Path) -> tuple[dict[str, Any], list[Problem]]:
    """(language → join, names and reasons, problems)."""
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for language in LANGUAGES:
        own = _read(directory, language, problems)
        ours = _read(DEFAULT, language, []) if directory != DEFAULT or own is None else own
        if ours is None:  # the files that come with Dripline
            problems.append(Problem(f"{FOLDER}/{language}.yaml", 1, 1, "the file is missing"))
            continue
        if own is not None:
            problems += _mistakes(own, ours)
        found[language] = _over(ours.data, own.data if own is not None else {})
    return found, problems


def _read(directory: Path, language: str, problems: list[Problem]) -> Document | None:
    path = directory / FOLDER / f"{language}.yaml"
    return read_document(directory, path, problems) if path.is_file() else None


def _mistakes(own: Document, ours: Document) -> Iterator[Problem]:
    if not isinstance(own.data, dict):
        yield own.problem((), "expected join, names and reasons")
        return
    for key, value in own.data.items():
        if key == "join" and isinstance(value, str):
            continue
        if key not in SECTIONS or not isinstance(value, dict):
            yield own.problem((key,), f"{key} is not known here; expected join, names and reasons")
    for kind, names in _section(own, "names").items():
        if kind not in _section(ours, "names") or not isinstance(names, dict):
            yield own.problem(("names", kind), f"nothing is named by {kind}")
    for key, sentence in _section(own, "reasons").items():
        known = _section(ours, "reasons").get(key)
        if known is None:
            yield own.problem(("reasons", key), f"there is no reason {key}")
        elif not isinstance(sentence, str) and not _is_clauses(sentence):
            yield own.problem(("reasons", key), "expected a sentence, or a list of clauses")
        elif unknown := places(sentence) - places(known):
            yield own.problem(("reasons", key), f"{key} has no figure {min(unknown)}")


def _is_clauses(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _section(document: Document, name: str) -> dict[str, Any]:
    found = document.data.get(name)
    return found if isinstance(found, dict) else {}


def _over(ours: Any, own: Any) -> Any:
    """`own` where it says something, else `ours`, down to single words."""
    if isinstance(ours, dict) and isinstance(own, dict):
        return {key: _over(ours.get(key), own.get(key)) for key in [*ours, *(each for each in own if each not in ours)]}
    return ours if own is None else own
