"""Where mails were opened and how long they were read, in people: of the messages sent in the last 30 days.

Worked out of the messages themselves, not of day rows, because a person who
opens ten mails is one person. A person counts once in each country they opened
in, and once a flow or campaign with the longest that one of its mails was
read. A mail without a mark says nothing about its reader, so only those with
one are counted. Refuses machines' hits, as everywhere.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from chalicelib.measure.funnel import DEPTHS, Messages
from chalicelib.measure.reasons import FEWEST, OTHER
from chalicelib.measure.rounding import folded, shown

DAYS = 30


@dataclass(frozen=True)
class Attention:
    """Country → people; flow or campaign → depth → people."""

    places: Counter[str] = field(default_factory=Counter)
    depths: dict[str, Counter[str]] = field(default_factory=dict)


def count(messages: Messages, day_of: Callable[[int], date], first: date) -> Attention:
    """Of the messages sent on `first` or later."""
    where: set[tuple[str, str]] = set()
    longest: dict[tuple[str, str], int] = {}
    for message in messages.values():
        if not message.sent or not (message.hits or message.depth) or day_of(message.sent) < first:
            continue
        where.update((country, message.profile_id) for country in message.countries())
        if message.depth:
            person = (message.definition, message.profile_id)
            longest[person] = max(longest.get(person, 0), message.depth)
    depths: dict[str, Counter[str]] = {}
    for (definition, _), depth in longest.items():
        depths.setdefault(definition, Counter())[DEPTHS[depth - 1]] += 1
    return Attention(Counter(country for country, _ in where), depths)


def told(attention: Attention, name_of: Callable[[str], dict[str, str]]) -> dict[str, Any]:
    """As published: people in tens, flows read by fewer than ten together, countries of fewer than ten too."""
    table: dict[str, Counter[str]] = {}
    for definition, counts in sorted(attention.depths.items()):
        table.setdefault(definition if counts.total() >= FEWEST else OTHER, Counter()).update(counts)
    return {
        "days": DAYS,
        "places": folded(attention.places),
        "depths": [
            {"id": definition, "name": name_of(definition), **{depth: shown(counts[depth]) for depth in DEPTHS}}
            for definition, counts in sorted(table.items(), key=lambda entry: (-entry[1].total(), entry[0]))
            if counts.total() >= FEWEST
        ],
    }
