"""What was told of a person, each with who told it, when, and how far it is to be trusted.

An attribute keeps the newest telling of each kind of source:

    survey, preferences, form    the person themself            certain
    store, api, import           the store's record of them     likely
    browser                      what a browser says it knows   guess

What a person cannot lose (`LASTING`: birthday, gender) is believed from the
strongest source, of the person's own words from the newest; what changes (a
city, an income) from the newest of the person's and the store's own words. A
browser's word is taken where there is no other. What Dripline concludes from
behaviour is beside this, in implicit.py, and never in its place. Refuses an address as identity when it stands in a
fact's content and not in its `who`: it is kept as `other_email` or
`other_phone`, and nothing is ever sent there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib import clock

LASTING = frozenset(("birthday", "gender"))
KNOWN = frozenset(
    [
        "birthday",
        "gender",
        "age",
        "age_band",
        "city",
        "region",
        "marital_state",
        "occupation",
        "education",
        "income",
        "would_pay",
        "interests",
        "clubs",
        "other_email",
        "other_phone",
    ]
)
"""Never dropped; of other keys, which a sender can make up without end, the newest tellings are kept."""

OTHERS_KEPT = 40
_SOURCES = {
    "survey": "certain",
    "preferences": "certain",
    "form": "certain",
    "store": "likely",
    "api": "likely",
    "import": "likely",
    "browser": "guess",
}
_RANK = {kind: place for place, kind in enumerate(_SOURCES)}
_TOLD = ("email", "phone", "first_name", "last_name", "country", "birthday")
_LANGUAGES = {"language_chosen": "form", "language_of_store": "store", "language_of_browser": "browser"}
"""The first that is known holds."""
_KEY, _VALUE = 40, 120


@dataclass(frozen=True)
class Belief:
    """A value with its provenance. `confidence` is certain, likely or guess; not `explicit` means concluded by us,
    and `why` says from what, by language."""

    value: str
    source: str
    at: datetime | None
    confidence: str
    explicit: bool = True
    why: Mapping[str, str] = field(default_factory=dict)


def kind_of(source: str) -> str:
    """The kind of source that a fact's `source` is."""
    if source in ("pages", "survey", "preferences"):
        return "form"
    for kind in ("import", "browser", "api"):
        if source.startswith(kind):
            return kind
    return "store"


def told(kind: str, at: str, event_id: str, said: Mapping[str, str]) -> dict[str, Any]:
    """The part of a fragment that these tellings amount to; empty ones say nothing."""
    kept = {
        key.strip()[:_KEY]: {kind: [at, event_id, value.strip()[:_VALUE]]}
        for key, value in said.items()
        if key.strip() and value.strip()
    }
    return {"attributes": kept} if kept else {}


def trim(facets: dict[str, Any]) -> None:
    """Of the keys that are not known, keep the newest tellings, whichever their source."""
    kept = facets.get("attributes", {})
    others = [(kind, key) for key in kept if key not in KNOWN for kind in kept[key]]
    if len(others) <= OTHERS_KEPT:
        return
    others.sort(key=lambda each: (*kept[each[1]][each[0]][:2], each[1], each[0]))
    for kind, key in others[:-OTHERS_KEPT]:
        del kept[key][kind]
        if not kept[key]:
            del kept[key]


def attributes_of(facets: Mapping[str, Any]) -> dict[str, Belief]:
    """Attribute → the telling that is believed."""
    keys = sorted({*facets.get("attributes", ()), *_TOLD, "language"})
    return {key: belief for key in keys if (belief := believed(facets, key))}


def believed(facets: Mapping[str, Any], key: str) -> Belief | None:
    """The telling of one attribute that is believed; None when nothing was told of it."""
    known: Mapping[str, list[Any]] = facets.get("told", {})
    kinds: Mapping[str, list[Any]] = facets.get("attributes", {}).get(key, {})
    if key in _TOLD and key in known:
        kind = "preferences" if key == "birthday" else _kind_in(known[key])
        kinds = _newer(dict(kinds), kind, known[key])
    elif key == "language":
        kinds = next(({kind: known[name]} for name, kind in _LANGUAGES.items() if name in known), kinds)
    return _believed(key, kinds) if kinds else None


def tellings_of(facets: Mapping[str, Any], key: str) -> list[Belief]:
    """Every telling of one attribute that is kept, the believed one first: what `--why` shows."""
    kinds = dict(facets.get("attributes", {}).get(key, {}))
    return [_belief(kind, kinds[kind]) for kind in sorted(kinds, key=lambda kind: _order(key, kind, kinds[kind]))]


def _newer(kinds: dict[str, Any], kind: str, register: list[Any]) -> dict[str, Any]:
    if kind not in kinds or register[:2] > kinds[kind][:2]:
        kinds[kind] = register
    return kinds


def _kind_in(register: list[Any]) -> str:
    return kind_of(register[3]) if len(register) > 3 else "store"


def _believed(key: str, kinds: Mapping[str, list[Any]]) -> Belief:
    kind = min(kinds, key=lambda kind: _order(key, kind, kinds[kind])) if len(kinds) > 1 else next(iter(kinds))
    return _belief(kind, kinds[kind])


def _order(key: str, kind: str, register: list[Any]) -> tuple[Any, ...]:
    """Smaller is believed before greater."""
    rank = _RANK.get(kind, len(_RANK))
    age = tuple(-ord(letter) for letter in register[0])  # texts of one length: the newer is the smaller
    if key in LASTING and _SOURCES.get(kind) != "certain":
        return (kind == "browser", rank, age)
    return (kind == "browser", -1, age, rank) if key in LASTING else (kind == "browser", age, rank)


def _belief(kind: str, register: list[Any]) -> Belief:
    return Belief(str(register[2]), kind, clock.parse(register[0]), _SOURCES.get(kind, "guess"))
