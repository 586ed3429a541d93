"""Who answers an offer: five columns of past answers, coupons used, spending and what the offer is for.

Whether somebody buys what is on promotion says little of whether they use
coupons: those are two tags. Only offers that had ended before the snapshot
teach. Refuses to speak of uplift: that needs people who were left out by chance.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.predict.history import Purchases

    Array = NDArray[Any]

A_TENTH = 0.1
PSEUDO_OFFERS = 5.0
"""The share of offers answered is drawn to a tenth, or to everybody's, by so many."""


@dataclass(frozen=True)
class Offers:
    """One row an offer to a customer: days it ran from and to, the day it was used (0 = never), and columns.

    `broad` is 1 where everybody's offer was for many products, `bought` the customer's purchase days of
    the products it is for, before it began.
    """

    customer: "Array"
    start: "Array"
    end: "Array"
    used: "Array"
    broad: "Array"
    bought: "Array"

    def chosen(self, kept: "Array") -> "Offers":
        """The rows for which `kept` is true."""
        columns = (self.customer, self.start, self.end, self.used, self.broad, self.bought)
        return Offers(*(column[kept] for column in columns))


def response(offers: Offers, customers: int, day: int, everybody: float = A_TENTH) -> "Array":
    """Share of the offers before `day` that each customer had used by then, drawn to `everybody`."""
    import numpy as np

    known = offers.start < day
    used = known & (offers.used > 0) & (offers.used < day)
    answered = np.bincount(offers.customer[used], minlength=customers)
    received = np.bincount(offers.customer[known], minlength=customers)
    return (answered + PSEUDO_OFFERS * everybody) / (received + PSEUDO_OFFERS)


def ranked(offers: Offers, coupon_days: "Array", history: "Purchases", day: int) -> "Array":
    """Score per customer without a model: the ranks of response, of coupon days and of spending, added."""
    from chalicelib.segment.predict.ranks import rank

    rate = response(offers, history.customers, day)
    return rank(rate) + rank(coupon_days) + rank(history.before(day).spent)


def columns(asked: Offers, offers: Offers, coupon_days: "Array", history: "Purchases", day: int) -> "Array":
    """Five columns for each row of `asked`, from what was known when `day` began.

    `coupon_days` per customer: days before `day` on which a coupon was used on anything.
    """
    import numpy as np

    who = asked.customer
    return np.column_stack(
        (
            response(offers, history.customers, day)[who],
            np.log1p(coupon_days[who]),
            np.log1p(history.before(day).spent[who]),
            asked.broad,
            np.log1p(asked.bought),
        )
    )


def taught_by(offers: Offers, since: int, day: int) -> Offers:
    """Offers that began on `since` or later and had ended before `day`."""
    return offers.chosen((offers.start >= since) & (offers.end < day))
