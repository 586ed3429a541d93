"""The chance that a customer uses the next coupon they are given.

Candidates: the share of past coupons used, drawn to everybody's (the fallback); the
ranks of that share, of days with a code and of spending, added and turned into
chances by what came of each fifth; a logistic on the same. Only coupons that had
ended teach. Refuses to speak of uplift, which needs people left out by chance.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.segment.models.evidence import Learnt, card_of, choose, of_areas, of_briers, rounded, unable
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
RANKS, LOGISTIC = "ranks", "logistic"
BANDS = 5


def learn(ledger: "Ledger", day: int) -> Learnt:
    """The later half of the coupons that have ended is asked about, the earlier half teaches."""
    import numpy as np

    ended = _ended(ledger, day)
    if len(ended.start) < 2 * FEWEST:
        return unable("too_few_coupons", have=len(ended.start), need=2 * FEWEST)
    tested = int(np.median(ended.start))
    asked = ended.chosen(ended.start >= tested)
    used = (asked.used > 0).astype(float)
    both = min(used.sum(), len(used) - used.sum())
    if len(_ended(ledger, tested).start) < FEWEST or both < FEWEST_USED:
        return unable("too_few_coupons_used", have=int(both), need=FEWEST_USED)
    found = {name: fitted(name, ledger, tested) for name in (FALLBACK, RANKS, LOGISTIC)}
    chances_of = {
        name: _chances(each, ledger, asked.customer, tested) for name, each in found.items() if each is not None
    }
    judged = of_areas(used, chances_of, FALLBACK, asked.customer)
    brier = of_briers(used, chances_of, FALLBACK, asked.customer)
    chosen = choose(FALLBACK, judged, brier)
    card = card_of(
        "area under the curve", judged, chosen, FALLBACK, rows=len(used), on=(tested, day),
        used=round(float(used.mean()), 4), brier={name: rounded(each.figure) for name, each in brier.items()},
    )  # fmt: skip
    told = fitted(chosen, ledger, day) or fitted(FALLBACK, ledger, day)
    return Learnt(card, told or {})


def chances(parameters: dict[str, Any], ledger: "Ledger", day: int) -> "tuple[Array, Array]":
    """(customers who were ever given a coupon, chance that they use the next)."""
    import numpy as np

    who = np.unique(ledger.offers(day).customer).astype(np.int64)
    return who, _chances(parameters, ledger, who, day)


def fitted(name: str, ledger: "Ledger", day: int) -> dict[str, Any] | None:
    """The candidate as of `day`, taught by the later half of the coupons that had ended; None where too few have."""
    import numpy as np

    from chalicelib.segment.predict import logistic

    ended = _ended(ledger, day)
    halfway = int(np.median(ended.start))
    taught = ended.chosen(ended.start >= halfway)
    used = (taught.used > 0).astype(float)
    told: dict[str, Any] = {"kind": name, "everybody": float((ended.used > 0).mean())}
    if name == FALLBACK:
        return told
    if min(used.sum(), len(used) - used.sum()) < FEWEST_USED or not len(ledger.offers(halfway).start):
        return None
    if name == LOGISTIC:
        columns = coupon.columns(
            taught, _ended(ledger, halfway), ledger.coupon_days(halfway), ledger.purchases(halfway), halfway
        )
        return told | {LOGISTIC: {key: value.tolist() for key, value in vars(logistic.fit(columns, used)).items()}}
    scores = _ranked(_measures(ledger, halfway), _steps(ledger, halfway))[taught.customer]
    edges = np.quantile(scores, np.linspace(0, 1, BANDS + 1)[1:-1])
    band = np.searchsorted(edges, scores, side="right")
    number, came = np.bincount(band, minlength=BANDS), np.bincount(band, used, minlength=BANDS)
    shares = np.maximum.accumulate((came + 5 * used.mean()) / (number + 5))
    return told | {"steps": _steps(ledger, day).tolist(), "edges": edges.tolist(), "shares": shares.tolist()}


def _ended(ledger: "Ledger", day: int) -> "Offers":
    """Coupons of which it was known, when `day` began, whether they were used: none that still ran."""
    offers = ledger.offers(day)
    return offers.chosen(offers.end < day)


def _chances(told: dict[str, Any], ledger: "Ledger", who: "Array", day: int) -> "Array":
    """For each of `who` (again for each coupon, where these are asked about), from what was known when `day` began."""
    import numpy as np

    from chalicelib.segment.predict.coupon import Offers
    from chalicelib.segment.predict.logistic import Logistic

    known = _ended(ledger, day)
    if LOGISTIC in told:
        empty = np.zeros(len(who))
        asked = Offers(who, empty, empty, empty, empty + 1, empty)
        columns = coupon.columns(asked, known, ledger.coupon_days(day), ledger.purchases(day), day)
        return Logistic(**{name: np.array(value) for name, value in told[LOGISTIC].items()}).chance(columns)
    if "shares" in told:
        scores = _ranked(_measures(ledger, day), np.array(told["steps"]))[who]
        return np.array(told["shares"])[np.searchsorted(told["edges"], scores, side="right")]
    return coupon.response(known, ledger.customers, day, told["everybody"])[who]


def _measures(ledger: "Ledger", day: int) -> "Array":
    """Customer × (share of coupons used, days with a code, spending), as of `day`."""
    import numpy as np

    share = coupon.response(_ended(ledger, day), ledger.customers, day)
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
