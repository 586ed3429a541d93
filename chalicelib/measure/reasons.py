"""Why people left: answers by week, and by the flow or campaign whose mail they left from.

Pure: counts in, folded counts out. It refuses to name what fewer than ten
people said: a reason given by fewer than ten joins the reason "other", a flow
with fewer than ten answers joins the flow "other". Within a week the same
reason stands beside its total, so a cell is also folded where subtracting
would leave fewer than ten people in the rest.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta

FEWEST = 10
OTHER = "other"

Answers = Mapping[str, Counter[str]]
"""Flow or campaign → reason → number of people."""
Counts = dict[str, int]
"""Reason → number; every number of a named reason is `FEWEST` or more."""


def monday_of(day: date) -> date:
    return day - timedelta(days=day.weekday())


def fold(counts: Mapping[str, int]) -> Counts:
    """`counts` with the reasons of fewer than ten people under "other"; the sum stays the same."""
    folded: Counter[str] = Counter()
    for reason, number in counts.items():
        folded[reason if number >= FEWEST else OTHER] += number
    return _plain(folded)


def fold_flows(answers: Answers) -> dict[str, Counts]:
    """The answers of one week by flow, such that neither a cell nor a total less its cells is about few people."""
    table = _without_small_flows(answers)
    named: dict[str, Counter[str]] = {definition: Counter() for definition in table}
    total: Counter[str] = Counter()
    for counts in table.values():
        total.update(counts)
    for reason in total:
        for definition in _shown(reason, total[reason], table):
            named[definition][reason] = table[definition][reason]
    for definition, counts in table.items():
        named[definition][OTHER] += counts.total() - named[definition].total()
    return {definition: _plain(counts) for definition, counts in named.items()}


def _without_small_flows(answers: Answers) -> dict[str, Counter[str]]:
    table: dict[str, Counter[str]] = {}
    for definition, counts in sorted(answers.items()):
        if counts.total():
            table.setdefault(definition if counts.total() >= FEWEST else OTHER, Counter()).update(counts)
    return table


def _shown(reason: str, total: int, table: Mapping[str, Counter[str]]) -> list[str]:
    """The flows whose number for `reason` may be named: the smallest is kept back until the rest is nobody or ten."""
    if reason == OTHER or total < FEWEST:
        return []
    shown = sorted((each for each in table if table[each][reason] >= FEWEST), key=lambda each: table[each][reason])
    rest = total - sum(table[each][reason] for each in shown)
    while shown and 0 < rest < FEWEST:
        rest += table[shown.pop(0)][reason]
    return shown


def _plain(counts: Mapping[str, int]) -> Counts:
    return {reason: number for reason, number in sorted(counts.items()) if number}
