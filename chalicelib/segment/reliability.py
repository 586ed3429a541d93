"""Is a preference one? A tag is shown only where customers differ by more than chance would make them.

Reliability is the share of the observed variance between customers that is not
binomial: (observed − binomial) / observed. It is taken over customer-days, since the
lines of one order are not independent. A customer's own share is drawn to
everybody's by as much as the reliability is low.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

SHOWN = 0.5
"""Reliability from which a tag is shown."""

FEWEST_DAYS = 10
FEWEST_CUSTOMERS = 50
"""Below these nothing can be said of the store: customers with so many days each."""


@dataclass(frozen=True)
class Preference:
    """Of the customers with enough days (`who`): the share drawn to everybody's; `reliability` None = too few."""

    reliability: float | None
    everybody: float
    who: "Array"
    share: "Array"
    between: float = 0.0
    """Variance between customers beyond chance: what `shrink` draws a customer's share by."""

    @property
    def shown(self) -> bool:
        return self.reliability is not None and self.reliability >= SHOWN


def measure(times: "Array", days: "Array") -> Preference:
    """Per customer: on how many of their shopping `days` it was so (`times`)."""
    import numpy as np

    who = np.flatnonzero(days >= FEWEST_DAYS)
    if len(who) < FEWEST_CUSTOMERS:
        return Preference(None, 0.0, who[:0], np.empty(0))
    total = days[who].astype(float)
    share = times[who] / total
    everybody = float(times[who].sum() / total.sum())
    observed = float(share.var())
    binomial = float((everybody * (1 - everybody) / total).mean())
    reliability = max(0.0, 1 - binomial / observed) if observed > 0 else 0.0
    between = max(observed - binomial, 0.0)
    own = between / (between + everybody * (1 - everybody) / total) if between > 0 else np.zeros_like(total)
    return Preference(reliability, everybody, who, everybody + own * (share - everybody), between)


def shrink(times: int, days: int, everybody: float, between: float) -> float:
    """One customer's share, drawn to everybody's the more the fewer their days; as `measure` does for many."""
    if days == 0 or between <= 0:
        return everybody
    own = between / (between + everybody * (1 - everybody) / days)
    return everybody + own * (times / days - everybody)
