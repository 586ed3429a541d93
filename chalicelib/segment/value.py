"""The best fifth of the customers by what they spent, recent spending counting more; and how far that can be trusted.

"80/20" is computed, not assumed. The half-life is the store's own choice, by
how well the best fifth of an earlier date did afterwards. Refuses to rank by
"alive" or by a sum of scores.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.predict.history import Purchases

    Array = NDArray[Any]

SHARE = 0.2
HALF_LIVES: tuple[float | None, ...] = (None, 60.0, 90.0, 180.0)
"""Candidates; None counts all spending alike."""

ALIKE = "all spending alike"


def name_of(half_life: float | None) -> str:
    return ALIKE if half_life is None else f"half-life {half_life:g} d"


CHECKED = 92
"""Days that the best fifth of an earlier date is checked on."""

SPLITS = 2
"""Earlier dates that a half-life must do better on than none at all, on each of them, or none it is."""


def decayed(history: "Purchases", day: int, half_life: float | None) -> "Array":
    """Spending before `day` per customer, each purchase counting half for every `half_life` days of its age."""
    import numpy as np

    known = history.before(day)
    weight = 1.0 if half_life is None else 0.5 ** ((day - known.day) / half_life)
    return np.bincount(known.customer, weights=np.nan_to_num(known.amount) * weight, minlength=known.customers)


def best(spent: "Array", share: float = SHARE) -> "Array":
    """Indexes of the best `share` of those who spent anything, best first; ties in the order given."""
    import numpy as np

    spenders = int((spent > 0).sum())
    return np.argsort(-spent, kind="stable")[: round(spenders * share)]


@dataclass(frozen=True)
class Held:
    """How the best of one date did until another: `kept` of them were the best again, with `captured` of the money."""

    kept: float
    captured: float


def hold(history: "Purchases", day: int, end: int, half_life: float | None) -> Held:
    """The best fifth as of `day` among all who had bought by then, judged on `day` up to `end`."""
    import numpy as np

    known = history.before(day).number > 0
    later = np.where(known, history.between(day, end).spent, 0.0)
    chosen = best(decayed(history, day, half_life))
    again = np.argsort(-later, kind="stable")[: len(chosen)]
    return Held(
        len(np.intersect1d(chosen, again)) / max(len(chosen), 1), float(later[chosen].sum() / max(later.sum(), 1e-9))
    )


def choose(history: "Purchases", day: int) -> tuple[float | None, dict[str, float]]:
    """The half-life that captured most of later spending at SPLITS earlier dates, and what each candidate captured."""
    dates = [day - CHECKED * (back + 1) for back in range(SPLITS)]
    captured = {
        half_life: [hold(history, date, date + CHECKED, half_life).captured for date in dates]
        for half_life in HALF_LIVES
    }
    found = max(HALF_LIVES, key=lambda each: sum(captured[each]))
    surely = all(mine > plain for mine, plain in zip(captured[found], captured[None], strict=True))
    evidence = {
        "none" if each is None else f"{each:g}": round(sum(values) / SPLITS, 4) for each, values in captured.items()
    }
    return (found if surely else None), evidence
