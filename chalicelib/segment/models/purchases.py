"""How often a customer will buy in 90 days and in a year, what an order of theirs is worth, and both together.

Candidates for the number: the own rate, nothing after 13 silent weeks (the
fallback), BG/NBD and its modified form, each with and without the small
store's penalty. Judged on the last 90 days, and where the past is long enough on the 90 before and again, by Poisson
deviance, which sees a wrong total that a mean error hides. An order's worth: everybody's mean (the fallback) or the own
mean drawn to it, or to what is in the middle of all customers, which wholesale does not bend.
A season is foretold by none of them; the card says how great one a year ago was.
Refuses to foretell a year from less than one.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.segment.models.evidence import (
    Asked,
    Judged,
    Learnt,
    card_of,
    choose,
    looked_back,
    of_means,
    rounded,
    unable,
)
from chalicelib.segment.models.silence import repeats
from chalicelib.segment.predict import lifetime

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger
    from chalicelib.segment.predict.history import Purchases

    Array = NDArray[Any]

AHEAD = 90
YEAR = 365
FEWEST = 50
FEWEST_LATER = 20
"""Customers with a purchase 90 days ago, and purchases since."""
SILENT_WEEKS = 13
LEAST_RATE = 0.02
"""Of expected purchases in the deviance: nobody is believed to buy never again."""
GREATEST = 1_000.0
"""Of a fit's r, a and b; beyond it differs from no spread at all in nothing but time."""
FALLBACK = "own rate"
MODELS = {
    "BG/NBD": (False, True),
    "BG/NBD without penalty": (False, False),
    "MBG/NBD": (True, True),
    "MBG/NBD without penalty": (True, False),
}
WORTH_FALLBACK = "everybody's mean"
WEIGHTS = (1.0, 2.0, 5.0)
WORTHS: dict[str, tuple[str, float | None]] = {WORTH_FALLBACK: ("mean", None)} | {
    f"own and {of}, {weight:g}": (of, weight) for of in ("mean", "middle") for weight in WEIGHTS
}
"""Candidate → what of all customers a customer's own mean is drawn to, and by how many orders (None: it is that)."""


def learn(ledger: "Ledger", day: int) -> Learnt:
    import numpy as np

    asked = looked_back(lambda end: _asked(ledger, end), day, AHEAD)
    if isinstance(asked, Learnt):
        return asked
    came, expected = asked.came, asked.foretold
    off = {name: deviance(came, each) for name, each in expected.items()}
    judged = of_means(off, FALLBACK, less_is_better=True, groups=asked.customer)
    chosen = choose(FALLBACK, judged)
    tested = day - AHEAD
    known, after = ledger.purchases(tested), ledger.purchases(day).between(tested, day)
    worths = judge_worth(known, after)
    worth = choose(WORTH_FALLBACK, worths)
    bought_again = int((after.number[known.number > 0] > 0).sum())
    card = card_of(
        "Poisson deviance", judged, chosen, FALLBACK, rows=len(came), on=(asked.since, day),
        total_error={name: rounded(each.sum() / came.sum() - 1) for name, each in expected.items()},
        mean_error={name: rounded(np.abs(each - came).mean()) for name, each in expected.items()},
        order_value=card_of(
            "mean error", worths, worth, WORTH_FALLBACK,
            rows=bought_again, on=(tested, day), total_error=_too_much(known, after),
        ),
        season=_season(ledger.purchases(day), day),
    )  # fmt: skip
    now = ledger.purchases(day)
    told = fitted(chosen, now, day) or {"kind": FALLBACK}
    of, weight = WORTHS[worth]
    told["worth"] = {"weight": weight, "everybody": _everybody(now, of)}
    card["unpriced"] = int(np.isnan(ledger["orders.amount"]).sum())
    told["past"] = day - int(now.day.min())
    return Learnt(card, told)


def _asked(ledger: "Ledger", day: int) -> Asked | Learnt:
    """What was bought in the AHEAD before `day`, and what each candidate expected; or why it cannot be asked."""
    import numpy as np

    tested = day - AHEAD
    known, after = ledger.purchases(tested), ledger.purchases(day).between(tested, day)
    who = np.flatnonzero(known.number)
    if len(who) < FEWEST:
        return unable("too_few_buyers_to_predict", have=len(who), need=FEWEST, days=AHEAD)
    came = after.number[who].astype(float)
    if came.sum() < FEWEST_LATER:
        return unable("too_few_purchases_since", have=int(came.sum()), need=FEWEST_LATER, days=AHEAD)
    fits = {name: fitted(name, known, tested) for name in (FALLBACK, *MODELS)}
    expected = {name: expected_of(each, known, tested, AHEAD) for name, each in fits.items() if each is not None}
    return Asked(tested, who, came, expected)


def foretell(parameters: dict[str, Any], ledger: "Ledger", day: int) -> "tuple[Array, dict[int, Array], Array]":
    """(customers, expected purchases by number of days ahead, worth of an order, NaN for whom none has one
    that is known: everybody's mean would be somebody else's money); a year only after a year's past."""
    import numpy as np

    known = ledger.purchases(day)
    who = np.flatnonzero(known.number)
    spans = (AHEAD, YEAR) if parameters["past"] >= YEAR else (AHEAD,)
    expected = {span: expected_of(parameters, known, day, span) for span in spans}
    worth = parameters["worth"]
    if worth["everybody"] is None:
        return who, expected, np.full(len(who), np.nan)
    drawn = _worth(known, who, worth["everybody"], worth["weight"])
    return who, expected, np.where(known.priced[who] > 0, drawn, np.nan)


def deviance(came: "Array", expected: "Array") -> "Array":
    """Poisson deviance of each row; 0 where foretold exactly."""
    import numpy as np

    mean = np.maximum(expected, LEAST_RATE)
    return 2 * (np.where(came > 0, came * np.log(np.maximum(came, 1e-9) / mean), 0.0) - (came - mean))


def fitted(name: str, known: "Purchases", day: int) -> dict[str, Any] | None:
    """None for a fit that ran away, as customers do who are all alike: its sums would not come out."""
    if name not in MODELS:
        return {"kind": name}
    modified, penalised = MODELS[name]
    _, seen = repeats(known, day)
    fit = lifetime.fit(seen, modified=modified, penalised=penalised)
    return {"kind": name, "lifetimes": vars(fit)} if max(fit.r, fit.a, fit.b) < GREATEST else None


def expected_of(parameters: dict[str, Any], known: "Purchases", day: int, days: int) -> "Array":
    """Expected purchases in `days` of everybody with a purchase before `day`."""
    import numpy as np

    who, seen = repeats(known, day)
    if "lifetimes" in parameters:
        return lifetime.Lifetimes(**parameters["lifetimes"]).expected(seen, days / 7)
    silent = (day - known.last[who]) > 7 * SILENT_WEEKS
    return np.where(silent, 0.0, known.number[who] / np.maximum(day - known.first[who], 7 * SILENT_WEEKS) * days)


def _everybody(known: "Purchases", of: str) -> float | None:
    """None where no amount is known."""
    import numpy as np

    buyers = known.priced > 0
    if not buyers.any():
        return None
    means = known.spent[buyers] / known.priced[buyers]
    return float(np.median(means) if of == "middle" else means.mean())


def _worth(known: "Purchases", who: "Array", everybody: float | None, weight: float | None) -> "Array":
    import numpy as np

    if weight is None or everybody is None:
        return np.full(len(who), everybody or 0.0)
    return lifetime.order_value(known.priced[who], known.spent[who], everybody, weight=weight)


def _too_much(known: "Purchases", after: "Purchases") -> dict[str, float]:
    """By how much of what was spent each candidate would have foretold too much, had the number been known: who is
    nearest to most orders may be far from their sum where a few buy for thousands."""
    import numpy as np

    who = np.flatnonzero((known.priced > 0) & (after.priced > 0))
    spent = float(after.spent[who].sum())
    if not spent:
        return {}
    return {
        name: rounded(float((_worth(known, who, _everybody(known, of), weight) * after.priced[who]).sum()) / spent - 1)
        for name, (of, weight) in WORTHS.items()
    }


def judge_worth(known: "Purchases", after: "Purchases") -> dict[str, Judged]:
    """The candidates for an order's worth, by how far they were off for those who bought."""
    import numpy as np

    who = np.flatnonzero((known.priced > 0) & (after.priced > 0))
    was = after.spent[who] / after.priced[who]
    off = {
        name: np.abs(_worth(known, who, _everybody(known, of), weight) - was) for name, (of, weight) in WORTHS.items()
    }
    return of_means(off, WORTH_FALLBACK, less_is_better=True)


def _season(known: "Purchases", day: int) -> float | None:
    """How many times the purchases of the 90 days before the 90 after had, a year ago; None without such a year."""
    if not len(known.day) or day - int(known.day.min()) < YEAR + AHEAD:
        return None
    year_ago = day - YEAR
    before, after = known.between(year_ago - AHEAD, year_ago), known.between(year_ago, year_ago + AHEAD)
    return rounded(len(after.day) / len(before.day)) if len(before.day) >= FEWEST_LATER else None
