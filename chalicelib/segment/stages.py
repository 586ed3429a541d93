"""Where a customer stands by what they bought: the RFM group and how it moved, the stage of life, the best fifth.

Each is worked out from the purchases and what the store has learnt, and is
either there with its reason, or a reason why it is not. Refuses to group
anybody who never bought.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib import clock
from chalicelib.profile.insights import Insights, Reason, Rfm, Stage, Value
from chalicelib.segment import lifecycle, rfm, value

if TYPE_CHECKING:
    from chalicelib.segment.lifecycle import Waits
    from chalicelib.segment.observations import Columns
    from chalicelib.segment.observed import Observed, Purchase
    from chalicelib.segment.rfm import Thirds

_MIDNIGHT = time(0)

FEWEST_SPENDERS = 50
"""Below these a fifth is a handful of people, and tomorrow's order changes it."""
NO_BEST = Reason("too_few_spenders", {"needed": FEWEST_SPENDERS})
MOST_ALIKE = 1.5
"""Times a fifth that may have spent what its last has: where more have, they are too alike for a best fifth."""
NO_AMOUNTS = Reason("no_amounts")
"""All that somebody bought is in currencies without a rate: that is not nothing, it is not known."""

MOVED_FOR = timedelta(days=30)
"""How long a move between groups is told; then whoever stayed has not moved."""


@dataclass(frozen=True)
class Best:
    """The best fifth of the store: spent from which one is in it, the half-life chosen, and how far it holds.

    `share` of all (decayed) spending is theirs; `kept` of an earlier best fifth
    were so again CHECKED days later, with `captured` of the money; None where the store is too young to say.
    """

    bound: float
    half_life: float | None
    share: float
    kept: float | None
    captured: float | None
    evidence: Mapping[str, float]

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Best":
        return cls(**data)


def learn_thirds(columns: "Columns", today: int) -> "tuple[Thirds | None, dict[str, int]]":
    """(thirds or None, the figures that decide whether there are any), of the buyers whose spending is known."""
    known = columns.purchases.before(today + 1)
    who = known.priced > 0
    buyers = int(who.sum())
    span = today - int(known.day.min()) if buyers else 0
    found = rfm.learn(today - known.last[who], known.number[who], known.spent[who], timedelta(days=span))
    return found, {"buyers": buyers, "unpriced": int((known.number > 0).sum()) - buyers, "days": span}


def learn_waits(columns: "Columns", today: int) -> "Waits":
    """From every purchase and what most of it was: how long its customer waited for the next one of anything."""
    import numpy as np

    same = np.zeros(len(columns.customer), bool)
    same[:-1] = columns.customer[1:] == columns.customer[:-1]
    following = np.full(len(columns.customer), today, np.int64)
    following[:-1][same[:-1]] = columns.day[1:][same[:-1]]
    main = np.full(len(columns.customer), -1, np.int64)
    rows, first = np.unique(columns.category_row, return_index=True)
    main[rows] = columns.category[first]
    ago = np.maximum(today - columns.day, 0)
    waited = lifecycle.Waited(np.maximum(following - columns.day, 0), same, ago, columns.customer)
    return lifecycle.learn(waited, columns.order, main, [str(name) for name in columns.categories])


def learn_best(columns: "Columns", today: int) -> Best | Reason:
    """The best fifth, or why there is none: few spenders, or too many who spent alike."""
    history = columns.purchases.before(today + 1)
    if int((history.spent > 0).sum()) < FEWEST_SPENDERS:
        return NO_BEST
    long_enough = today - int(history.day.min()) >= value.CHECKED * (value.SPLITS + 1)
    half_life, evidence = value.choose(history, today + 1) if long_enough else (None, {})
    spent = value.decayed(history, today + 1, half_life)
    chosen = value.best(spent)
    bound = round(float(spent[chosen].min()), 4)
    alike = int((spent.round(4) >= bound).sum())
    if alike > MOST_ALIKE * len(chosen):
        return Reason("spent_alike", {"alike": alike, "fifth": len(chosen), "bound": round(bound, 2)})
    held = value.hold(history, today + 1 - value.CHECKED, today + 1, half_life) if long_enough else None
    return Best(
        bound=bound,
        half_life=half_life,
        share=round(float(spent[chosen].sum() / spent.sum()), 4),
        kept=round(held.kept, 4) if held else None,
        captured=round(held.captured, 4) if held else None,
        evidence=evidence,
    )


def no_groups(figures: Mapping[str, int]) -> Reason:
    """`unpriced` buyers have no amount that is known, and are not among the `buyers` counted."""
    needed = {"needed_buyers": rfm.ENOUGH_BUYERS, "needed_days": rfm.ENOUGH_TIME.days}
    return Reason("too_few_buyers", {**figures, **needed})


def card_of(best: Best) -> dict[str, Any]:
    """What the choice of a half-life rests on, and how far the best fifth holds."""
    told = {"share": best.share, "kept": best.kept, "captured": best.captured}
    if not best.evidence:
        return {"chosen": value.ALIKE, "fallback": value.ALIKE, **told}
    figures = {value.name_of(None if key == "none" else float(key)): each for key, each in best.evidence.items()}
    return {
        "measure": "later spending captured",
        "chosen": value.name_of(best.half_life),
        "fallback": value.ALIKE,
        "candidates": {
            name: {"figure": each, "gain": round(each - figures[value.ALIKE], 4)} for name, each in figures.items()
        },
        **told,
    }


def rfm_of(
    observed: "Observed",
    thirds: "Thirds | None",
    figures: Mapping[str, int],
    now: datetime,
    before: Insights | None,
    today: int,
) -> Rfm | Reason:
    """The group and since when; a reason for none. `before` is what was known last time, which says of a movement
    for MOVED_FOR."""
    bought = observed.purchases
    if not bought:
        return Reason("no_order")
    if not any(each.is_priced for each in bought):
        return NO_AMOUNTS
    if thirds is None:
        return no_groups(figures)
    days, orders, amount = today - bought[-1].day, len(bought), _spent(bought)
    recency, frequency, money = thirds.scores_of(days, orders, amount)
    group = rfm.group_of(recency, frequency, money)
    last = before.rfm if before else None
    since, moved_from = now, ""
    if last is not None:
        since, moved_from = (last.since, last.moved_from) if last.group == group else (now, last.group)
        if now - since >= MOVED_FOR:
            moved_from = ""
    told: dict[str, Any] = {"on": clock.day_text(bought[-1].day), "orders": orders, "amount": round(amount, 2)}
    scores = {"recency": recency, "frequency": frequency, "money": money}
    why = Reason("rfm", told | scores | _unpriced(bought))
    return Rfm(recency, frequency, money, group, since, moved_from, why)


def stage_of(
    observed: "Observed", waits: "Waits", today: int, zone: str, silence: float | None = None
) -> Stage | Reason:
    """The stage, since the local day its first of the day's bounds had passed; `silence` as in `lifecycle.stage_of`."""
    if not observed.purchases:
        return Reason("no_order")
    last = observed.purchases[-1]
    orders, days = len(observed.purchases), max(today - last.day, 0)
    category = next((each for each in last.categories[:1] if each in waits.categories), "")
    bounds = waits.of(orders, category)
    name, is_held = lifecycle.stage_of(orders, days, bounds, silence)
    passed = (0.0, 0.0, *bounds)[lifecycle.STAGES.index(name)]
    since = clock.at_local(date.fromordinal(last.day) + timedelta(days=-int(-passed // 1)), _MIDNIGHT, zone)
    figures: dict[str, float | int | str] = {"on": clock.day_text(last.day), "orders": orders, "category": category}
    figures |= {key: round(bound) for key, bound in zip(("nurture", "at_risk", "churned"), bounds, strict=True)}
    figures["likely"] = round(1 - silence, 4) if is_held and silence is not None else 0
    learnt = "stage_of_category" if category else "stage"
    return Stage(name, since, Reason("stage_by_default" if bounds == lifecycle.DEFAULTS else learnt, figures))


def value_of(observed: "Observed", best: Best | Reason, today: int, learnt_on: int) -> Value | Reason:
    """What was spent, recent spending counting more, and whether that is among the best fifth; alike are alike.

    As spending fades from day to day, so does the bound since the day it was learnt on.
    """
    if not observed.purchases:
        return Reason("no_order")
    if not any(each.is_priced for each in observed.purchases):
        return NO_AMOUNTS
    if isinstance(best, Reason):
        return best
    half_life = best.half_life

    def faded(days: int) -> float:
        return 1.0 if half_life is None else 0.5 ** (days / half_life)

    spent = sum(each.amount * faded(today + 1 - each.day) for each in observed.purchases if each.is_priced)
    bound = best.bound * faded(today - learnt_on)
    figures: dict[str, Any] = {"spent": round(spent, 2), "bound": round(bound, 2), "share": best.share} | _unpriced(
        observed.purchases
    )
    return Value(
        is_top=round(spent, 4) >= round(bound, 4),
        spent=round(spent, 2),
        why=Reason(
            "spent_decayed" if half_life else "spent", figures | ({"half_life": half_life} if half_life else {})
        ),
    )


def _spent(purchases: "Sequence[Purchase]") -> float:
    return sum(each.amount for each in purchases if each.is_priced)


def _unpriced(purchases: "Sequence[Purchase]") -> dict[str, int]:
    return {"unpriced": sum(not each.is_priced for each in purchases)}
