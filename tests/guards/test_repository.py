"""What the project says of itself is true: commands, links, names of functions, and nothing of one machine."""

import ast
import re
import shlex
from pathlib import Path

import click
import pytest

from cli.main import dripline
from tests.guards.sources import ROOT, python, tracked, tree

PAGES = [path for path in tracked() if path.suffix == ".md"]
FENCE = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
REFERENCE = re.compile(r"`((?:app|chalicelib|cli|infra)[\w/]*\.py):(\w+(?:\.\w+)?)(?:\(\))?`")
PLACES = re.compile(r"(?<![\w.])/(?:work|root|farm|home/[a-z]+|Users/[a-z]+)/(?!\|)")
HOSTS = re.compile(r"(?:pypi|pythonhosted)\.org|npmjs\.(?:org|com)|--index[-]url|artifactor[y]")


def commands(page: Path) -> set[str]:
    """Every command line of ours in a page's code blocks and code spans."""
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = [line for block in FENCE.findall(text) for line in block.splitlines()] + CODE.findall(FENCE.sub("", text))
    return {line.strip().removeprefix("$ ") for line in lines if re.match(r"(\$ )?(make|dripline)( |$)", line.strip())}


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z0-9-]*):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))


def find_command(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that a line calls, and the words left for it."""
    command: click.Command = dripline
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command, words = command.commands[words[0]], words[1:]
    return command, words


def test_the_pages_name_commands():
    assert {"make demo", "make test"} <= commands(Path("README.md"))
    assert len([line for line in commands(Path("README.md")) if line.startswith("dripline")]) >= 4


def test_decisions_are_numbered_once_and_named_as_they_are():
    pages = sorted(page for page in PAGES if page.parent.name == "decisions")
    numbers = [int(page.name[:4]) for page in pages]
    assert len(numbers) == len(set(numbers))
    for page in pages:
        assert (ROOT / page).read_text(encoding="utf-8").startswith(f"# {int(page.name[:4])}. "), page
    known = {page.name[:4] for page in pages}
    for path in tracked():
        if path.suffix in (".py", ".md"):
            assert set(re.findall(r"decisions/(\d{4})", (ROOT / path).read_text(encoding="utf-8"))) <= known, path


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_command_a_page_names_is_there_with_its_options(page):
    for line in commands(page):
        program, *words = shlex.split(line.partition("#")[0])
        if program == "make":
            assert {word for word in words if "=" not in word} <= targets(), line
            continue
        command, rest = find_command(words)
        options = {name for option in command.params for name in (*option.opts, *option.secondary_opts)}
        given = {word.partition("=")[0] for word in rest if word.startswith("-")}
        assert given <= options | {"-h", "--help"}, line


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_relative_link_leads_to_a_file_of_the_project(page):
    for link in LINK.findall(FENCE.sub("", (ROOT / page).read_text(encoding="utf-8"))):
        path, _, fragment = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (ROOT / page).parent / path if path else ROOT / page
        assert target.exists(), f"{page}: {link}"
        assert target.resolve().is_relative_to(ROOT), f"{page}: {link}"
        if fragment:
            assert fragment in headings(target), f"{page}: {link}"


def headings(page: Path) -> set[str]:
    """The anchors that a page's headings get."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_every_function_a_page_points_at_is_there(page):
    for path, name in REFERENCE.findall((ROOT / page).read_text(encoding="utf-8")):
        assert (ROOT / path).is_file(), f"{page}: {path}"
        assert name in defined(Path(path)), f"{page}: {path}:{name}"


def test_the_page_of_the_tables_points_at_functions():
    assert REFERENCE.findall((ROOT / "docs" / "data.md").read_text(encoding="utf-8"))


def defined(path: Path) -> set[str]:
    """Functions, classes, methods as `Class.method`, and names assigned at the top of a file."""
    names = set()
    for node in tree(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
            names |= {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
        if isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_no_file_tells_of_one_machine_or_one_registry():
    told = []
    for path in tracked():
        try:
            lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # a picture
        told += [
            f"{path}:{number}" for number, line in enumerate(lines, 1) if PLACES.search(line) or HOSTS.search(line)
        ]
    assert told == []


def test_a_file_can_be_read_in_one_sitting():
    lengths = {
        path: len((ROOT / path).read_text(encoding="utf-8").splitlines())
        for path in python("app.py", "chalicelib", "cli")
    }
    assert {path: length for path, length in lengths.items() if length > 350} == {}


def test_nothing_is_left_to_do():
    marks = re.compile(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b")
    left = [
        path
        for path in python("app.py", "chalicelib", "cli", "infra", "bench")
        if marks.search((ROOT / path).read_text())
    ]
    assert left == []
