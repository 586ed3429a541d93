"""What the operator asks of segments: those published, or one in a file that is not published yet.

Reads the deployed store and writes nothing. A file is checked as `dripline
check` checks it and completed with the settings of the published playbook, so
it means here what it will mean there; other segments that it asks about are
the published ones, or its neighbours in the same folder.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chalicelib.aws.services import Services
from chalicelib.aws.table import Key
from chalicelib.errors import DriplineError
from chalicelib.playbook.bundle import Bundle
from chalicelib.profile import phrases, store
from chalicelib.profile.customer import Customer
from chalicelib.profile.rule import references
from chalicelib.profile.words import Speech, say
from chalicelib.segment.preview import Condition, Preview
from cli.publish.check import circles, segment_problems
from cli.publish.compile import complete
from cli.publish.load import Document, Problem, read_document
from cli.publish.wording import nearest


@dataclass(frozen=True)
class Asked:
    """The segment meant, with every definition it needs; `published` is False for a file."""

    segment: str
    definitions: Mapping[str, Any]
    published: bool


def find(bundle: Bundle, wanted: str) -> Asked:
    """By id, or by the path of a YAML file. Raises DriplineError with the file's mistakes, or for an unknown id."""
    if wanted in bundle.segments:
        return Asked(wanted, bundle.segments, True)
    path = Path(wanted)
    if path.suffix != ".yaml":
        near = nearest(wanted, bundle.segments) or "; name one of `dripline segment list`, or a .yaml file"
        raise DriplineError(f"there is no segment {wanted!r}{near}")
    if not path.is_file():
        raise DriplineError(f"there is no file {wanted}")
    known = {*bundle.segments, *(each.stem for each in path.parent.glob("*.yaml"))}
    documents: dict[str, Document] = {}
    waiting = [path]
    while waiting:  # the file, and those of its neighbours that it asks about and that are not published
        each = waiting.pop()
        documents[each.stem] = document = _read(each, known)
        others = references(document.data["who"]) - set(documents) - set(bundle.segments)
        waiting += (path.with_name(f"{other}.yaml") for other in sorted(others))
    asks = {name: references(definition["who"]) for name, definition in bundle.segments.items()}
    _refuse(path.parent, circles(documents, asks))
    read = {
        name: {"name": each.data["name"], "who": complete(each.data["who"], bundle.settings)}
        for name, each in documents.items()
    }
    return Asked(path.stem, {**bundle.segments, **read}, False)


def _read(path: Path, known: Collection[str]) -> Document:
    problems: list[Problem] = []
    document = read_document(path.parent, path, problems)
    _refuse(path.parent, problems if document is None else segment_problems(document, path.stem, known))
    assert document is not None
    return document


def _refuse(directory: Path, problems: list[Problem]) -> None:
    if problems:
        raise DriplineError("\n".join(str(directory / str(problem)) for problem in sorted(problems)))


def preview(services: Services, asked: Asked, now: datetime, *, most: int) -> Preview:
    """Go through every customer, page by page."""
    (found,) = preview_all(services, {asked.segment: asked.definitions}, now, most=most)
    return found


def preview_all(
    services: Services, segments: Mapping[str, Mapping[str, Any]], now: datetime, *, most: int = 0
) -> list[Preview]:
    """Several at once, reading each customer once; each with the definitions that it is compared with."""
    found = [Preview(segment, definitions, most) for segment, definitions in segments.items()]
    for page in _pages(services) if found else ():
        for each in found:
            each.add(page, now)
    return found


def unmet(found: Preview, speech: Speech) -> dict[str, str]:
    """Of a segment of nobody the conditions that nobody meets, in words, each with why it cannot be told."""
    return {
        phrases.line(each.rule, speech): untold(each, speech) for each in found.conditions.values() if not each.size
    }


def untold(condition: Condition, speech: Speech) -> str:
    """Of how many a condition that nobody meets cannot be told, and why; nothing where it can be told of all."""
    if condition.size or not condition.untold:
        return ""
    told = speech.say("segment_untold", untold=condition.untold, asked=condition.asked)
    if condition.reason is None:
        return told
    reason, number = condition.reason
    why = say(reason, speech.sentences)
    some = why if number == condition.untold else speech.say("segment_untold_some", number=number, why=why)
    return speech.say("show_pair", what=told, told=some)


def _pages(services: Services) -> Iterator[list[Customer]]:
    after: Key | None = None
    while True:
        customers, after = store.scan(services, after=after)
        yield list(customers)
        if after is None:
            return
