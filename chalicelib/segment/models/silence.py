"""The chance that a customer buys nothing in the next 60 days.

Candidates: the share that fell silent by days since the last purchase (the
fallback), BG/NBD and its modified form, and a logistic on ten features from 200
customers on. Judged on the store's last 60 days and, where the past is long enough, on the 60 before and again, each
time taught on what was known when they began. Refuses "alive", which takes one-time buyers for the safest.
"""

from typing import TYPE_CHECKING, Any

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
from chalicelib.segment.predict import dormancy, lifetime
from chalicelib.segment.predict.dormancy import WINDOW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger
    from chalicelib.segment.predict.history import Purchases

    Array = NDArray[Any]

FEWEST = 50
"""Customers that can be asked about …"""
FEWEST_OUTCOMES = 10
"""… and how many of them fell silent, and did not."""
FOR_LOGISTIC = 200
EDGES = (7, 14, 30, 60, 90, 180, 365)
"""Days since the last purchase at which one band ends and the next begins."""
PSEUDO = 5.0
FALLBACK = "recency"


def learn(ledger: "Ledger", day: int) -> Learnt:
    asked = looked_back(lambda end: _asked(ledger, end), day, WINDOW)
    if isinstance(asked, Learnt):
        return asked
    judged = of_areas(asked.came, asked.foretold, FALLBACK, asked.customer)
    brier = of_briers(asked.came, asked.foretold, FALLBACK, asked.customer)
    chosen = choose(FALLBACK, judged, brier)
    card = card_of(
        "area under the curve", judged, chosen, FALLBACK, rows=len(asked.came), on=(asked.since, day),
        silent=round(float(asked.came.mean()), 4), brier={name: rounded(each.figure) for name, each in brier.items()},
    )  # fmt: skip
    return Learnt(card, fitted(chosen, ledger, day))


def _asked(ledger: "Ledger", day: int) -> Asked | Learnt:
    """Who fell silent in the WINDOW before `day`, and what each candidate said of it; or why it cannot be asked."""
    import numpy as np

    tested = day - WINDOW
    known, later = ledger.purchases(tested), ledger.purchases(day)
    who = np.flatnonzero(known.number)
    if len(who) < FEWEST:
        return unable("too_few_buyers_to_predict", have=len(who), need=FEWEST, days=WINDOW)
    outcome = dormancy.outcome(later, tested, who)
    fewest = int(min(outcome.sum(), len(outcome) - outcome.sum()))
    if fewest < FEWEST_OUTCOMES or not (known.first[who] < tested - WINDOW).any():
        return unable("too_short_a_past", have=fewest, need=FEWEST_OUTCOMES, days=WINDOW)
    scores = {name: _chances(fitted(name, ledger, tested), known, tested)[1] for name in candidates(ledger, tested)}
    return Asked(tested, who, outcome, scores)


def chances(parameters: dict[str, Any], ledger: "Ledger", day: int) -> "tuple[Array, Array]":
    """(customers with a purchase, chance of none in the WINDOW from `day` on)."""
    return _chances(parameters, ledger.purchases(day), day)


def candidates(ledger: "Ledger", day: int) -> tuple[str, ...]:
    known, later = ledger.purchases(day - WINDOW), ledger.purchases(day)
    import numpy as np

    who = np.flatnonzero(known.number)
    outcome = dormancy.outcome(later, day - WINDOW, who)
    both = min(outcome.sum(), len(outcome) - outcome.sum())
    enough = len(who) >= FOR_LOGISTIC and both >= 2 * FEWEST_OUTCOMES
    return (FALLBACK, "BG/NBD", "MBG/NBD", *(("logistic",) if enough else ()))


def fitted(name: str, ledger: "Ledger", day: int) -> dict[str, Any]:
    """The candidate as of `day`, from nothing that was not known then."""
    import numpy as np

    from chalicelib.segment.predict import logistic

    if name in ("BG/NBD", "MBG/NBD"):
        known = ledger.purchases(day)
        _, seen = repeats(known, day)
        model = lifetime.fit(seen, modified=name == "MBG/NBD")
        return {"kind": name, "lifetimes": vars(model)}
    taught, later = ledger.purchases(day - WINDOW), ledger.purchases(day)
    if name == "logistic":
        usual = dormancy.usual_gap(later)
        who, columns = dormancy.features(taught, day - WINDOW, usual)
        fit = logistic.fit(columns, dormancy.outcome(later, day - WINDOW, who))
        weights = {key: value.tolist() for key, value in vars(fit).items()}
        return {"kind": name, "usual": usual, "logistic": weights}
    who = np.flatnonzero(taught.number)
    outcome = dormancy.outcome(later, day - WINDOW, who)
    band = np.searchsorted(EDGES, day - WINDOW - taught.last[who], side="right")
    number, silent = np.bincount(band, minlength=len(EDGES) + 1), np.bincount(band, outcome, minlength=len(EDGES) + 1)
    everybody = float(outcome.mean()) if len(outcome) else 0.5
    return {"kind": name, "shares": rising(silent, number, everybody).tolist()}


def rising(silent: "Array", number: "Array", everybody: float) -> "Array":
    """By band the share that fell silent, drawn to everybody's and never below the band's before: pool adjacent
    violators (Ayer and others, Annals of Mathematical Statistics 26, 1955). A band with nobody has its neighbour's."""
    import numpy as np

    filled = np.flatnonzero(number)
    blocks: list[tuple[float, float, int]] = []  # silent, weight, bands
    for each in filled.tolist():
        block = (float(silent[each]) + PSEUDO * everybody, float(number[each]) + PSEUDO, 1)
        while blocks and blocks[-1][0] * block[1] >= block[0] * blocks[-1][1]:
            before = blocks.pop()
            block = (before[0] + block[0], before[1] + block[1], before[2] + block[2])
        blocks.append(block)
    pooled = np.repeat([fell / weight for fell, weight, _ in blocks], [bands for _, _, bands in blocks])
    if not len(filled):
        return np.full(len(number), everybody)
    nearest = np.searchsorted(filled, np.arange(len(number)), side="right") - 1
    return np.asarray(pooled[np.maximum(nearest, 0)])


def _chances(parameters: dict[str, Any], known: "Purchases", day: int) -> "tuple[Array, Array]":
    import numpy as np

    from chalicelib.segment.predict.logistic import Logistic

    if "lifetimes" in parameters:
        who, seen = repeats(known, day)
        return who, lifetime.Lifetimes(**parameters["lifetimes"]).silent(seen, WINDOW / 7)
    if "logistic" in parameters:
        model = Logistic(**{name: np.array(values) for name, values in parameters["logistic"].items()})
        who, columns = dormancy.features(known, day, parameters["usual"])
        return who, model.chance(columns)
    who = np.flatnonzero(known.number)
    return who, np.array(parameters["shares"])[np.searchsorted(EDGES, day - known.last[who], side="right")]


def repeats(known: "Purchases", day: int) -> "tuple[Array, lifetime.Repeats]":
    """(customers with a purchase, what BG/NBD reads of them); the day before `day` is the last observed."""
    import numpy as np

    who = np.flatnonzero(known.number)
    all_of = lifetime.Repeats.of(known.customer, known.day, day - 1, known.customers)
    return who, lifetime.Repeats(all_of.x[who], all_of.t[who], all_of.T[who])
