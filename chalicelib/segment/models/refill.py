"""When a customer will buy a category (or a product) again, and what of it can be used to write by.

Two things: a date with the day to remind on, and who is due within seven days.
Dates come from a distribution over the days to come, of customers of a like
rhythm or rather of one's own; a reminder is in time when the purchase follows within three days.
Dates are given only from the confidence at which REMINDED of them were in time in this very store beyond
noise, by the distribution that then gives most, and not at all where none does (the fallback; the usual
gap stands beside it to compare with). Who is due: by purchases of the last 90 days (the fallback) or by
a logistic. Refuses "overdue" as a sign.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.segment.models.evidence import (
    Asked,
    Learnt,
    card_of,
    choose,
    looked_back,
    of_areas,
    of_briers,
    of_means,
    rounded,
    unable,
)
from chalicelib.segment.predict import due, replenishment
from chalicelib.segment.predict.replenishment import BEFOREHAND, FEWEST, HORIZON, Past, Rhythms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger
    from chalicelib.segment.predict.logistic import Logistic

    Array = NDArray[Any]

ANCHORS = 30
"""Days whose purchases are asked about, HORIZON before the snapshot."""
FEWEST_ANCHORS = 200
FEWEST_DUE = 20
"""Pairs that were due, and that were not, in the seven days asked about."""
REMINDED = 0.3
"""Share of reminders that must be in time for dates to be given."""
STEPS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6)
"""Confidences tried as the one from which dates are given."""
FALLBACK = "usual gap"
OF_OTHERS, OF_ONESELF = "distribution", "own distribution"
CANDIDATES = {OF_OTHERS: replenishment.OF_OTHERS, OF_ONESELF: replenishment.OF_ONESELF}
DUE_FALLBACK, LOGISTIC = "last 90 days", "logistic"


class Dates(NamedTuple):
    """Pairs and what is said of each: rows of the rhythms, likely day, day to remind on, confidence."""

    rows: "Array"
    likely: "Array"
    remind: "Array"
    confidence: "Array"


def rhythms_of(ledger: "Ledger", day: int, unit: str) -> Rhythms:
    """Purchase days by customer and `category` or `product`, as known when `day` began."""
    items = ledger.items(day)
    units = getattr(items, unit)
    kept = units >= 0
    return Rhythms.of(items.customer[kept], units[kept], items.day[kept])


def learn(ledger: "Ledger", day: int, unit: str = "category") -> Learnt:
    import numpy as np

    rhythms = rhythms_of(ledger, day, unit)
    begun = day - HORIZON - ANCHORS
    asked = np.flatnonzero((rhythms.day >= begun) & (rhythms.day < begun + ANCHORS) & (rhythms.number >= FEWEST))
    before = rhythms_of(ledger, begun, unit)
    pasts = {name: replenishment.learn(before, begun, weights) for name, weights in CANDIDATES.items()}
    dues = _learn_due(ledger, rhythms, day, unit)
    usual = pasts[OF_OTHERS]
    if len(asked) < FEWEST_ANCHORS or usual is None:
        return _too_few(len(asked), FEWEST_ANCHORS, before, begun, dues)
    took = rhythms.ahead[asked]
    known = ledger.purchases(begun)
    habits = replenishment.weekdays(known.customer, known.day, known.customers)
    drawn = {name: replenishment.forecast(rhythms, asked, past, habits) for name, past in pasts.items() if past}
    reminders = {FALLBACK: np.maximum(np.round(usual.expected(rhythms, asked)) - 2, 1)}
    reminders |= {name: each.reminder for name, each in drawn.items()}
    in_time = {
        name: ((took >= each) & (took <= each + BEFOREHAND) & (took > 0)).astype(float)
        for name, each in reminders.items()
    }
    customers = rhythms.customer[asked]
    gates = {name: _gate(in_time[name], each.confidence, customers) for name, each in drawn.items()}
    useful = {name: float(in_time[name][drawn[name].confidence >= step].sum()) for name, step in gates.items() if step}
    chosen = max(useful, key=lambda name: useful[name], default=FALLBACK)
    gate = gates.get(chosen)
    shown = drawn[chosen if chosen in drawn else OF_OTHERS]
    dated = int((shown.confidence >= gate).sum()) if gate else 0
    card = card_of(
        "reminders in time", of_means(in_time, FALLBACK, groups=customers), chosen, FALLBACK,
        rows=len(asked), on=(begun, day),
        within_three_days=rounded(float(((np.abs(shown.likely - took) <= BEFOREHAND) & (took > 0)).mean())),
        dated_from=gate, dated=dated, dated_in_time=rounded(useful[chosen] / dated) if dated else None, due=dues.card,
    )  # fmt: skip
    now = replenishment.learn(rhythms, day, CANDIDATES.get(chosen, replenishment.OF_OTHERS))
    if now is None:
        return _too_few(len(asked), FEWEST_ANCHORS, rhythms, day, dues)
    return Learnt(card, _told(ledger, day, unit, now, chosen, gate) | {"due": dues.parameters})


def _too_few(asked: int, needed: int, rhythms: Rhythms, day: int, dues: Learnt) -> Learnt:
    """No dates: there are too few purchases to judge by, or else to learn from."""
    if asked >= needed:
        asked, needed = len(replenishment.teaching(rhythms, day)), replenishment.FEWEST_TEACHING
    none = unable("too_few_repeats", have=asked, need=needed)
    return Learnt(none.card | {"due": dues.card}, {"due": dues.parameters}, blank=none.blank)


def _gate(in_time: "Array", confidence: "Array", customers: "Array") -> float | None:
    """The confidence from which REMINDED of the reminders were in time beyond noise; None without one."""
    import numpy as np

    for step in STEPS:
        sure = confidence >= step
        if sure.sum() < FEWEST_ANCHORS / 2:
            return None
        asked = {"needed": np.full(int(sure.sum()), REMINDED), "had": in_time[sure]}
        if of_means(asked, "needed", groups=customers[sure])["had"].beats:
            return step
    return None


def dates(parameters: dict[str, Any], ledger: "Ledger", rhythms: Rhythms, day: int, unit: str) -> Dates:
    """For each pair with enough purchases, the last at most HORIZON days ago, when the next is expected after `day`."""
    import numpy as np

    rows = _last(rhythms)
    rows = rows[(rhythms.number[rows] >= FEWEST) & (day - rhythms.day[rows] < HORIZON)]
    names = ledger.categories if unit == "category" else ledger.products
    everybody = parameters["everybody"]
    usual = np.array([parameters["usual"].get(str(name), everybody) for name in names] or [everybody])
    weights = replenishment.Weights(*parameters["weights"])
    past = Past(usual, np.array(parameters["edges"]), np.array(parameters["bands"]), weights)
    known = ledger.purchases(day)
    habits = replenishment.weekdays(known.customer, known.day, known.customers, np.array(parameters["weekdays"]))
    elapsed = (day - 1 - rhythms.day[rows]).astype(np.int64)
    found = replenishment.forecast(rhythms, rows, past, habits, elapsed=elapsed)
    start = rhythms.day[rows]
    return Dates(rows, start + found.likely, np.maximum(start + found.reminder, day), found.confidence)


def dues(parameters: dict[str, Any], ledger: "Ledger", rhythms: Rhythms, day: int, unit: str) -> "tuple[Array, Array]":
    """(rows of pairs, chance that each buys in the seven days from `day` on); empty where nothing was learnt."""
    import numpy as np

    told = parameters.get("due") or {}
    if not told:
        return np.empty(0, np.int64), np.empty(0)
    names = ledger.categories if unit == "category" else ledger.products
    of_unit = np.array([told["of_unit"].get(str(name), told["everybody"]) for name in names] or [0.0])
    asked = due.waiting(rhythms, ledger.purchases(day), day, of_unit)
    return asked.rows, _due_chances(told, asked.columns)


_NINETY = 6  # the column of `due.waiting` with the purchases of 90 days
_MOST = 12


def _learn_due(ledger: "Ledger", rhythms: Rhythms, day: int, unit: str) -> Learnt:
    asked = looked_back(lambda end: _asked_due(ledger, end, unit), day, due.AHEAD)
    if isinstance(asked, Learnt):
        return asked
    judged = of_areas(asked.came, asked.foretold, DUE_FALLBACK, asked.customer)
    brier = of_briers(asked.came, asked.foretold, DUE_FALLBACK, asked.customer)
    chosen = choose(DUE_FALLBACK, judged, brier)
    on = (asked.since, day)
    card = card_of("area under the curve", judged, chosen, DUE_FALLBACK, rows=len(asked.came), on=on)
    return Learnt(card, due_fitted(chosen, ledger, rhythms, day, unit))


def _asked_due(ledger: "Ledger", day: int, unit: str) -> Asked | Learnt:
    """Who bought what again in the seven days before `day`, and what each candidate said; or why it cannot be asked."""
    tested = day - due.AHEAD
    before, rhythms = rhythms_of(ledger, tested, unit), rhythms_of(ledger, day, unit)
    trips = ledger.purchases(tested)
    asked = due.waiting(before, trips, tested)
    outcome = came(rhythms, before, asked.rows, tested)
    if min(outcome.sum(), len(outcome) - outcome.sum()) < FEWEST_DUE:
        return unable("too_few_due", have=int(outcome.sum()), need=FEWEST_DUE)
    _, taught = due.lessons(before, trips, tested)
    names = [DUE_FALLBACK]
    if min(taught.sum(), len(taught) - taught.sum()) >= FEWEST_DUE:
        names.append(LOGISTIC)
    chances = {name: _due_chances(due_fitted(name, ledger, before, tested, unit), asked.columns) for name in names}
    return Asked(tested, before.customer[asked.rows], outcome, chances)


def due_fitted(name: str, ledger: "Ledger", rhythms: Rhythms, day: int, unit: str) -> dict[str, Any]:
    """The candidate as of `day`; `rhythms` are those known then."""
    import numpy as np

    from chalicelib.segment.predict import logistic

    trips = ledger.purchases(day)
    told = _by_name(ledger, unit, due.waiting(rhythms, trips, day).of_unit)
    columns, outcome = due.lessons(rhythms, trips, day)
    if name == LOGISTIC:
        fit = logistic.fit(columns, outcome)
        return told | {LOGISTIC: {key: value.tolist() for key, value in vars(fit).items()}}
    times = _times(columns)
    number, bought = np.bincount(times, minlength=_MOST + 1), np.bincount(times, outcome, minlength=_MOST + 1)
    everybody = float(outcome.mean()) if len(outcome) else 0.0
    return told | {"shares": ((bought + 5 * everybody) / (number + 5)).tolist()}


def _due_chances(told: dict[str, Any], columns: "Array") -> "Array":
    import numpy as np

    if LOGISTIC in told:
        return _logistic(told[LOGISTIC]).chance(columns)
    return np.array(told["shares"])[_times(columns)]


def _times(columns: "Array") -> "Array":
    """Purchases of 90 days, up to _MOST, from the column that holds them as log1p."""
    import numpy as np

    return np.minimum(np.round(np.expm1(columns[:, _NINETY])).astype(int), _MOST)


def came(later: Rhythms, before: Rhythms, rows: "Array", day: int) -> "Array":
    """1.0 for each of `rows` of `before` whose customer bought that unit again from `day` on, within seven days."""
    import numpy as np

    width = int(max(later.unit.max(initial=0), before.unit.max(initial=0))) + 1
    fresh = (later.day >= day) & (later.day < day + due.AHEAD)
    again = np.unique(later.customer[fresh].astype(np.int64) * width + later.unit[fresh])
    return np.isin(before.customer[rows].astype(np.int64) * width + before.unit[rows], again).astype(float)


def _told(ledger: "Ledger", day: int, unit: str, past: Past, chosen: str, gate: float | None) -> dict[str, Any]:
    import numpy as np

    known = ledger.purchases(day)
    counts = np.bincount(known.day % 7, minlength=7)
    names = ledger.categories if unit == "category" else ledger.products
    usual = {str(name): rounded(value) for name, value in zip(names, past.usual, strict=False)}
    everybody = float(np.median(past.usual))
    return {
        "chosen": chosen,
        "dated_from": gate,
        "everybody": everybody,
        "weights": list(past.weights),
        "usual": {name: value for name, value in usual.items() if value != rounded(everybody)},
        "edges": past.edges.tolist(),
        "bands": past.bands.tolist(),
        "weekdays": (counts / max(counts.sum(), 1)).tolist(),
    }


def _by_name(ledger: "Ledger", unit: str, of_unit: "Array") -> dict[str, Any]:
    names = ledger.categories if unit == "category" else ledger.products
    held = {str(names[index]): rounded(value) for index, value in enumerate(of_unit) if value}
    return {"of_unit": held, "everybody": rounded(float(of_unit.mean())) if len(of_unit) else 0.0}


def _last(rhythms: Rhythms) -> "Array":
    import numpy as np

    if not len(rhythms.day):
        return np.empty(0, np.int64)
    return np.flatnonzero(np.append(rhythms.pair[1:] != rhythms.pair[:-1], True))


def _logistic(told: dict[str, Any]) -> "Logistic":
    import numpy as np

    from chalicelib.segment.predict.logistic import Logistic

    return Logistic(**{name: np.array(values) for name, values in told.items()})
