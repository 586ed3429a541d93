"""Which candidate does better than the plain fallback, and whether by more than noise; what a model's card says of it.

Every comparison is paired: both were asked about the same rows of the store's
own later data. A gain counts when it exceeds BEYOND standard errors; of an area
under the curve these are DeLong's (Biometrics 1988). Where nothing gains, the
fallback is used and the card says so. Refuses a candidate that was judged on
what it was taught.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.profile.insights import Reason
from chalicelib.segment.predict.ranks import rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

BEYOND = 2.0
"""Standard errors that a gain must exceed; more than one candidate is tried, so more than for one."""


@dataclass(frozen=True)
class Judged:
    """A candidate's figure, what it gained on the fallback (more is better) and the gain's standard error."""

    figure: float
    gain: float = 0.0
    error: float = 0.0

    @property
    def beats(self) -> bool:
        return self.gain > BEYOND * self.error and self.gain > 0


@dataclass(frozen=True)
class Learnt:
    """What a job learnt: `parameters` as JSON, `arrays` beside it, and the card. `blank` is why there is nothing."""

    card: dict[str, Any]
    parameters: dict[str, Any] = field(default_factory=dict)
    arrays: "dict[str, Array]" = field(default_factory=dict)
    blank: Reason | None = None


def choose(fallback: str, judged: Mapping[str, Judged]) -> str:
    """The candidate with the greatest gain beyond noise; the fallback without one."""
    better = [name for name, each in judged.items() if name != fallback and each.beats]
    return max(better, key=lambda name: judged[name].gain, default=fallback)


def card_of(
    measure: str,
    judged: Mapping[str, Judged],
    chosen: str,
    fallback: str,
    *,
    rows: int,
    on: tuple[int, int],
    **more: Any,
) -> dict[str, Any]:
    """What the store can be shown of a choice; `on` is the first day of what was asked and the day after the last."""
    from datetime import date

    return {
        "measure": measure,
        "chosen": chosen,
        "fallback": fallback,
        "rows": rows,
        "judged_on": [date.fromordinal(day).isoformat() for day in on],
        "candidates": {
            name: {"figure": rounded(each.figure), "gain": rounded(each.gain), "error": rounded(each.error)}
            for name, each in judged.items()
        },
        **more,
    }


def unable(why: str, **figures: float) -> Learnt:
    """Nothing learnt, and why."""
    reason = Reason(why, figures)
    return Learnt({"blank": reason.to_json()}, blank=reason)


def rounded(value: float) -> float:
    return float(f"{value:.4g}")


def of_areas(outcome: "Array", scores: Mapping[str, "Array"], fallback: str) -> dict[str, Judged]:
    """Areas under the curve of several scores of the same rows; `outcome` is 0 or 1 and has both."""
    import numpy as np

    ones = outcome > 0
    places = {name: _places(ones, score) for name, score in scores.items()}
    found = {}
    for name, (of_ones, of_others) in places.items():
        of_ones_gained, of_others_gained = of_ones - places[fallback][0], of_others - places[fallback][1]
        spread = np.var(of_ones_gained) / len(of_ones) + np.var(of_others_gained) / len(of_others)
        found[name] = Judged(float(of_ones.mean()), float(of_ones_gained.mean()), float(np.sqrt(spread)))
    return found


def _places(ones: "Array", score: "Array") -> "tuple[Array, Array]":
    """For each with the outcome the share of the others it is above, for each other the share that is above it."""
    everywhere = rank(score)
    among_ones, among_others = rank(score[ones]), rank(score[~ones])
    of_ones = (everywhere[ones] - among_ones) / (~ones).sum()
    of_others = 1 - (everywhere[~ones] - among_others) / ones.sum()
    return of_ones, of_others


def of_means(rows: Mapping[str, "Array"], fallback: str, *, less_is_better: bool = False) -> dict[str, Judged]:
    """Means of a figure a row, such as an error (less is better) or a hit."""
    import numpy as np

    sign = -1.0 if less_is_better else 1.0
    found = {}
    for name, values in rows.items():
        gains = sign * (values - rows[fallback])
        if len(gains):
            found[name] = Judged(float(values.mean()), float(gains.mean()), float(gains.std() / np.sqrt(len(gains))))
    return found
