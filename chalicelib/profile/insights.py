"""What is computed of a customer beside the profile: scores, stage, preferences, predictions, each with its reason.

A reason is the key of a sentence in the playbook and the figures that stand in
it, so that it can be said in any language; see `Reason`. What cannot be said of
a customer is in `blanks` with why. Refuses to compute: that is the segment
room's, which stores what it found; here it is only read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib import clock

Figures = Mapping[str, float | int | str]


@dataclass(frozen=True)
class Reason:
    """`key` names a sentence of the playbook's `reasons`; `figures` fill it in. Shares are between 0 and 1."""

    key: str
    figures: Figures = field(default_factory=dict)

    def to_json(self) -> list[Any]:
        return [self.key, dict(self.figures)] if self.figures else [self.key]

    @classmethod
    def from_json(cls, data: list[Any]) -> "Reason":
        return cls(data[0], data[1] if len(data) > 1 else {})


@dataclass(frozen=True)
class Rfm:
    """Scores from 1 to 3; `moved_from` is the group before this one, '' when this is the first known."""

    recency: int
    frequency: int
    money: int
    group: str
    since: datetime
    moved_from: str
    why: Reason


@dataclass(frozen=True)
class Stage:
    """new, active, nurture, at_risk or churned; `since` is when the days that make it had passed."""

    name: str
    since: datetime
    why: Reason


@dataclass(frozen=True)
class Value:
    """`is_top`: among the best fifth by `spent`, whole units of the store's currency, recent spending counting more."""

    is_top: bool
    spent: float
    why: Reason


@dataclass(frozen=True)
class Engagement:
    """`tier`: 14d, 30d, 60d, 90d by the newest open or click; quiet beyond; inactive after several messages in a row
    unanswered; zombie; unasked without messages whose answer can be seen."""

    tier: str
    why: Reason


@dataclass(frozen=True)
class Tag:
    """A preference: `value` such as kitchen, '' where the kind says it all; `score` the share drawn to everybody's."""

    value: str
    score: float
    why: Reason


@dataclass(frozen=True)
class Diagnosis:
    """Why somebody active buys little: how far one explanation fits, from 0 to 1, and what speaks for it."""

    score: float
    why: Reason


@dataclass(frozen=True)
class Prediction:
    """`value` is None where there is too little to predict from, and `why` then says so; `basis` names the model."""

    value: float | None
    basis: str
    as_of: datetime
    why: Reason


@dataclass(frozen=True)
class Insights:
    """All of it; a part that is None or absent has its reason in `blanks`, under its name or `tags.<kind>`."""

    as_of: datetime
    rfm: Rfm | None = None
    stage: Stage | None = None
    value: Value | None = None
    engagement: Engagement | None = None
    tags: Mapping[str, Tag] = field(default_factory=dict)
    """By id: `discount`, `category:Kitchen`, `hour:evening`."""
    diagnosis: Mapping[str, Diagnosis] = field(default_factory=dict)
    """By id, the best fitting first."""
    predictions: Mapping[str, Prediction] = field(default_factory=dict)
    recommendations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind → product ids, the best first."""
    blanks: Mapping[str, Reason] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """What is stored; the same insights give the same text, so that writing can be left out."""
        told: dict[str, Any] = {"as_of": clock.to_text(self.as_of)}
        for name in ("rfm", "stage", "value", "engagement"):
            part = getattr(self, name)
            if part is not None:
                told[name] = _plain(part)
        for name in ("tags", "diagnosis", "predictions"):
            if getattr(self, name):
                told[name] = {each: _plain(part) for each, part in getattr(self, name).items()}
        if self.recommendations:
            told["recommendations"] = {kind: list(products) for kind, products in self.recommendations.items()}
        if self.blanks:
            told["blanks"] = {name: why.to_json() for name, why in self.blanks.items()}
        return told

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Insights":
        one: dict[str, type[Any]] = {"rfm": Rfm, "stage": Stage, "value": Value, "engagement": Engagement}
        many: dict[str, type[Any]] = {"tags": Tag, "diagnosis": Diagnosis, "predictions": Prediction}
        parts: dict[str, Any] = {name: _read(kind, data[name]) for name, kind in one.items() if name in data}
        for name, kind in many.items():
            parts[name] = {each: _read(kind, part) for each, part in data.get(name, {}).items()}
        parts["diagnosis"] = dict(sorted(parts["diagnosis"].items(), key=lambda each: (-each[1].score, each[0])))
        return cls(
            as_of=clock.parse(data["as_of"]),
            **parts,
            recommendations={kind: tuple(ids) for kind, ids in data.get("recommendations", {}).items()},
            blanks={name: Reason.from_json(why) for name, why in data.get("blanks", {}).items()},
        )


_TIMES = ("since", "as_of")


def _plain(part: Any) -> dict[str, Any]:
    told = dict(vars(part))
    for name in _TIMES:
        if name in told:
            told[name] = clock.to_text(told[name])
    return told | {"why": part.why.to_json()}


def _read(kind: type[Any], data: Mapping[str, Any]) -> Any:
    told = dict(data)
    for name in _TIMES:
        if name in told:
            told[name] = clock.parse(told[name])
    return kind(**(told | {"why": Reason.from_json(data["why"])}))


STEADY = 0.1
"""By so much of itself a value must have moved to be written anew; a chance by a fifth of that."""
_AS_OF_THEN = ("as_of", "since", "spent")
"""What goes on by itself from day to day, and is told as of the day it was written."""


def is_news(before: Any, after: Any, name: str = "") -> bool:
    """Whether insights, as JSON, say something that those before them did not: another name, rank, day, list or whole
    number, or a measured value that has moved. Of a blank only which it is: what it counts goes on from day to day."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        if name == "blanks":
            return before.keys() != after.keys() or any(before[each][:1] != after[each][:1] for each in before)
        mine, theirs = ({key for key in each if key not in _AS_OF_THEN} for each in (before, after))
        return mine != theirs or any(is_news(before[key], after[key], key) for key in mine)
    if name == "why":
        return bool(before[:1] != after[:1]) or is_news(dict(*before[1:]), dict(*after[1:]))
    if isinstance(before, float) and isinstance(after, float | int) and not isinstance(after, bool):
        near = STEADY / 5 if max(before, after) <= 1 else STEADY * max(abs(before), abs(after))
        return abs(before - after) > near + 1e-9
    return bool(before != after)
