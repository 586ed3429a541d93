"""Preference tags: which of them a store's data can carry, and which a customer has.

`learn` measures each habit over all customers; one that customers do not differ
in beyond chance is never shown, whatever it is called, and says why. `tags_of`
draws a customer's share to everybody's and gives a tag where it stands out.
Using coupons and buying what is reduced are two tags. Refuses
to tag on less than LEAST_DAYS days or LEAST_TIMES times.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib.profile.insights import Figures, Reason, Tag
from chalicelib.segment import reliability
from chalicelib.segment.habits import KINDS, trial_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.observations import Columns
    from chalicelib.segment.observed import Observed

    Array = NDArray[Any]

LEAST_DAYS, LEAST_TIMES = 3, 2
STANDS_OUT = 0.5
"""Standard deviations between customers above everybody's share; a whole one is past 100 % in a store of two halves."""

MOST = 200
"""Of a kind with names (categories, brands) the most common are measured."""

OF_A_KIND = 3
"""A customer has at most so many tags of one kind."""


@dataclass(frozen=True)
class Habit:
    """What the store's data say of one habit: everybody's share of days, the variance between customers, how reliable
    it is, and the share from which it stands out."""

    everybody: float
    between: float
    reliability: float
    from_share: float


@dataclass(frozen=True)
class Learnt:
    """Habits that are shown, by id; and why the others are not, by kind where all of a kind are not."""

    shown: Mapping[str, Habit] = field(default_factory=dict)
    blanks: Mapping[str, Reason] = field(default_factory=dict)

    @cached_property
    def trials(self) -> tuple[str, ...]:
        """What days are counted of for the habits shown."""
        return tuple(sorted({trial_of(name) for name in self.shown}))

    def to_json(self) -> dict[str, Any]:
        return {
            "shown": {name: asdict(habit) for name, habit in self.shown.items()},
            "blanks": {kind: why.to_json() for kind, why in self.blanks.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Learnt":
        return cls(
            {name: Habit(**habit) for name, habit in data["shown"].items()},
            {kind: Reason.from_json(why) for kind, why in data["blanks"].items()},
        )


def learn(columns: "Columns") -> Learnt:
    """Measure every habit that enough customers have over the days on which it could have shown."""
    import numpy as np

    order = np.argsort(columns.habit, kind="stable")
    starts = np.searchsorted(columns.habit[order], np.arange(len(columns.habits) + 1))
    days = {str(name): _per_customer(columns, columns.trial == each) for each, name in enumerate(columns.trials)}
    shown: dict[str, Habit] = {}
    measured: dict[str, list[float]] = {}
    for index in _candidates(columns):
        name = str(columns.habits[index])
        rows = order[starts[index] : starts[index + 1]]
        times = np.bincount(columns.habit_customer[rows], weights=columns.habit_days[rows], minlength=columns.customers)
        found = reliability.measure(times, days[trial_of(name)])
        if found.reliability is None:
            continue
        measured.setdefault(name.partition(":")[0], []).append(found.reliability)
        if found.shown:
            from_share = min(found.everybody + STANDS_OUT * found.between**0.5, 1.0)
            shown[name] = Habit(
                round(found.everybody, 6), round(found.between, 8), round(found.reliability, 4), round(from_share, 6)
            )
    missing = set(KINDS) - {name.partition(":")[0] for name in shown}
    return Learnt(shown, {kind: _why_not(kind, measured, days) for kind in KINDS if kind in missing})


def tags_of(observed: "Observed", learnt: Learnt) -> tuple[dict[str, Tag], dict[str, Reason]]:
    """(tags by id, reasons by kind for what is not said of this customer)."""
    tags: dict[str, Tag] = {}
    blanks = dict(learnt.blanks)
    standing: dict[str, list[tuple[float, str, Tag]]] = {}
    for trial in learnt.trials:
        if (days := observed.days.get(trial, 0)) < LEAST_DAYS:
            blanks.setdefault(trial.partition(":")[0], Reason("too_few_days", {"days": days, "needed": LEAST_DAYS}))
    for name, times in observed.times.items():
        habit, days = learnt.shown.get(name), observed.days.get(trial_of(name), 0)
        if habit is None or days < LEAST_DAYS:
            continue
        kind, _, value = name.partition(":")
        share = reliability.shrink(times, days, habit.everybody, habit.between)
        if times < LEAST_TIMES or share < habit.from_share or share <= habit.everybody:
            continue
        figures: Figures = {"value": value, "times": times, "days": days, "everybody": round(habit.everybody, 4)}
        tag = Tag(value, round(share, 4), Reason(f"tag_{kind}", figures))
        standing.setdefault(kind, []).append((share - habit.everybody, name, tag))
    for each in standing.values():
        for _, name, tag in sorted(each, key=lambda one: (-one[0], one[1]))[:OF_A_KIND]:
            tags[name] = tag
    return tags, {kind: why for kind, why in blanks.items() if kind not in standing}


def _candidates(columns: "Columns") -> list[int]:
    """Indexes of the habits of at least FEWEST_CUSTOMERS customers, of each kind the most common."""
    import numpy as np

    owners = np.bincount(columns.habit, minlength=len(columns.habits))
    taken: dict[str, int] = {}
    found = []
    for index in np.lexsort((columns.habits, -owners)):
        kind = str(columns.habits[index]).partition(":")[0]
        if owners[index] >= reliability.FEWEST_CUSTOMERS and taken.get(kind, 0) < MOST:
            taken[kind] = taken.get(kind, 0) + 1
            found.append(int(index))
    return sorted(found)


def _per_customer(columns: "Columns", rows: "Array") -> "Array":
    import numpy as np

    return np.bincount(
        columns.trial_customer[rows], weights=columns.trial_days[rows], minlength=columns.customers
    ).astype(np.int64)


def _why_not(kind: str, measured: Mapping[str, list[float]], days: "Mapping[str, Array]") -> Reason:
    if kind in measured:
        return Reason("unreliable", {"reliability": round(max(measured[kind]), 2), "needed": reliability.SHOWN})
    long = max(
        (int((each >= reliability.FEWEST_DAYS).sum()) for trial, each in days.items() if _is_of(kind, trial)), default=0
    )
    if long < reliability.FEWEST_CUSTOMERS:
        needed = {"needed": reliability.FEWEST_CUSTOMERS, "days": reliability.FEWEST_DAYS}
        return Reason("too_few_customers", {"customers": long} | needed)
    return Reason("seldom", {"needed": reliability.FEWEST_CUSTOMERS})


def _is_of(kind: str, trial: str) -> bool:
    return trial.partition(":")[0] == kind
