"""Every fact Dripline knows, as a frozen dataclass in the past tense.

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
from typing import Any, ClassVar, Union, get_args, get_origin

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


@typing.dataclass_transform(kw_only_default=True, frozen_default=True)
def _declared(cls: type[Any]) -> type[Any]:
    """A frozen dataclass in effect; its methods are Event's, since generating them 40 times costs a cold start."""
    cls = dataclass(init=False, eq=False, repr=False)(cls)
    cls._defaults = {each.name: each.default for each in fields(cls) if each.default is not MISSING}
    cls._required = frozenset(each.name for each in fields(cls)) - cls._defaults.keys()
    return cls


@_declared
class Event:
    """What every fact has. `occurred_at` is the sender's time, `received_at` ours."""

    id: str
    occurred_at: datetime
    received_at: datetime
    source: str
    who: Mapping[str, str]

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
"""Event name → class, filled by `_fact`."""


@typing.dataclass_transform(kw_only_default=True, frozen_default=True)
@typing.dataclass_transform(kw_only_default=True, frozen_default=True)
def _fact(cls: type[Any]) -> type[Any]:
    cls = _declared(cls)
    cls.name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", cls.__name__).replace(" As ", " as ")
    EVENTS[cls.name] = cls
    return cls


# --- what customers do in the store ---


@_fact
class ProductViewed(Event):
    """A product page was seen."""

    product_id: str
    title: str = ""
    category: str = ""
    price: Money | None = None


@_fact
class ProductAdded(Event):
    """A product was put into the cart."""

    product_id: str
    title: str = ""
    category: str = ""
    price: Money | None = None
    quantity: int = 1


@_fact
class OrderCreated(Event):
    """An order was placed and is not yet paid. `updated_at` is the store's own, newest wins."""

    order_id: str
    total: Money
    updated_at: datetime
    number: str = ""
    discount: Money | None = None
    lines: tuple[Line, ...] = ()
    pay_url: str = ""
    codes: tuple[str, ...] = ()


@_fact
class OrderCompleted(OrderCreated):
    """An order was paid, at `occurred_at`."""

    placed_at: datetime | None = None


@_fact
class OrderUpdated(OrderCreated):
    """An order's content changed without changing its stage."""


@_fact
class OrderFulfilled(Event):
    """An order was sent to the customer."""

    order_id: str


@_fact
class OrderCancelled(Event):
    """An order was called off, by customer or store."""

    order_id: str
    reason: str = ""


@_fact
class OrderRefunded(Event):
    """Money went back; `refund_id` makes each refund count once."""

    order_id: str
    refund_id: str
    amount: Money
    reason: str = ""


@_fact
class CustomerUpdated(Event):
    """The store, an import or a form told what it knows of a person. Empty text means not told."""

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    language: str = ""
    country: str = ""
    time_zone: str = ""
    phone: str = ""


# --- consent ---


@_fact
class SignedUp(Event):
    """A person asked for messages and has not yet confirmed (double opt-in)."""

    email: str
    channel: str
    wording: str
    first_name: str = ""
    language: str = ""
    country: str = ""
    time_zone: str = ""
    page: str = ""


@_fact
class SubscriptionConfirmed(Event):
    """The address's owner pressed the button in the confirmation mail."""

    channel: str
    wording: str
    message_id: str = ""


@_fact
class ConsentRecorded(Event):
    """A store or an import told of consent given, refused or withdrawn elsewhere, at `occurred_at`."""

    channel: str
    subscribed: bool
    wording: str


@_fact
class Unsubscribed(Event):
    """A person withdrew consent for a channel; `how` is one_click, page, complaint or import."""

    channel: str
    how: str
    message_id: str = ""
    definition: str = ""


@_fact
class Resubscribed(Event):
    """A person took an unsubscribe back on the page that followed it."""

    channel: str
    wording: str
    message_id: str = ""


@_fact
class UnsubscribeReasonGiven(Event):
    """Why a person left; `reason` is one of the playbook's keys, `words` are theirs."""

    channel: str
    reason: str
    words: str = ""
    message_id: str = ""
    definition: str = ""


# --- what happened to our messages ---


class _MessageFact(Event):
    about_message: ClassVar[bool] = True


@_fact
class MessageSent(_MessageFact):
    """SES or another channel accepted a message. `definition` is `flow:welcome` or `campaign:…`."""

    message_id: str
    channel: str
    definition: str
    template: str
    step: str = ""
    arm: str = ""
    local_hour: int = 0
    order_id: str = ""
    marketing: bool = True
    consent_id: str = ""


@_fact
class MessageSkipped(_MessageFact):
    """A planned message was not sent, and why (a SkipReason)."""

    message_id: str
    channel: str
    definition: str
    reason: str
    step: str = ""


@_fact
class EmailAccepted(_MessageFact):
    """SES says that it took the mail: settles a call whose answer got lost."""

    message_id: str


@_fact
class EmailDelivered(_MessageFact):
    """The recipient's server took the mail."""

    message_id: str


@_fact
class EmailDelayed(_MessageFact):
    """The recipient's server put the mail off; SES keeps trying."""

    message_id: str
    kind: str = ""


@_fact
class EmailBounced(_MessageFact):
    """The mail came back. `permanent` ends mailing this address."""

    message_id: str
    permanent: bool
    kind: str = ""


@_fact
class EmailMarkedAsSpam(_MessageFact):
    """The recipient complained to the mailbox provider."""

    message_id: str
    kind: str = ""


@_fact
class EmailRejected(_MessageFact):
    """SES accepted the call and then refused to send (virus, rendering)."""

    message_id: str
    kind: str = ""


@_fact
class EmailOpened(_MessageFact):
    """The pixel was fetched. `agent` says by whom: person, proxy or scanner."""

    message_id: str
    agent: str = "person"


@_fact
class EmailLinkClicked(_MessageFact):
    """A link was followed. `link` is its number in the message."""

    message_id: str
    link: int
    agent: str = "person"
    definition: str = ""


# --- what Dripline decided ---


@_fact
class SegmentEntered(Event):
    """A customer began to satisfy a segment's rule."""

    segment: str


@_fact
class SegmentLeft(Event):
    """A customer ceased to satisfy a segment's rule."""

    segment: str


@_fact
class FlowEntered(Event):
    """A run of a flow began, or would have begun had the customer not been held out."""

    flow: str
    run: str
    held_out: bool = False


@_fact
class FlowLeft(Event):
    """A run ended: `outcome` is finished, goal, exit, or a refusal's name."""

    flow: str
    run: str
    outcome: str


@_fact
class CouponGranted(Event):
    """A coupon code was promised to a customer."""

    code: str
    offer: str
    expires_at: datetime
    amount: Money | None = None
    percent: int = 0
    message_id: str = ""


@_fact
class PointsChanged(Event):
    """Points were given or taken: `delta` with its sign."""

    delta: int
    reason: str


# --- serialisation ---


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


_SCALARS: dict[Any, Callable[[Any], Any]] = {
    str: _exactly(str),
    int: _exactly(int),
    bool: _exactly(bool),
    datetime: clock.parse,
    Money: _read_money,
    Line: _read_line,
}
