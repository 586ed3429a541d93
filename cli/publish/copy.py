"""The words of mails and pages: `strings/<language>.yaml`, looked up by mail and name.

Refuses a language file that is missing or not YAML; every problem has its place.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from cli.publish.load import Document, Problem, Where


def read_strings(directory: Path, languages: list[str]) -> tuple[dict[str, Document], list[Problem]]:
    """One document a language; what could not be read is empty and a problem."""
    found, problems = {}, []
    for language in languages:
        file = f"strings/{language}.yaml"
        tree: Any = CommentedMap()
        try:
            tree = YAML(typ="rt").load((directory / file).read_text(encoding="utf-8")) or tree
        except MarkedYAMLError as fault:
            line, column = (fault.problem_mark.line, fault.problem_mark.column) if fault.problem_mark else (0, 0)
            problems.append(Problem(file, line + 1, column + 1, str(fault.problem or "not YAML")))
        except (YAMLError, OSError, UnicodeDecodeError):
            problems.append(Problem(file, 1, 1, f"the words in {language} are missing or cannot be read"))
        if not isinstance(tree, CommentedMap):
            problems.append(Problem(file, 1, 1, "expected `formats`, `mails` and `pages`"))
            tree = CommentedMap()
        found[language] = Document(file, tree, tree)
    return found, problems


def find(strings: Document, mail: str, name: str) -> tuple[Where, str | list[str]] | None:
    """The text for `[[name]]` in a mail and where it stands: under the mail, else under `common`."""
    mails = strings.data.get("mails") or {}
    for section in (mail, "common"):
        value = (mails.get(section) or {}).get(name)
        if isinstance(value, str):
            return ("mails", section, name), str(value)
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            return ("mails", section, name), [str(each) for each in value]
    return None


def compare(strings: dict[str, Document], section: str) -> Iterator[Problem]:
    """What one language says in a section and another does not."""
    names = {language: set(_names(document.data.get(section), ())) for language, document in strings.items()}
    everything = set().union(*names.values()) if names else set()
    for language, document in strings.items():
        if not names[language]:
            yield document.problem((), f"`{section}` is missing")
            continue
        for name in sorted(everything - names[language]):
            yield document.problem((section, *name), f"{section}.{'.'.join(name)} is missing in {language}")


def _names(node: Any, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _names(value, (*above, str(key)))
    elif node is not None:
        yield above


def plain(node: Any) -> Any:
    """YAML's own types → JSON's."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(each) for each in node]
    return str(node) if isinstance(node, str) else node
