"""The hour of their own clock at which a customer is likeliest to open or click.

Candidates: the hour at which most of the store's customers do (the fallback),
the customer's own hours drawn to everybody's, and these with the hours of their
orders. Judged by the share of the last 28 days' opens and clicks that lie within
an hour of it. Refuses an hour of one's own below OWN opens and clicks.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.segment.models.evidence import Learnt, card_of, choose, of_means, unable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger

    Array = NDArray[Any]

ASKED = 28
FEWEST = 200
"""Opens and clicks before the days asked about …"""
FEWEST_CUSTOMERS = 50
"""… and customers with some in them."""
OWN = 5
PSEUDO = 8.0
"""Opens and clicks of everybody that one's own are drawn by."""
NEAR = 1
FALLBACK = "everybody's"
OWN_HOURS = "own"
WITH_ORDERS = "own and orders"
OF_ORDERS = 0.3
"""What an order counts beside an open."""


def learn(ledger: "Ledger", day: int) -> Learnt:
    import numpy as np

    tested = day - ASKED
    who, at, hour = ledger.answers(day)
    early = at < tested
    if early.sum() < FEWEST:
        return unable("too_few_answers", have=int(early.sum()), need=FEWEST)
    later_who, later_hour = who[~early], hour[~early]
    asked = np.unique(later_who)
    if len(asked) < FEWEST_CUSTOMERS:
        return unable("too_few_answering", have=len(asked), need=FEWEST_CUSTOMERS, days=ASKED)
    everybody = np.bincount(hour[early], minlength=24).astype(float)
    near = {}
    for name in (FALLBACK, OWN_HOURS, WITH_ORDERS):
        best = _best(name, ledger, tested, everybody)
        off = np.abs(best[later_who] - later_hour)
        hit = np.minimum(off, 24 - off) <= NEAR
        number = np.bincount(later_who, minlength=ledger.customers)[asked]
        near[name] = np.bincount(later_who, hit, minlength=ledger.customers)[asked] / number
    judged = of_means(near, FALLBACK)
    chosen = choose(FALLBACK, judged)
    card = card_of("within an hour", judged, chosen, FALLBACK, rows=len(asked), on=(tested, day))
    return Learnt(card, {"kind": chosen, "everybody": np.bincount(hour, minlength=24).tolist()})


def best(parameters: dict[str, Any], ledger: "Ledger", day: int) -> "tuple[Array, Array, Array]":
    """(customers, their hour, how many opens and clicks of theirs it rests on; 0 = it is everybody's)."""
    import numpy as np

    who, _, _ = ledger.answers(day)
    number = np.bincount(who, minlength=ledger.customers)
    hour = _best(parameters["kind"], ledger, day, np.array(parameters["everybody"], float))
    own = parameters["kind"] != FALLBACK
    return np.arange(ledger.customers), hour, np.where(own & (number >= OWN), number, 0)


def _best(name: str, ledger: "Ledger", day: int, everybody: "Array") -> "Array":
    """Per customer the middle of the three hours with most."""
    import numpy as np

    counts = np.tile(PSEUDO * everybody / max(everybody.sum(), 1.0), (ledger.customers, 1))
    if name != FALLBACK:
        who, _, hour = ledger.answers(day)
        kept = np.bincount(who, minlength=ledger.customers)[who] >= OWN
        counts += _counted(who[kept], hour[kept], ledger.customers)
        if name == WITH_ORDERS:
            enough = np.bincount(who, minlength=ledger.customers) >= OWN
            rows, _ = ledger.standing(day)
            rows = rows[enough[ledger["orders.customer"][rows]] & (ledger["orders.hour"][rows] >= 0)]
            counts += OF_ORDERS * _counted(
                ledger["orders.customer"][rows], ledger["orders.hour"][rows], ledger.customers
            )
    return np.argmax(counts + np.roll(counts, 1, axis=1) + np.roll(counts, -1, axis=1), axis=1)


def _counted(who: "Array", hour: "Array", customers: int) -> "Array":
    """Customer × hour → how often."""
    import numpy as np

    return np.bincount(who.astype(np.int64) * 24 + hour, minlength=customers * 24).reshape(customers, 24)
