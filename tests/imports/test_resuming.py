"""An import that crashed: the same command again goes on where it stopped, and writes nothing twice."""

import json
from datetime import UTC, datetime

import pytest

from chalicelib import events
from chalicelib.errors import Unavailable
from cli.imports import customers
from cli.imports import sheet as sheets
from cli.imports.checkpoint import Checkpoint
from cli.imports.load import load
from cli.imports.origin import Origin
from cli.imports.seen import Seen

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Failing:
    """The services, whose log fails at a certain write: a crash in the middle of an import."""

    def __init__(self, services, at):
        self._services, self._left = services, at
        self.written = 0
        self.looked = 0

    def __getattr__(self, name):
        return self if name == "events" else getattr(self._services, name)

    def get_many(self, keys, **more):
        self.looked += 1
        return self._services.events.get_many(keys, **more)

    def put_many(self, items):
        self._left -= 1
        if not self._left:
            raise Unavailable("no answer")
        self.written += 1
        return self._services.events.put_many(items)


def facts_of(services):
    found, after = [], None
    while True:
        page = services.events.scan(after=after)
        found += [events.parse(json.loads(item["body"])) for item in page.items]
        after = page.next_key
        if after is None:
            return found


def test_after_a_crash_the_same_command_goes_on_and_changes_nothing_twice(cloud, sheet):
    rows = "".join(f"n{number}@mail.example,Ann\n" for number in range(100))
    path = sheet(f"Email,First Name\n{rows}broken,x\n")

    def go(services):
        groups = customers.read(sheets.Sheet(path, customers.COLUMNS, customers.NEEDED), Origin(NOW), seen=Seen())
        return load(services, groups, now=NOW, checkpoint=Checkpoint(path, "customers"), size=20)

    crashing = Failing(cloud, 4)
    with pytest.raises(Unavailable):
        go(crashing)
    assert len(facts_of(cloud)) == 60
    healthy = Failing(cloud, -1)
    report = go(healthy)
    assert (report.taken, report.resumed, sum(report.written.values()), report.refused) == (100, 60, 40, 1)
    assert healthy.looked == 2  # what was done is not even looked up
    assert len({fact.id for fact in facts_of(cloud)}) == len(facts_of(cloud)) == 100
    assert not list(path.parent.glob(".*.dripline-progress*"))
    once_more = go(cloud)
    assert (once_more.resumed, once_more.written, once_more.known) == (0, {}, 100)
