"""What every fact is: its common fields, how it is declared, written to the log and read back.

A fact is written once to the log, serialised by `serialise`, and read back by
`parse`. Its `id` is its idempotency key: the same fact delivered again has the
same id. `who` holds the identifiers the sender gave; the strongest of them
names the partition of the log (`partition`). This module refuses to decide
anything: what a fact changes is said by the fold in `profile/`.

Event names follow Segment's spec V2 (ecommerce, email); ours are in its style.
A new field needs a default, so that facts written before it still parse; a
change of meaning needs a new event.
"""

import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Union, get_args, get_origin

from chalicelib import clock, ids
from chalicelib.errors import BadEvent, BadInput
from chalicelib.money import Money

IDENTIFIER_KINDS = ("profile", "email", "customer", "phone", "anonymous", "order")
"""Strongest first. `profile` is used by facts about our own messages; `order` leads from a refund or a
deletion, which name nobody, to whoever placed the order."""

CHANNELS = ("email", "sms")
"""What consent is given for."""


@dataclass(frozen=True)
class Line:
    """One line of an order; `price` is per piece."""

    product_id: str
    title: str
    quantity: int
    price: Money
    category: str = ""


class Said(NamedTuple):
    """One thing a person told: which question, and the answer; several answers are joined by commas."""

    key: str
    value: str


@typing.dataclass_transform(kw_only_default=True, frozen_default=True)
def _declared(cls: type[Any]) -> type[Any]:
    """A frozen dataclass in effect; its methods are Event's, since generating them 40 times costs a cold start."""
    cls = dataclass(init=False, eq=False, repr=False)(cls)
    cls._defaults = {each.name: each.default for each in fields(cls) if each.default is not MISSING}
    cls._required = frozenset(each.name for each in fields(cls)) - cls._defaults.keys()
    return cls


@_declared
class Event:
    """What every fact has. `occurred_at` is the sender's time, `received_at` ours.

    `shop` is which of a platform's shops told it, where the platform says so: a store may have several.
    """

    id: str
    occurred_at: datetime
    received_at: datetime
    source: str
    who: Mapping[str, str]
    shop: str = ""

    name: ClassVar[str] = ""
    about_message: ClassVar[bool] = False
    _defaults: ClassVar[dict[str, Any]] = {}
    _required: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, **values: Any) -> None:
        if not self._required <= values.keys() or len(values.keys() - self._defaults.keys()) > len(self._required):
            wrong = sorted((self._required - values.keys()) | (values.keys() - self._required - self._defaults.keys()))
            raise TypeError(f"{self.name}: missing or unknown: {', '.join(wrong)}")
        self.__dict__.update(self._defaults)
        self.__dict__.update(values)
        if not any(self.who.get(kind) for kind in IDENTIFIER_KINDS):
            raise BadEvent(f"{self.name}: nobody in `who`; one of {', '.join(IDENTIFIER_KINDS)} is needed")

    def __setattr__(self, name: str, value: Any) -> None:
        raise FrozenInstanceError(f"a fact does not change: {name}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"a fact does not change: {name}")

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(self) is type(other) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"

    @property
    def partition(self) -> str:
        """The identity key of the strongest identifier: the log's partition key."""
        return self.identities[0]

    @property
    def identities(self) -> list[str]:
        """Identity keys of all identifiers given, strongest first."""
        return [ids.identity_key(kind, self.who[kind]) for kind in IDENTIFIER_KINDS if self.who.get(kind)]

    @property
    def order_key(self) -> tuple[str, str]:
        """Facts sort by when they occurred; the id breaks ties the same way everywhere."""
        return clock.to_text(self.occurred_at), self.id


EVENTS: dict[str, type[Event]] = {}
"""Event name → class, filled by `fact`."""


@typing.dataclass_transform(kw_only_default=True, frozen_default=True)
def fact(cls: type[Any]) -> type[Any]:
    cls = _declared(cls)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cls.__name__).replace("Sms ", "SMS ")
    cls.name = re.sub(r" (As|In|To|From) ", lambda found: found[0].lower(), words)
    EVENTS[cls.name] = cls
    return cls


def serialise(event: Event) -> dict[str, Any]:
    """JSON-ready dictionary; defaults are left out, times are text, money is [amount, currency]."""
    data: dict[str, Any] = {"name": event.name}
    for item in fields(event):
        value = getattr(event, item.name)
        if value != item.default:
            data[item.name] = _to_json(value)
    return data


def _to_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.to_text(value)
    if isinstance(value, Line):
        return [value.product_id, value.title, value.quantity, list(value.price), value.category]
    if isinstance(value, Said):
        return list(value)
    if isinstance(value, tuple):
        return [_to_json(each) for each in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value


def to_json(event: Event) -> str:
    return json.dumps(serialise(event), ensure_ascii=False, separators=(",", ":"))


def parse(data: Mapping[str, Any]) -> Event:
    """The event that `serialise` wrote. Raises BadEvent, naming the field, for anything else."""
    name = data.get("name")
    cls = EVENTS.get(name) if isinstance(name, str) else None
    if cls is None:
        raise BadEvent(f"unknown event: {str(name)[:40]!r}")
    values = {}
    for field_name, (read, required) in _readers(cls).items():
        if field_name in data:
            try:
                values[field_name] = read(data[field_name])
            except (BadInput, TypeError, ValueError, IndexError, KeyError, AttributeError) as fault:
                raise BadEvent(f"{name}.{field_name}: {fault}") from fault
        elif required:
            raise BadEvent(f"{name}.{field_name} is missing")
    return cls(**values)


_readers_of: dict[type[Event], dict[str, tuple[Callable[[Any], Any], bool]]] = {}


def _readers(cls: type[Event]) -> dict[str, tuple[Callable[[Any], Any], bool]]:
    """Field name → how to read it and whether it must be there; worked out once a class, when first parsed."""
    if cls not in _readers_of:
        hints = typing.get_type_hints(cls)
        _readers_of[cls] = {
            item.name: (_reader(hints[item.name]), item.default is MISSING and item.default_factory is MISSING)
            for item in fields(cls)
        }
    return _readers_of[cls]


def _reader(hint: Any) -> Callable[[Any], Any]:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        read = _reader(next(each for each in get_args(hint) if each is not type(None)))
        return lambda value: None if value is None else read(value)
    if origin is tuple:
        read = _reader(get_args(hint)[0])
        return lambda value: tuple(read(each) for each in value)
    if origin is not None:
        return _read_who
    return _SCALARS[hint]


def _exactly(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise BadInput(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return read


def _read_who(value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise BadInput(f"expected a mapping, got {type(value).__name__}")
    unknown = set(value) - set(IDENTIFIER_KINDS)
    if unknown:
        raise BadInput(f"unknown identifier {sorted(unknown)[0]!r}")
    return {kind: _exactly(str)(each) for kind, each in value.items()}


def _read_money(value: Any) -> Money:
    amount, currency = value
    return Money(_exactly(int)(amount), _exactly(str)(currency))


def _read_line(value: Any) -> Line:
    product_id, title, quantity, price, category = value
    return Line(product_id, title, _exactly(int)(quantity), _read_money(price), category)


def _read_said(value: Any) -> Said:
    key, said = value
    return Said(_exactly(str)(key), _exactly(str)(said))


_SCALARS: dict[Any, Callable[[Any], Any]] = {
    str: _exactly(str),
    int: _exactly(int),
    bool: _exactly(bool),
    datetime: clock.parse,
    Money: _read_money,
    Line: _read_line,
    Said: _read_said,
}
