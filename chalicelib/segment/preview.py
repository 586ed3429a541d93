"""What a segment would be: how many, who for example, how many of them can be reached, what it shares with others.

Its conditions are counted one by one too, so that a segment of nobody shows
which condition nobody meets, and why when the store cannot tell it of anybody
yet. Pure: pages of customers in, numbers out. The sample is by a hash of the
profile id, so the same store gives the same sample, however it is read. Refuses
names and addresses: who wants to see them asks for the customer.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Literal

from chalicelib import ids
from chalicelib.profile import vocabulary
from chalicelib.profile.conditions import DETAILS, tag_id
from chalicelib.profile.insights import Insights, Reason
from chalicelib.profile.rule import GROUPS, Rule
from chalicelib.profile.traits import TRAITS, trait_of
from chalicelib.segment.batch import batch_of
from chalicelib.segment.compiled import compile_segments
from chalicelib.segment.membership import arrange
from chalicelib.segment.reach import CHANNELS, is_reachable

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer

FILLED_IN = ("currency", "rates", "thresholds")
"""What publishing adds to a condition from the store's settings."""
ASKED = 1000
"""Customers who are asked why a condition cannot be told of them; all of a store would say the same."""


@dataclass
class Condition:
    """One of those that must all hold: as it is written, and how many meet it whatever the others say. While nobody
    does: of how many of those asked it cannot be told at all, and why."""

    rule: Rule
    size: int = 0
    asked: int = 0
    untold: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    why: dict[str, Reason] = field(default_factory=dict)

    def ask(self, customers: "Sequence[Customer]", now: datetime) -> None:
        for customer in customers:
            why = _untold(self.rule, customer, now)
            self.untold += why is not None
            if isinstance(why, Reason):
                told = json.dumps(why.to_json(), sort_keys=True)
                self.reasons[told] += 1
                self.why.setdefault(told, why)
        self.asked += len(customers)

    @property
    def reason(self) -> tuple[Reason, int] | None:
        """The most frequent one why it cannot be told, its figures included, and of how many it is so."""
        if not self.reasons:
            return None
        told, number = self.reasons.most_common(1)[0]
        return self.why[told], number

    def to_json(self) -> dict[str, Any]:
        if self.size or not self.untold:
            return {"size": self.size}
        reason = {"why": self.reason[0].to_json(), "why_of": self.reason[1]} if self.reason else {}
        return {"size": 0, "untold": self.untold, "asked": self.asked} | reason


@dataclass
class Preview:
    """Grows page by page; `overlap` is how many are in another segment too, `others` how large that one is."""

    segment: str
    definitions: Mapping[str, Any]
    most: int = 10
    customers: int = 0
    size: int = 0
    sample: list[str] = field(default_factory=list)
    reach: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHANNELS, 0))
    unreachable: int = 0
    overlap: dict[str, int] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    conditions: dict[str, Condition] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.conditions = {written(part): Condition(part) for part in parts(self.definitions[self.segment]["who"])}
        judged = {each: definition["who"] for each, definition in self.definitions.items()}
        judged |= {f"condition {text}": each.rule for text, each in self.conditions.items()}
        named = {name: {"who": rule} for name, rule in judged.items()}
        self._segments = compile_segments(named, arrange(named))

    def add(self, customers: "Sequence[Customer]", now: datetime) -> None:
        """Take one page of the store in."""
        inside = self._segments.judge(batch_of(customers, self._segments.questions, now))
        for text, condition in self.conditions.items():
            condition.size += int(inside.pop(f"condition {text}").sum())
            if not condition.size and condition.asked < ASKED:
                condition.ask(customers, now)
        mine = inside[self.segment]
        self.customers += len(customers)
        self.size += int(mine.sum())
        for other, theirs in inside.items():
            if other != self.segment:
                self.others[other] = self.others.get(other, 0) + int(theirs.sum())
                self.overlap[other] = self.overlap.get(other, 0) + int((mine & theirs).sum())
        found = [customer for customer, held in zip(customers, mine.tolist(), strict=True) if held]
        for customer in found:
            channels = [channel for channel in CHANNELS if is_reachable(customer, channel)]
            self.unreachable += not channels
            for channel in channels:
                self.reach[channel] += 1
        known = [*self.sample, *(customer.profile_id for customer in found)]
        self.sample = nsmallest(self.most, known, key=lambda each: ids.digest("sample", each))

    def to_json(self) -> dict[str, object]:
        shared: Mapping[str, object] = {
            other: {"both": both, "size": self.others[other]}
            for other, both in sorted(self.overlap.items(), key=lambda each: (-each[1], each[0]))
            if both
        }
        return {
            "segment": self.segment,
            "customers": self.customers,
            "size": self.size,
            "sample": self.sample,
            "reach": self.reach | {"none": self.unreachable},
            "overlap": shared,
            "conditions": {text: each.to_json() for text, each in self.conditions.items()},
        }


def parts(who: Rule) -> Iterator[Rule]:
    """The conditions that must all hold, each as a rule of its own."""
    yield from who.get("all", ())
    yield from ({group: who[group]} for group in GROUPS if group in who and group != "all")
    if plain := {key: value for key, value in who.items() if key not in GROUPS}:
        yield plain


def written(rule: Any, *, inside: bool = False) -> str:
    """A rule as a marketer writes it, in one line of YAML."""
    if isinstance(rule, Mapping):
        said = {key: each for key, each in rule.items() if key not in FILLED_IN}
        if inside and set(said) == {"eq"}:  # published as a comparison, written as a value
            return written(said["eq"], inside=True)
        told = ", ".join(f"{key}: {written(each, inside=True)}" for key, each in said.items())
        return f"{{{told}}}" if inside else told
    if isinstance(rule, list | tuple):
        return f"[{', '.join(written(each, inside=True) for each in rule)}]"
    return str(rule).lower() if isinstance(rule, bool) else str(rule)


_BLANK_OF = {"rfm": "rfm", "rfm_before": "rfm", "stage": "stage", "top_fifth": "value", "diagnosis": "diagnosis"}


def _untold(rule: Rule, customer: "Customer", now: datetime) -> Reason | Literal["unknown"] | None:
    """Why the first such condition of the rule, or of the rules it holds, cannot be told of the customer."""
    insights = customer.insights or Insights(as_of=now)
    for key, wanted in rule.items():
        found: Reason | Literal["unknown"] | None = None
        if key in GROUPS:
            found = next((why for each in wanted if (why := _untold(each, customer, now))), None)
        elif key == "prediction":
            told = insights.predictions.get(vocabulary.kept(str(wanted)))
            found = told.why if told is not None and told.value is None else None
        elif key == "tag":
            found = insights.blanks.get(f"tags.{tag_id(wanted).partition(':')[0]}")
        elif key not in DETAILS:
            found = insights.blanks.get(_BLANK_OF.get(key, ""))
            if found is None and key in TRAITS and trait_of(customer, key, now) in (None, ""):
                found = "unknown"
        if found is not None:
            return found
    return None
