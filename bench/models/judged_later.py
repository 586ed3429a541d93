"""What became of each job's choice: the candidates of a snapshot, judged on the days that followed it.

Everything is foretold from what was known on the day; the outcome is read from
the whole of the store's columns, netted as of the end of the days asked about.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from chalicelib.segment.ledger import Ledger
from chalicelib.segment.models import hours, purchases, refill, reminders, response, shelf, silence, suggest
from chalicelib.segment.models.evidence import Judged, Learnt, of_areas, of_means
from chalicelib.segment.predict import due, recommend
from chalicelib.segment.predict.replenishment import BEFOREHAND

Array = np.ndarray
WATCHED = 31
"""Days on which reminders fall due, and from which opens and coupons are looked at."""


@dataclass(frozen=True)
class Later:
    """`gain` of the chosen on the fallback (more is better) with its standard error; or why nothing was foretold."""

    chosen: str = ""
    of_fallback: float = 0.0
    of_chosen: float = 0.0
    best: float = 0.0
    gain: float = 0.0
    error: float = 0.0
    blank: str = ""


def _later(chosen: str, fallback: str, judged: Mapping[str, Judged]) -> Later:
    if chosen not in judged or fallback not in judged:
        return Later(blank="nothing to judge by")
    best = max(judged.values(), key=lambda each: each.gain)
    mine = judged[chosen]
    return Later(chosen, judged[fallback].figure, mine.figure, best.figure, mine.gain, mine.error)


def judge(learnt: Mapping[str, Learnt], cut: Ledger, whole: Ledger, day: int) -> dict[str, Later]:
    """Job → what came of it; `cut` is what was known on `day`, `whole` has what followed as well."""
    found: dict[str, Later] = {}
    jobs = {
        "silence": _silence,
        "purchases": _purchases,
        "refill": _refill,
        "response": _response,
        "hours": _hours,
        "shelf": _shelf,
    }
    for name, job in jobs.items():
        if learnt[name].blank and name != "refill":
            found[name] = Later(blank=str(learnt[name].blank.key))  # type: ignore[union-attr]
        else:
            found |= job(learnt[name], cut, whole, day)
    return found


def _silence(learnt: Learnt, cut: Ledger, whole: Ledger, day: int) -> dict[str, Later]:
    after = whole.purchases(day + silence.WINDOW).between(day, day + silence.WINDOW)
    found = {name: silence.chances(silence.fitted(name, cut, day), cut, day) for name in silence.candidates(cut, day)}
    who = found[silence.FALLBACK][0]
    outcome = (after.number[who] == 0).astype(float)
    scores = {name: chance for name, (_, chance) in found.items()}
    chosen = learnt.card["chosen"]
    brier = {name: (score - outcome) ** 2 for name, score in scores.items()}
    of_brier = of_means(brier, silence.FALLBACK, less_is_better=True)
    told = {"silence, Brier": _later(chosen, silence.FALLBACK, of_brier)}
    if 0 < outcome.sum() < len(outcome):
        told["silence"] = _later(chosen, silence.FALLBACK, of_areas(outcome, scores, silence.FALLBACK))
    return told


def _purchases(learnt: Learnt, cut: Ledger, whole: Ledger, day: int) -> dict[str, Later]:
    known = cut.purchases(day)
    after = whole.purchases(day + purchases.AHEAD).between(day, day + purchases.AHEAD)
    who = np.flatnonzero(known.number)
    came = after.number[who].astype(float)
    fits = {name: purchases.fitted(name, known, day) for name in (purchases.FALLBACK, *purchases.MODELS)}
    expected = {name: purchases.expected_of(each, known, day, purchases.AHEAD) for name, each in fits.items() if each}
    off = {name: purchases.deviance(came, each) for name, each in expected.items()}
    judged = of_means(off, purchases.FALLBACK, less_is_better=True)
    worth = purchases.judge_worth(known, after)
    own = learnt.card["order_value"]
    return {
        "purchases": _later(learnt.card["chosen"], purchases.FALLBACK, judged),
        "order value": _later(own["chosen"], own["fallback"], worth),
    }


def _refill(learnt: Learnt, cut: Ledger, whole: Ledger, day: int) -> dict[str, Later]:
    rhythms = refill.rhythms_of(cut, day, "category")
    found = {"due": Later(blank="too_few_due")}
    if "chosen" in learnt.card["due"]:
        asked = due.waiting(rhythms, cut.purchases(day), day)
        came = refill.came(refill.rhythms_of(whole, day + due.AHEAD, "category"), rhythms, asked.rows, day)
        scores = {}
        for name in learnt.card["due"]["candidates"]:
            told = {"due": refill.due_fitted(name, cut, rhythms, day, "category")}
            scores[name] = refill.dues(told, cut, rhythms, day, "category")[1]
        groups = rhythms.customer[asked.rows]
        if 0 < came.sum() < len(came):
            judged = of_areas(came, scores, refill.DUE_FALLBACK, groups)
            found["due"] = _later(learnt.card["due"]["chosen"], refill.DUE_FALLBACK, judged)
    return found | {"reminders": _reminders(learnt, cut, whole, day)}


def _reminders(learnt: Learnt, cut: Ledger, whole: Ledger, day: int) -> Later:
    """Reminders as they fall due day by day; REMINDED of them should be in time; none at all is the fallback."""
    gate = learnt.parameters.get("dated_from")
    if learnt.blank or gate is None:
        return Later(blank="no dates")
    later = refill.rhythms_of(whole, day + WATCHED + BEFOREHAND + 1, "category")
    width = int(later.unit.max()) + 1
    bought = set(zip((later.customer * width + later.unit).tolist(), later.day.tolist(), strict=True))
    sent: dict[tuple[int, int], bool] = {}
    for today in range(day, day + WATCHED):
        rhythms = refill.rhythms_of(whole, today, "category")
        rows, _, remind, confidence = reminders.dates(learnt.parameters, whole, rhythms, today, "category")
        for row in rows[(remind == today) & (confidence >= gate)].tolist():
            pair = int(rhythms.customer[row] * width + rhythms.unit[row])
            in_time = any((pair, today + ahead) in bought for ahead in range(BEFOREHAND + 1))
            sent.setdefault((pair, int(rhythms.day[row])), in_time)
    if not sent:
        return Later(blank="none fell due")
    customers = np.array([pair // width for pair, _ in sent])
    judged = of_means(
        {"none": np.full(len(sent), reminders.REMINDED), learnt.card["chosen"]: np.array(list(sent.values()), float)},
        "none",
        groups=customers,
    )
    return _later(learnt.card["chosen"], "none", judged)


def _response(learnt: Learnt, cut: Ledger, whole: Ledger, day: int) -> dict[str, Later]:
    known = cut.offers(day)
    had = np.bincount(known.customer, minlength=cut.customers) > 0
    offers = whole.offers(day + 2 * WATCHED)
    asked = offers.chosen((offers.start >= day) & (offers.start < day + WATCHED) & had[offers.customer])
    used = (asked.used > 0).astype(float)
    if not 0 < used.sum() < len(used):
        return {"response": Later(blank="nothing to judge by")}
    scores = {}
    for name in learnt.card["candidates"]:
        who, chance = response.chances(response.fitted(name, cut, day), cut, day)
        place = np.zeros(cut.customers)
        place[who] = chance
        scores[name] = place[asked.customer]
    brier = {name: (score - used) ** 2 for name, score in scores.items()}
    chosen, fallback = learnt.card["chosen"], response.FALLBACK
    return {
        "response": _later(chosen, fallback, of_areas(used, scores, fallback, asked.customer)),
        "response, Brier": _later(
            chosen, fallback, of_means(brier, fallback, less_is_better=True, groups=asked.customer)
        ),
    }


def _hours(learnt: Learnt, cut: Ledger, whole: Ledger, day: int) -> dict[str, Later]:
    who, at, hour = whole.answers(day + WATCHED)
    fresh = at >= day
    who, hour = who[fresh], hour[fresh]
    near = {}
    for name in learnt.card["candidates"]:
        _, best, _ = hours.best(learnt.parameters | {"kind": name}, cut, day)
        off = np.abs(best[who] - hour)
        near[name] = (np.minimum(off, 24 - off) <= hours.NEAR).astype(float)
    return {"hours": _later(learnt.card["chosen"], hours.FALLBACK, of_means(near, hours.FALLBACK, groups=who))}


def _shelf(learnt: Learnt, cut: Ledger, whole: Ledger, day: int) -> dict[str, Later]:
    told = learnt.parameters
    names = told["items"]
    known = shelf.bought_of(cut, day, names, [])
    after = shelf.bought_of(whole, day + recommend.CHECKED, names, []).between(day, day + 400)
    together = known.together()
    users = np.intersect1d(known.row, after.row)
    held, later = known.counted(users) > 0, after.counted(users) > 0
    found = {}
    for kind, wanted in (("new", later & ~held), ("again", later & held)):
        card = learnt.card[kind]
        asked = np.flatnonzero(wanted.any(axis=1))
        if "candidates" not in card or not len(asked):
            found[kind] = Later(blank=card["blank"][0] if "blank" in card else "nothing to judge by")
            continue
        rows = {}
        for name in card["candidates"]:
            arrays = dict(learnt.arrays)
            if kind == "new" and name.startswith(shelf.POPULAR):
                arrays["popular"] = np.log1p(shelf.popularity(known, name, day))
            strength = shelf.strength_of(name)
            if strength and not (kind == "again" and "weights" in arrays):
                arrays["weights"] = recommend.ease_of(known, together, strength)
            lists = suggest.suggest(told | {kind: name}, arrays, cut.chosen(users[asked]), day)[kind]
            rows[name] = _recalled(lists, wanted[asked], names)
        found[kind] = _later(card["chosen"], card["fallback"], of_means(rows, card["fallback"]))
    return found


def _recalled(lists: list[tuple[str, ...]], wanted: Array, names: list[str]) -> Array:
    place = {name: number for number, name in enumerate(names)}
    hits = [sum(row[place[each]] for each in shown[:10]) for shown, row in zip(lists, wanted, strict=True)]
    return np.array(hits, float) / np.minimum(wanted.sum(axis=1), 10)
