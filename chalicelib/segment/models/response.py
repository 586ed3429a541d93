"""The chance that a customer uses the next coupon they are given.

Candidates: the share of past coupons used, drawn to a tenth (the fallback); the
ranks of that share, of days with a code and of spending, added and turned into
chances by what came of each fifth; a logistic on the same. Only coupons that had
ended teach. Refuses to speak of uplift, which needs people left out by chance.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.segment.models.evidence import Learnt, card_of, choose, of_areas, unable
from chalicelib.segment.predict import coupon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger
    from chalicelib.segment.predict.coupon import Offers

    Array = NDArray[Any]

FEWEST = 100
"""Coupons that have ended, in each half of the past …"""
FEWEST_USED = 20
"""… and how many of them were used, and not."""
FALLBACK = "share used"
RANKS = "ranks"
BANDS = 5


def learn(ledger: "Ledger", day: int) -> Learnt:
    """The later half of the coupons that have ended is asked about, the earlier half teaches."""
    import numpy as np

    ended = ledger.offers(day)
    ended = ended.chosen(ended.end < day)
    if len(ended.start) < 2 * FEWEST:
        return unable("too_few_coupons", have=len(ended.start), need=2 * FEWEST)
    tested = int(np.median(ended.start))
    asked = ended.chosen(ended.start >= tested)
    before = ledger.offers(tested)
    taught = before.chosen(before.end < tested)
    used = (asked.used > 0).astype(float)
    both = min(used.sum(), len(used) - used.sum())
    if len(taught.start) < FEWEST or both < FEWEST_USED:
        return unable("too_few_coupons_used", have=int(both), need=FEWEST_USED)
    scores = {FALLBACK: coupon.response(taught, ledger.customers, tested)[asked.customer]}
    scores[RANKS] = _ranked(_measures(ledger, tested), _steps(ledger, tested))[asked.customer]
    halfway = int(np.median(taught.start))
    model = _fit(ledger, taught.chosen(taught.start >= halfway), halfway)
    if model is not None:
        scores["logistic"] = _chances(model, ledger, asked, tested)
    judged = of_areas(used, scores, FALLBACK)
    chosen = choose(FALLBACK, judged)
    card = card_of(
        "area under the curve", judged, chosen, FALLBACK, rows=len(used), on=(tested, day),
        used=round(float(used.mean()), 4),
    )  # fmt: skip
    if chosen == "logistic":
        return Learnt(card, {"kind": chosen, "logistic": _fit(ledger, asked, tested)})
    if chosen == RANKS:
        edges = np.quantile(scores[RANKS], np.linspace(0, 1, BANDS + 1)[1:-1])
        band = np.searchsorted(edges, scores[RANKS], side="right")
        number, came = np.bincount(band, minlength=BANDS), np.bincount(band, used, minlength=BANDS)
        shares = (came + 5 * used.mean()) / (number + 5)
        fifths = {"edges": edges.tolist(), "shares": np.maximum.accumulate(shares).tolist()}
        return Learnt(card, {"kind": chosen, "steps": _steps(ledger, day).tolist(), **fifths})
    return Learnt(card, {"kind": chosen})


def chances(parameters: dict[str, Any], ledger: "Ledger", day: int) -> "tuple[Array, Array]":
    """(customers who were ever given a coupon, chance that they use the next)."""
    import numpy as np

    from chalicelib.segment.predict.coupon import Offers

    known = ledger.offers(day)
    who = np.unique(known.customer).astype(np.int64)
    if "logistic" in parameters:
        empty = np.zeros(len(who))
        return who, _chances(parameters["logistic"], ledger, Offers(who, empty, empty, empty, empty + 1, empty), day)
    if "shares" in parameters:
        scores = _ranked(_measures(ledger, day), np.array(parameters["steps"]))[who]
        return who, np.array(parameters["shares"])[np.searchsorted(parameters["edges"], scores, side="right")]
    return who, coupon.response(known, ledger.customers, day)[who]


def _measures(ledger: "Ledger", day: int) -> "Array":
    """Customer × (share of coupons used, days with a code, spending), as of `day`."""
    import numpy as np

    share = coupon.response(ledger.offers(day), ledger.customers, day)
    return np.column_stack((share, ledger.coupon_days(day), ledger.purchases(day).spent))


def _steps(ledger: "Ledger", day: int) -> "Array":
    """Hundredths of each measure among those who were given a coupon: ranks that hold for any part of the store."""
    import numpy as np

    measures = _measures(ledger, day)[np.unique(ledger.offers(day).customer)]
    return np.quantile(measures, np.linspace(0, 1, 101), axis=0)


def _ranked(measures: "Array", steps: "Array") -> "Array":
    """The middles of the ranks of the three measures, added."""
    import numpy as np

    total = np.zeros(len(measures))
    for place in range(measures.shape[1]):
        total += np.searchsorted(steps[:, place], measures[:, place], side="left")
        total += np.searchsorted(steps[:, place], measures[:, place], side="right")
    return total


def _fit(ledger: "Ledger", taught: "Offers", at: int) -> dict[str, Any] | None:
    from chalicelib.segment.predict import logistic

    used = (taught.used > 0).astype(float)
    if min(used.sum(), len(used) - used.sum()) < FEWEST_USED:
        return None
    before = ledger.offers(at)
    columns = coupon.columns(taught, before, ledger.coupon_days(at), ledger.purchases(at), at)
    return {name: value.tolist() for name, value in vars(logistic.fit(columns, used)).items()}


def _chances(model: dict[str, Any], ledger: "Ledger", asked: "Offers", at: int) -> "Array":
    import numpy as np

    from chalicelib.segment.predict.logistic import Logistic

    columns = coupon.columns(asked, ledger.offers(at), ledger.coupon_days(at), ledger.purchases(at), at)
    return Logistic(**{name: np.array(value) for name, value in model.items()}).chance(columns)
