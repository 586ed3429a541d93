"""docs/rows.md has every row of what is promised to users, each with tests that are really there."""

import ast
import re

import pytest

from tests.guards.sources import ROOT

ROWS = [
    f"{kind}{number}"
    for kind, last in (("C", 12), ("P", 8), ("S", 9), ("R", 7), ("K", 3))
    for number in range(1, last + 1)
]
PAGE = (ROOT / "docs" / "rows.md").read_text(encoding="utf-8")
TABLE = {
    cells[0]: cells[1:]
    for line in PAGE.splitlines()
    if re.match(r"\| [A-Z]\d+ \|", line)
    for cells in [[cell.strip() for cell in line.strip("|").split(" | ")]]
}


def names_in(path):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_no_row_is_missing_and_none_is_there_twice():
    assert list(TABLE) == ROWS
    assert len(re.findall(r"^\| [A-Z]\d+ \|", PAGE, re.MULTILINE)) == len(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_a_row_says_what_one_can_do_and_names_tests_that_exist(row):
    what, where, proof = TABLE[row]
    assert len(what) > 40
    assert where
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof)
    assert named
    assert re.sub(r"`tests/[\w/]+\.py::\w+`", "", proof).strip() == "", "nothing but names of tests"
    for path, test in named:
        assert test in names_in(path), f"{path}::{test}"
