"""Every word for an expected outcome is named by a test of the room that says it."""

import re

import pytest

from chalicelib.collect.delivery import DropReason
from chalicelib.decide.engine import Outcome
from chalicelib.deliver.gate import SkipReason
from tests.guards.sources import ROOT

ROOMS = {DropReason: "collect", SkipReason: "deliver", Outcome: "decide"}
TESTS = {
    room: "\n".join(path.read_text() for path in sorted((ROOT / "tests" / room).glob("*.py")))
    for room in ROOMS.values()
}


@pytest.mark.parametrize("reason", [reason for kind in ROOMS for reason in kind], ids=repr)
def test_a_reason_is_named_by_a_test_of_its_room(reason):
    named = rf"\b{type(reason).__name__}\.{reason.name}\b|\"{reason.value}\""
    assert re.search(named, TESTS[ROOMS[type(reason)]])
