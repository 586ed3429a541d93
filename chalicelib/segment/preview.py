"""What a segment would be: how many, who for example, how many of them can be reached, what it shares with others.

Its conditions are counted one by one too, so that a segment of nobody shows
which condition nobody meets, and why when the store cannot tell it of anybody
yet. Pure: pages of customers in, numbers out. The sample is by a hash of the
profile id, so the same store gives the same sample, however it is read. Refuses
names and addresses: who wants to see them asks for the customer.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from chalicelib import ids
from chalicelib.profile.conditions import DETAILS, tag_id
from chalicelib.profile.insights import Insights, Reason
from chalicelib.profile.rule import GROUPS, Rule
from chalicelib.segment.batch import batch_of
from chalicelib.segment.compiled import compile_segments
from chalicelib.segment.membership import arrange

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer

CHANNELS = ("email", "sms")
FILLED_IN = ("currency", "thresholds")
"""What publishing adds to a condition from the store's settings."""
ASKED = 1000
"""Customers who are asked why a condition cannot be told of them; all of a store would say the same."""


@dataclass
class Condition:
    """One of those that must all hold: as it is written, and how many meet it whatever the others say. `blanks` counts
    the reasons why it cannot be told of a customer."""

    rule: Rule
    size: int = 0
    blanks: Counter[str] = field(default_factory=Counter)
    why: dict[str, Reason] = field(default_factory=dict)

    @property
    def reason(self) -> Reason | None:
        """Why nobody meets it, when it cannot be told of most."""
        return self.why[self.blanks.most_common(1)[0][0]] if not self.size and self.blanks else None


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
            if not condition.size and self.customers < ASKED:
                self._ask_why(condition, customers)
        mine = inside[self.segment]
        self.customers += len(customers)
        self.size += int(mine.sum())
        for other, theirs in inside.items():
            if other != self.segment:
                self.others[other] = self.others.get(other, 0) + int(theirs.sum())
                self.overlap[other] = self.overlap.get(other, 0) + int((mine & theirs).sum())
        found = [customer for customer, held in zip(customers, mine.tolist(), strict=True) if held]
        for customer in found:
            channels = reachable(customer)
            self.unreachable += not channels
            for channel in channels:
                self.reach[channel] += 1
        known = [*self.sample, *(customer.profile_id for customer in found)]
        self.sample = nsmallest(self.most, known, key=lambda each: ids.digest("sample", each))

    def _ask_why(self, condition: Condition, customers: "Sequence[Customer]") -> None:
        for customer in customers:
            if (why := _blank(condition.rule, customer.insights)) is not None:
                condition.blanks[why.key] += 1
                condition.why.setdefault(why.key, why)

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
            "conditions": {
                text: {"size": each.size} | ({"why": each.reason.to_json()} if each.reason else {})
                for text, each in self.conditions.items()
            },
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
        told = ", ".join(f"{key}: {written(each, inside=True)}" for key, each in rule.items() if key not in FILLED_IN)
        return f"{{{told}}}" if inside else told
    if isinstance(rule, list | tuple):
        return f"[{', '.join(written(each, inside=True) for each in rule)}]"
    return str(rule).lower() if isinstance(rule, bool) else str(rule)


_BLANK_OF = {"rfm": "rfm", "rfm_before": "rfm", "stage": "stage", "top_fifth": "value", "diagnosis": "diagnosis"}


def _blank(rule: Rule, insights: Insights | None) -> Reason | None:
    """Why the first condition of the rule, or of the rules it holds, cannot be told of a customer."""
    if insights is None:
        return None
    for key, wanted in rule.items():
        if key in GROUPS:
            found = next((why for each in wanted if (why := _blank(each, insights))), None)
        elif key == "prediction":
            told = insights.predictions.get(str(wanted))
            found = told.why if told is not None and told.value is None else None
        elif key == "tag":
            found = insights.blanks.get(f"tags.{tag_id(wanted).partition(':')[0]}")
        else:
            found = None if key in DETAILS else insights.blanks.get(_BLANK_OF.get(key, ""))
        if found is not None:
            return found
    return None


def reachable(customer: "Customer") -> list[str]:
    """Channels on which marketing may be sent: an address, consent, and nothing that keeps it from arriving."""
    addresses = {"email": customer.email, "sms": customer.phone}
    return [
        channel
        for channel in CHANNELS
        if addresses[channel]
        and customer.consent_of(channel).state == "subscribed"
        and channel not in customer.suppressed
    ]
