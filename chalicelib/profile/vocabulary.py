"""The words that rules have for what was computed of a customer, and where each is read.

The names stand here, below the room that computes them, so that a rule can be
checked and judged without it. Refuses to compute: a customer of whom nothing
was computed yet has nothing but None here, and None satisfies no comparison.
"""

from typing import TYPE_CHECKING, Any

from chalicelib.profile.orders import CATEGORY

if TYPE_CHECKING:
    from chalicelib.profile.customer import Customer
    from chalicelib.profile.insights import Tag

RFM_GROUPS = ("champions", "loyal", "recent", "needs_attention", "at_risk", "inactive")
STAGES = ("new", "active", "nurture", "at_risk", "churned")
TIERS = ("14d", "30d", "60d", "90d", "quiet", "inactive", "zombie", "unasked")
PREFERENCES = ("category", "brand", "price", "discount", "coupon", "shipping", "holiday", "hour", "channel")
"""Kinds of preference tags: `tag: discount`, `tag: category` or `tag: category:Kitchen`."""
PARTS_OF_DAY = ("night", "morning", "afternoon", "evening")
"""Values of `tag: hour:…`."""

DIAGNOSES = ("comparing", "price", "weak_offer", "spending_power", "wrong_interest")
PREDICTIONS = (
    "dormancy_60d",
    "purchases_90d",
    "purchases_365d",
    "value_90d",
    "value_365d",
    "coupon_response",
    "best_hour",
    "due_7d",
    "days_to_reorder",
)
PREDICTIONS_OF = ("reorder", "reorder_product")
"""Days until a reminder, of a category or product named behind it: `prediction: reorder:Coffee`."""


BRAND = 40
"""Letters of a brand's name that are kept."""
_KEPT = {"category": CATEGORY, "reorder": CATEGORY, "brand": BRAND}


def kept(wanted: str) -> str:
    """A tag or prediction as it is kept: what it is named after no longer than names of its kind are."""
    kind, colon, name = wanted.partition(":")
    return f"{kind}{colon}{name[: _KEPT.get(kind)]}"


def part_of(customer: "Customer", part: str, name: str) -> Any:
    """One value of a part: `part_of(customer, "rfm", "group")`; None where there is none."""
    return getattr(getattr(customer.insights, part, None), name, None)


def prediction_of(customer: "Customer", name: str) -> float | None:
    """What is predicted; None where there is too little to predict from."""
    found = customer.insights.predictions.get(kept(name)) if customer.insights else None
    return None if found is None else found.value


def diagnosis_of(customer: "Customer", name: str) -> float | None:
    """How far an explanation fits; None where there was nothing to explain."""
    found = customer.insights.diagnosis.get(name) if customer.insights else None
    return None if found is None else found.score


def preference_of(customer: "Customer", wanted: str) -> "Tag | None":
    """The preference tag of that id, or the strongest of that kind; None when the customer has none."""
    tags, wanted = customer.insights.tags if customer.insights else {}, kept(wanted)
    if wanted in tags:
        return tags[wanted]
    of_kind = [(-tag.score, name) for name, tag in tags.items() if name.partition(":")[0] == wanted]
    return tags[min(of_kind)[1]] if of_kind else None
