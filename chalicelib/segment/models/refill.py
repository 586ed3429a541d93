"""When a customer will buy a category (or a product) again, and what of it can be used to write by.

Two things: a date with the day to remind on, and who is due within seven days.
Dates come from the category's usual gap (the fallback) or from a distribution
over the days to come; both are judged by how many reminders would have had the
purchase within three days. Dated reminders are given only from the confidence
at which REMINDED of them came true in this very store, and not at all where none does. Who is due: by
purchases of the last 90 days (the fallback) or by a logistic. Refuses "overdue"
as a sign.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.segment.models.evidence import Learnt, card_of, choose, of_areas, of_means, rounded, unable
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
DUE_FALLBACK = "last 90 days"


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
    past = replenishment.learn(rhythms_of(ledger, begun, unit), begun)
    dues = _learn_due(ledger, rhythms, day, unit)
    if len(asked) < FEWEST_ANCHORS or past is None:
        card = {"blank": ["too_few_repeats", {"have": len(asked), "need": FEWEST_ANCHORS}], "due": dues.card}
        return Learnt(card, {"due": dues.parameters}, blank=unable("too_few_repeats").blank)
    took = rhythms.ahead[asked]
    known = ledger.purchases(begun)
    habits = replenishment.weekdays(known.customer, known.day, known.customers)
    drawn = replenishment.forecast(rhythms, asked, past, habits)
    gap = past.expected(rhythms, asked)
    reminders = {FALLBACK: np.maximum(np.round(gap) - 2, 1), "distribution": drawn.reminder}
    in_time = {
        name: ((took >= each) & (took <= each + BEFOREHAND) & (took > 0)).astype(float)
        for name, each in reminders.items()
    }
    judged = of_means(in_time, FALLBACK)
    chosen = choose(FALLBACK, judged)
    confidence = drawn.confidence if chosen == "distribution" else np.zeros(len(asked))
    shares = {
        step: (float(in_time[chosen][confidence >= step].mean()), int((confidence >= step).sum()))
        for step in STEPS
        if (confidence >= step).sum() >= FEWEST_ANCHORS / 2
    }
    gate = next((step for step, (share, _) in shares.items() if share >= REMINDED), None)
    card = card_of(
        "reminders in time", judged, chosen, FALLBACK, rows=len(asked), on=(begun, day),
        within_three_days=rounded(float(((np.abs(drawn.likely - took) <= BEFOREHAND) & (took > 0)).mean())),
        by_confidence={f"{step:g}": [rounded(share), number] for step, (share, number) in shares.items()},
        dated_from=gate, due=dues.card,
    )  # fmt: skip
    now = replenishment.learn(rhythms, day)
    if now is None:
        return Learnt(card, {"due": dues.parameters}, blank=unable("too_few_repeats").blank)
    return Learnt(card, _told(ledger, day, unit, now, chosen, gate) | {"due": dues.parameters})


def dates(parameters: dict[str, Any], ledger: "Ledger", rhythms: Rhythms, day: int, unit: str) -> Dates:
    """For each pair with enough purchases, the last at most HORIZON days ago, when the next is expected after `day`."""
    import numpy as np

    rows = _last(rhythms)
    rows = rows[(rhythms.number[rows] >= FEWEST) & (day - rhythms.day[rows] < HORIZON)]
    names = ledger.categories if unit == "category" else ledger.products
    everybody = parameters["everybody"]
    usual = np.array([parameters["usual"].get(str(name), everybody) for name in names] or [everybody])
    past = Past(usual, np.array(parameters["edges"]), np.array(parameters["bands"]))
    if parameters["chosen"] == FALLBACK:
        likely = np.maximum(rhythms.day[rows] + np.round(past.expected(rhythms, rows)).astype(np.int64), day)
        return Dates(rows, likely, np.maximum(likely - 2, day), np.zeros(len(rows)))
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
    if "logistic" in told:
        return asked.rows, _logistic(told["logistic"]).chance(asked.columns)
    times = np.round(np.expm1(asked.columns[:, _NINETY])).astype(int)
    return asked.rows, np.array(told["shares"])[np.minimum(times, len(told["shares"]) - 1)]


_NINETY = 6  # the column of `due.waiting` with the purchases of 90 days, as log1p
_TIMES = 12


def _learn_due(ledger: "Ledger", rhythms: Rhythms, day: int, unit: str) -> Learnt:
    import numpy as np

    from chalicelib.segment.predict import logistic

    tested = day - due.AHEAD
    before = rhythms_of(ledger, tested, unit)
    trips = ledger.purchases(tested)
    asked = due.waiting(before, trips, tested)
    came = _came(rhythms, before, asked.rows, tested)
    if min(came.sum(), len(came) - came.sum()) < FEWEST_DUE:
        return unable("too_few_due", have=int(came.sum()), need=FEWEST_DUE)
    weeks = [(due.waiting(before, trips, tested - back), tested - back) for back in due.TAUGHT]
    columns = np.concatenate([each.columns for each, _ in weeks])
    outcome = np.concatenate([due.came(before, each.rows, at) for each, at in weeks])
    scores = {DUE_FALLBACK: asked.columns[:, _NINETY]}
    if min(outcome.sum(), len(outcome) - outcome.sum()) >= FEWEST_DUE:
        scores["logistic"] = logistic.fit(columns, outcome).chance(asked.columns)
    judged = of_areas(came, scores, DUE_FALLBACK)
    chosen = choose(DUE_FALLBACK, judged)
    card = card_of("area under the curve", judged, chosen, DUE_FALLBACK, rows=len(came), on=(tested, day))
    now = due.waiting(rhythms, ledger.purchases(day), day)
    told: dict[str, Any] = _by_name(ledger, unit, rhythms, now.of_unit)
    if chosen == "logistic":
        told["logistic"] = {
            key: value.tolist() for key, value in vars(due.learn(rhythms, ledger.purchases(day), day)).items()
        }
    else:
        times = np.minimum(np.round(np.expm1(columns[:, _NINETY])).astype(int), _TIMES)
        number, bought = np.bincount(times, minlength=_TIMES + 1), np.bincount(times, outcome, minlength=_TIMES + 1)
        everybody = float(outcome.mean()) if len(outcome) else 0.0
        told["shares"] = ((bought + 5 * everybody) / (number + 5)).tolist()
    return Learnt(card, told)


def _came(later: Rhythms, before: Rhythms, rows: "Array", day: int) -> "Array":
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
        "usual": {name: value for name, value in usual.items() if value != rounded(everybody)},
        "edges": past.edges.tolist(),
        "bands": past.bands.tolist(),
        "weekdays": (counts / max(counts.sum(), 1)).tolist(),
    }


def _by_name(ledger: "Ledger", unit: str, rhythms: Rhythms, of_unit: "Array") -> dict[str, Any]:
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
