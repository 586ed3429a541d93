"""Mistakes in source mappings: events that do not exist, fields they do not have, values of the wrong shape."""

import typing
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import datetime
from typing import Any, get_args

from chalicelib.catalogue.product import FIELDS, MONEY
from chalicelib.collect.sources.generic import PRODUCT_EVENTS
from chalicelib.events import EVENTS, IDENTIFIER_KINDS, Event, Line
from chalicelib.money import Money
from cli.publish.load import Document, Problem, Where
from cli.publish.wording import nearest

OWN_ADAPTERS = ("shopify", "woocommerce", "shopline", "shoplazza")
_WHO = tuple(kind for kind in IDENTIFIER_KINDS if kind in ("email", "customer", "phone", "anonymous"))
_COMMON = {item.name for item in fields(Event)}
_LINE = {item.name: item.default is MISSING for item in fields(Line)}


def source_problems(document: Document) -> Iterator[Problem]:
    """Problems of a source mapping whose shape is right."""
    if document.data["id"] in OWN_ADAPTERS:
        yield document.problem(("id",), f"{document.data['id']} has an adapter of its own; choose another name")
    for topic, mapping in document.data["events"].items():
        here: Where = ("events", topic)
        if mapping["event"] in PRODUCT_EVENTS:
            yield from _product(document, mapping, here)
            continue
        if "who" not in mapping:
            yield document.problem(here, f"{mapping['event']} needs `who` it is about")
        for kind in mapping.get("who", ()):
            if kind not in _WHO:
                yield document.problem((*here, "who", kind), f"unknown identifier {kind!r}; known: {', '.join(_WHO)}")
        event = EVENTS[mapping["event"]]
        if event.about_message or event.name in _OURS:
            yield document.problem((*here, "event"), f"{event.name!r} is told by Dripline itself, not by a store")
            continue
        yield from _fields(document, event, mapping["fields"], (*here, "fields"))


def _product(document: Document, mapping: dict[str, Any], where: Where) -> Iterator[Problem]:
    """A change of the catalogue is about nobody, and its fields are a product's."""
    if "who" in mapping:
        yield document.problem((*where, "who"), f"{mapping['event']} is about nobody")
    known = sorted({*FIELDS, "stock"})
    for name, value in mapping["fields"].items():
        here: Where = (*where, "fields", name)
        if name not in known:
            yield document.problem(here, f"a product has no field {name!r}{nearest(name, known)}")
        elif name in MONEY:
            yield from _value(document, Money, value, here)
        else:
            yield from _plain_value(document, value, here)


_OURS = ("Segment Entered", "Segment Left", "Flow Entered", "Flow Left", "Coupon Granted")


def _fields(document: Document, event: type[Event], mapped: dict[str, Any], where: Where) -> Iterator[Problem]:
    hints = typing.get_type_hints(event)
    own = {item.name: item for item in fields(event) if item.name not in _COMMON}
    for name, value in mapped.items():
        if name not in own:
            yield document.problem((*where, name), f"{event.name} has no field {name!r}{nearest(name, own)}")
            continue
        yield from _value(document, hints[name], value, (*where, name))
    for name, item in own.items():
        if name not in mapped and item.default is MISSING and item.default_factory is MISSING:
            yield document.problem(where, f"{event.name} needs the field {name!r}")


def _value(document: Document, hint: Any, value: Any, where: Where) -> Iterator[Problem]:
    if hint is Money or Money in get_args(hint):
        if not isinstance(value, dict) or set(value) != {"amount", "currency"}:
            yield document.problem(where, "money is {amount: <path>, currency: <path>}")
        else:
            for key, each in value.items():
                yield from _plain_value(document, each, (*where, key))
    elif Line in get_args(hint):
        yield from _lines(document, value, where)
    elif typing.get_origin(hint) is tuple:
        if not isinstance(value, str):
            yield document.problem(where, "the path of a list is wanted")
    elif hint is datetime or datetime in get_args(hint):
        if not isinstance(value, str):
            yield document.problem(where, "the path of a time is wanted")
    else:
        yield from _plain_value(document, value, where)


def _lines(document: Document, value: Any, where: Where) -> Iterator[Problem]:
    if not isinstance(value, dict) or not isinstance(value.get("each"), str):
        yield document.problem(where, "lines are {each: <path of a list>, product_id: <path>, …}")
        return
    for name, each in value.items():
        if name == "each":
            continue
        if name not in _LINE:
            yield document.problem((*where, name), f"a line has no field {name!r}{nearest(name, _LINE)}")
        else:
            yield from _value(document, Money if name == "price" else str, each, (*where, name))
    for name, needed in _LINE.items():
        if needed and name not in value:
            yield document.problem(where, f"a line needs the field {name!r}")


def _plain_value(document: Document, value: Any, where: Where) -> Iterator[Problem]:
    if not isinstance(value, str) and set(value) != {"constant"}:
        yield document.problem(where, "a path or {constant: <value>} is wanted")
