"""Every fact is understood by the fold, comes back from the log as it went in, and is written down."""

import dataclasses
import json
import typing
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Union, get_args, get_origin

import pytest

from chalicelib import events, ids
from chalicelib.money import Money
from chalicelib.profile import fold, lifts
from cli import docs

AT = datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=UTC)
SAMPLES = {
    str: "sample “1”",
    int: 7,
    datetime: AT,
    Money: Money(1299, "USD"),
    events.Said: events.Said("occupation", "nurse, 护士"),
    events.Line: events.Line("p1", "Linen, 亚麻", 2, Money(650, "USD"), "home"),
}
EVERY = pytest.mark.parametrize("name", events.EVENTS)


def sample(hint, default):
    """A value of a field's type that is not its default."""
    if hint is bool:
        return default is not True
    if get_origin(hint) in (Union, UnionType):
        return sample(next(each for each in get_args(hint) if each is not type(None)), default)
    if get_origin(hint) is tuple:
        return (sample(get_args(hint)[0], default),) * 2
    return SAMPLES[hint]


def complete(name):
    """A fact with every field told."""
    event = events.EVENTS[name]
    hints = typing.get_type_hints(event)
    common = {
        "id": ids.event_id("guard", name),
        "occurred_at": AT,
        "received_at": AT + timedelta(seconds=3),
        "source": "guard",
        "who": {"email": "ann@mail.example", "phone": "+15550100"},
    }
    told = [item for item in dataclasses.fields(event) if item.name not in common]
    return event(**common, **{item.name: sample(hints[item.name], item.default) for item in told})


def least(name):
    """A fact with nothing told that may be left out."""
    whole = complete(name)
    required = [item.name for item in dataclasses.fields(whole) if item.default is dataclasses.MISSING]
    return type(whole)(**{field: getattr(whole, field) for field in required})


@EVERY
def test_it_comes_back_from_the_log_as_it_went_in(name):
    for fact in (complete(name), least(name)):
        written = events.to_json(fact)
        assert events.parse(json.loads(written)) == fact
        assert json.loads(written) == events.serialise(fact)
    assert set(events.serialise(complete(name))) == {
        "name",
        *(item.name for item in dataclasses.fields(complete(name))),
    }


@EVERY
def test_the_fold_understands_it_in_full_and_in_short(name):
    assert events.EVENTS[name] in lifts.LIFTS
    for fact in (complete(name), least(name)):
        customer = fold.fold_all(fact.partition, [fact]).customer
        counted = name + (lifts.BY_MACHINE if getattr(fact, "agent", "person") != "person" else "")
        assert customer.count(counted, within=None, now=AT + timedelta(hours=1)) == 1


def test_the_fold_knows_of_nothing_else():
    assert lifts.LIFTS.keys() == set(events.EVENTS.values())


@EVERY
def test_it_says_in_one_line_what_it_says(name):
    event = events.EVENTS[name]
    assert event.__doc__ != event.__base__.__doc__
    assert event.__doc__.strip().splitlines()[0].endswith(".")
    (line,) = [line for line in docs.EVENTS_PAGE.read_text().splitlines() if line.startswith(f"| {name} |")]
    for item in dataclasses.fields(event):
        assert (f"`{item.name}:" in line) == (item.name not in docs.COMMON)


def test_the_page_is_what_the_generator_writes():
    assert docs.EVENTS_PAGE.read_text(encoding="utf-8") == docs.events_page(), "run `python -m cli.docs`"
