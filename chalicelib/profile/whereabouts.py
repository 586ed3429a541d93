"""Where a person's data lies: everything that names them, in tables and objects, for export and for erasure alike.

`trace` begins with what is known (a profile, or identifiers a request names)
and follows facts and aliases until nothing new is found. A weak identifier that
belongs to somebody else, such as a family's phone, is not followed. Bodies that
became no fact are searched for addresses and ids. Refuses to change anything.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from chalicelib import clock, ids
from chalicelib.aws.services import Services
from chalicelib.aws.table import Item, Key, alias_key, profile_key
from chalicelib.events import Event
from chalicelib.profile import archive, log
from chalicelib.profile.packing import unpack

_MARGIN = timedelta(days=2)
_CUSTOMER = frozenset(("customer", "customer_id", "customerid", "user_id", "userid"))
_DIGITS = re.compile(r"\d")
_DOMAIN = re.compile(r"(?<=@)[\w.\-\u0300-\u036f]+")


@dataclass
class Person:
    """What names one person. `keys` are identity keys and profile ids, `values` identifiers in the clear by kind,
    `hours` which hours (bits) of which days their facts were received in."""

    profile_ids: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    values: dict[str, set[str]] = field(default_factory=dict)
    hours: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Person":
        values = {kind: set(found) for kind, found in data["values"].items()}
        return cls(set(data["profile_ids"]), set(data["keys"]), values, dict(data["hours"]))

    def to_json(self) -> dict[str, Any]:
        values = {kind: sorted(found) for kind, found in sorted(self.values.items())}
        return {
            "profile_ids": sorted(self.profile_ids),
            "keys": sorted(self.keys),
            "values": values,
            "hours": dict(sorted(self.hours.items())),
        }

    @property
    def ranges(self) -> set[str]:
        """Hash ranges of the archive that may hold lines of theirs."""
        return {archive.range_of(key) for key in self.keys}

    @property
    def days(self) -> set[date]:
        return {date.fromisoformat(day) for day in self.hours}

    def add(self, kind: str, value: str) -> None:
        if value:
            self.values.setdefault(kind, set()).add(value)

    def note(self, event: Event) -> None:
        """Remember when a fact of theirs was received, and their identifiers in it."""
        day, hour = clock.to_text(event.received_at)[:10], event.received_at.hour
        self.hours[day] = self.hours.get(day, 0) | 1 << hour
        for kind, value in event.who.items():
            if value and kind != "profile" and ids.identity_key(kind, value) in self.keys:
                self.add(kind, value)

    def is_named_by(self, partition: str, profile_id: str) -> bool:
        """Whether a line of the archive is theirs."""
        return partition in self.keys or profile_id in self.keys

    def may_lie_in(self, horizon: date) -> Any:
        """For `archive.objects`: the hours their facts were received in, and all that is older than the log."""

        def wanted(day: date, hour: str) -> bool:
            bits = self.hours.get(day.isoformat(), 0)
            return day < horizon or bool(bits >> int(hour) & 1 if hour else bits)

        return wanted


def horizon_of(now: datetime) -> date:
    """Received days before this one may be gone from the log."""
    return (now - log.KEPT + _MARGIN).date()


def named(services: Services, identifiers: Iterable[tuple[str, str]]) -> Person:
    """A person by (kind, value) as a request gives them: the strong ones, or else whatever there is."""
    given = [(kind, value) for kind, value in identifiers if value]
    strong = [(kind, value) for kind, value in given if kind in ("email", "customer", "profile")]
    person = Person()
    for kind, value in strong or given:
        key = ids.identity_key(kind, value)
        person.keys.add(key)
        if kind != "profile":
            person.add(kind, value)
        alias = services.profiles.get(alias_key(key), consistent=True)
        person.profile_ids.add(alias["profile_id"] if alias else key)
    person.keys |= person.profile_ids
    return person


def trace(services: Services, person: Person, now: datetime) -> tuple[Person, list[Event]]:
    """Everything the tables tell of who this is, added to what is known; and all facts of theirs in the log."""
    facts: dict[str, Event] = {}
    asked: set[str] = set()
    weak: set[str] = set()
    while person.keys - asked:
        todo = sorted(person.keys - asked)
        asked |= set(todo)
        for item in services.profiles.get_many([profile_key(key) for key in todo], consistent=True):
            _read_profile(person, item)
        found = [event for key in todo for event in log.read(services, key)]
        facts |= {event.id: event for event in found}
        mentioned = {ids.identity_key(kind, value) for event in found for kind, value in event.who.items() if value}
        candidates = sorted((mentioned | weak) - person.keys)
        for alias in services.profiles.get_many(map(alias_key, candidates), consistent=True):
            if alias["profile_id"] in person.profile_ids:
                person.keys.add(alias["pk"])
        weak |= mentioned
    for event in facts.values():
        person.note(event)
    return person, list(facts.values())


def _read_profile(person: Person, item: Item) -> None:
    person.profile_ids |= {item["pk"], *item.get("absorbed", ())}
    if "merged_into" in item:
        person.profile_ids.add(item["merged_into"])
    person.keys |= person.profile_ids | set(item.get("identities", ()))
    facets = unpack(item["body"])
    for address in facets.get("addresses", {}):
        person.add("email", address)
    for kind in ("email", "phone"):
        told = facets.get("told", {}).get(kind)
        if told and (kind == "email" or ids.identity_key(kind, told[2]) in person.keys):
            person.add(kind, told[2])


def items(services: Services, person: Person) -> Iterator[tuple[str, Item]]:
    """(table, item) of every item of theirs in the tables whose partitions are customers."""
    for name in ("profiles", "events", "agenda"):
        table = getattr(services, name)
        for key in sorted(person.keys):
            for item in table.query(key, consistent=True):
                yield name, item


def catalog_items(services: Services, person: Person, *, without: frozenset[str] = frozenset()) -> Iterator[Item]:
    """Items of the catalog that mention them: the table is small enough to be read whole."""
    search = Search(person)
    after: Key | None = None
    while True:
        page = services.catalog.scan(after=after)
        for item in page.items:
            if item["pk"] not in without and search.finds_in(item):
                yield item
        after = page.next_key
        if after is None:
            return


class Search:
    """Finds a person in values and texts: addresses and phones anywhere, ids of theirs as whole values."""

    def __init__(self, person: Person) -> None:
        self._keys = person.keys
        addresses = sorted({_spelt(value) for value in person.values.get("email", ())})
        self._addresses = re.compile("|".join(_address(each) for each in addresses) or r"(?!)")
        self._phones = {_digits(value) for value in person.values.get("phone", ()) if len(_digits(value)) >= 7}
        customers = person.values.get("customer", set())  # `shopify:191167`, of which a raw body has the number
        self._customers = customers | {value.partition(":")[2] for value in customers if ":" in value}
        self._others = person.values.get("anonymous", set())

    def finds_in_body(self, body: bytes) -> bool:
        """Whether a body names them: JSON, of one value or of one a line, by its values; what is none, as text."""
        text = body.decode("utf-8", "replace")
        if self._addresses.search(_spelt(text)):
            return True
        try:
            return self.finds_in(json.loads(text))
        except ValueError:
            return any(map(self._finds_in_line, text.splitlines()))

    def _finds_in_line(self, line: str) -> bool:
        try:
            return self.finds_in(json.loads(line))
        except ValueError:
            return any(phone in _digits(line) for phone in self._phones) or any(key in line for key in self._keys)

    def finds_in(self, value: Any, name: str = "") -> bool:
        if isinstance(value, Mapping):
            if name in _CUSTOMER and str(value.get("id", "")) in self._customers:
                return True
            return any(
                self.finds_in(key) or self.finds_in(each, str(key).replace("-", "_").lower())
                for key, each in value.items()
            )
        if isinstance(value, list | tuple):
            return any(self.finds_in(each, name) for each in value)
        if isinstance(value, int) and not isinstance(value, bool):
            return name in _CUSTOMER and str(value) in self._customers
        return isinstance(value, str) and self._is_theirs(value, name)

    def _is_theirs(self, text: str, name: str) -> bool:
        if self._addresses.search(_spelt(text)) or any(part in self._keys for part in _words(text)):
            return True
        if name in _CUSTOMER and text in self._customers:
            return True
        if text in self._others:
            return True
        return bool(self._phones) and 7 <= len(_DIGITS.findall(text)) <= 20 and self._is_phone(text)

    def _is_phone(self, text: str) -> bool:
        digits = _digits(text)
        return any(digits.endswith(phone[-9:]) and len(digits) >= 7 for phone in self._phones)


def _spelt(text: str) -> str:
    """In small letters, and the domain of each address as intake writes it: bücher.example as xn--bcher-kva.example."""
    lower = text.lower()
    return lower if lower.isascii() else _DOMAIN.sub(_in_ascii, lower)


def _in_ascii(domain: re.Match[str]) -> str:
    try:
        return domain[0].encode("idna").decode("ascii")
    except UnicodeError:
        return domain[0]


def _address(email: str) -> str:
    """A pattern of that address and no longer one: joann@shop.example is not ann@shop.example."""
    return rf"(?<![a-z0-9._%+'-]){re.escape(email)}(?![a-z0-9-]|\.[a-z0-9])"


def _digits(text: str) -> str:
    return "".join(_DIGITS.findall(text))


def _words(text: str) -> list[str]:
    return re.split(r"[^a-z2-7]+", text) if len(text) >= 16 else []
