"""Active, and buys little: why? Five explanations, each with how far it fits and what speaks for it.

    comparing        looks at few similar things again and again
    price            looks above what they pay, comes back when a price fell, tries coupons
    weak_offer       reads our mail and does not follow it, lets coupons lapse, leaves a cart
    spending_power   buys small, leaves orders unpaid, looks beyond the dearest thing ever bought
    wrong_interest   looks at, and searches for, other things than were bought or are mostly sold

Who is active and buys little is judged by how much looking goes with an order
in this store. Scores are from 0 to 1; evidence combines as independent hints,
so more of any never lowers a score. Refuses to explain the quiet, and those
who buy as others do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.profile import measures
from chalicelib.profile.insights import Diagnosis, Reason
from chalicelib.segment import hints
from chalicelib.segment.observed import LEAST_AMOUNT

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer
    from chalicelib.segment.observations import Columns
    from chalicelib.segment.observed import Observed

IDS = ("comparing", "price", "weak_offer", "spending_power", "wrong_interest")

LEAST_LOOKS = 8
"""Products viewed in 90 days that make somebody active, with one of them in the last 30 days."""

LATELY = timedelta(days=30)
LITTLE = 0.5
"""Of the orders that so much looking usually goes with."""

LOOKS_PER_ORDER = 20.0
"""Where a store cannot tell: fewer than ENOUGH_ORDERS orders by customers whose looks are known."""

ENOUGH_ORDERS = 100
SAID_FROM = 0.2
"""A score below this is not said."""

CATEGORIES = 50


@dataclass(frozen=True)
class Usual:
    """What is usual in the store: products viewed for each order, a purchase (whole units; None unknown), and the
    share of purchases that each of the most sold categories is in, adding up to 1."""

    looks_per_order: float = LOOKS_PER_ORDER
    purchase: float | None = None
    categories: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "looks_per_order": self.looks_per_order,
            "purchase": self.purchase,
            "categories": dict(self.categories),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Usual":
        return cls(**data)


def learn(columns: "Columns") -> Usual:
    """From the customers of whom looks are known, and all purchases."""
    import numpy as np

    seen = columns.looks > 0
    orders = int(columns.bought[seen].sum())
    looks = float(columns.looks[seen].sum()) / orders if orders >= ENOUGH_ORDERS else LOOKS_PER_ORDER
    paid = columns.amount[columns.amount > LEAST_AMOUNT]
    number = np.bincount(columns.category, minlength=len(columns.categories))
    most = np.lexsort((columns.categories, -number))[:CATEGORIES]
    total = int(number[most].sum())
    return Usual(
        looks_per_order=round(max(looks, 1.0), 3),
        purchase=round(float(np.median(paid)), 2) if len(paid) >= ENOUGH_ORDERS else None,
        categories={str(columns.categories[each]): round(int(number[each]) / total, 4) for each in most if total},
    )


def diagnose(customer: "Customer", observed: "Observed", usual: Usual, now: datetime) -> dict[str, Diagnosis] | Reason:
    """Explanations from SAID_FROM on, the best fitting first; a reason why there are none."""
    acts = [act for act in customer.recent if now - measures.SPAN < act.at <= now]
    viewed = [act for act in acts if act.kind == "viewed"]
    if observed.looks < LEAST_LOOKS or not viewed or viewed[-1].at <= now - LATELY:
        return Reason("not_active", {"looks": observed.looks, "needed": LEAST_LOOKS})
    expected = observed.looks / usual.looks_per_order
    if observed.bought > 0 and observed.bought >= LITTLE * expected:
        return Reason("buys_as_usual", {"looks": observed.looks, "orders": observed.bought})
    found = {
        "comparing": hints.comparing(viewed),
        "price": hints.price(customer, viewed, now),
        "weak_offer": hints.weak_offer(customer, now),
        "spending_power": hints.spending_power(customer, viewed, observed, usual.purchase, now),
        "wrong_interest": hints.wrong_interest(customer, acts, usual.categories),
    }
    said = {
        name: Diagnosis(round(each.score, 2), Reason(f"diagnosis_{name}", each.figures))
        for name, each in found.items()
        if each and each.score >= SAID_FROM
    }
    if not said:
        return Reason("unexplained", {"looks": observed.looks, "orders": observed.bought})
    return dict(sorted(said.items(), key=lambda each: (-each[1].score, each[0])))
