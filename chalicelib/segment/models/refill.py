"""When a customer will buy a category (or a product) again, and what of it can be used to write by.

Two things: a day to remind on (`reminders`), and who is due within seven days: by purchases of the last 90 days (the
fallback) or by a logistic. Refuses "overdue" as a sign.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.segment.models import reminders
from chalicelib.segment.models.evidence import (
    Asked,
    Learnt,
    card_of,
    choose,
    looked_back,
    of_areas,
    of_briers,
    rounded,
    unable,
)
from chalicelib.segment.models.reminders import rhythms_of
from chalicelib.segment.predict import due, replenishment
from chalicelib.segment.predict.replenishment import Rhythms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger
    from chalicelib.segment.predict.logistic import Logistic

    Array = NDArray[Any]

FEWEST_DUE = 20
"""Pairs that were due, and that were not, in the seven days asked about."""
DUE_FALLBACK, LOGISTIC = "last 90 days", "logistic"


def learn(ledger: "Ledger", day: int, unit: str = "category") -> Learnt:
    rhythms = rhythms_of(ledger, day, unit)
    dues = _learn_due(ledger, rhythms, day, unit)
    of_dues = {"due": dues.parameters} | ({"due_blank": dues.blank.to_json()} if dues.blank else {})
    looked = reminders.Looked(ledger, unit)
    verdict = reminders.judge(looked, day)
    chosen = verdict.given or reminders.FALLBACK
    past = replenishment.learn(rhythms, day, reminders.CANDIDATES.get(chosen, replenishment.OF_OTHERS))
    if not verdict.judged or past is None:
        begun, need = day - reminders.OVER if past else day, replenishment.FEWEST_TEACHING
        have = len(replenishment.teaching(rhythms_of(ledger, begun, unit), begun))
        if have >= need:  # they teach, but there is nothing to judge by
            have, need = verdict.asked, reminders.FEWEST_ASKED
        none = unable("too_few_repeats", have=have, need=need)
        return Learnt(none.card | {"due": dues.card}, of_dues, blank=none.blank)
    card = card_of(
        "reminders in time", verdict.judged, chosen, reminders.FALLBACK,
        rows=verdict.asked, on=(verdict.since, day), dated=verdict.number,
        promised=rounded(verdict.promised), in_time=rounded(verdict.in_time), due=dues.card,
    )  # fmt: skip
    told = reminders.told_by(chosen, past, looked, ledger, day, unit)
    return Learnt(card, told | of_dues)


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


def _by_name(ledger: "Ledger", unit: str, of_unit: "Array") -> dict[str, Any]:
    names = ledger.categories if unit == "category" else ledger.products
    held = {str(names[index]): rounded(value) for index, value in enumerate(of_unit) if value}
    return {"of_unit": held, "everybody": rounded(float(of_unit.mean())) if len(of_unit) else 0.0}


def _logistic(told: dict[str, Any]) -> "Logistic":
    import numpy as np

    from chalicelib.segment.predict.logistic import Logistic

    return Logistic(**{name: np.array(values) for name, values in told.items()})
