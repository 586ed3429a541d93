"""Which candidate does better than the plain fallback, and whether by more than noise; what a model's card says of it.

Every comparison is paired: both were asked about the same rows of the store's
own later data. A gain counts when it exceeds BEYOND standard errors; of an area
under the curve these are DeLong's (Biometrics 1988). Rows of one customer are not
independent, so errors are taken over customers (`groups`), not over rows: each as far as leaving that
customer out would move the figure (Quenouille's jackknife), so one who has most of the rows is one witness. Where
nothing gains, the fallback is used and the card says so. Refuses a candidate that was judged on
what it was taught, one that ranks better by chances that are further from the truth, and the word of fewer
than WITNESSES customers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.profile.insights import Reason
from chalicelib.segment.predict.ranks import rank

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

BEYOND = 2.0
"""Standard errors that a gain must exceed; more than one candidate is tried, so more than for one."""
WITNESSES = 20
"""Customers below whom a gain, however great, is not evidence."""
LOOKS = 3
"""Stretches of days, each before the next, on which candidates are judged where the past is long enough: one alone
hides what is less than its noise."""


@dataclass(frozen=True)
class Judged:
    """A candidate's figure, what it gained on the fallback (more is better) and the gain's standard error."""

    figure: float
    gain: float = 0.0
    error: float = 0.0

    @property
    def beats(self) -> bool:
        return self.gain > BEYOND * self.error and self.gain > 0

    @property
    def loses(self) -> bool:
        return self.gain < -BEYOND * self.error


@dataclass(frozen=True)
class Learnt:
    """What a job learnt: `parameters` as JSON, `arrays` beside it, and the card. `blank` is why there is nothing."""

    card: dict[str, Any]
    parameters: dict[str, Any] = field(default_factory=dict)
    arrays: "dict[str, Array]" = field(default_factory=dict)
    blank: Reason | None = None


@dataclass(frozen=True)
class Asked:
    """Rows asked about from day `since` on: whose each is, what came of it, and by candidate what was foretold."""

    since: int
    customer: "Array"
    came: "Array"
    foretold: "Mapping[str, Array]"


def looked_back(ask: Callable[[int], Asked | Learnt], day: int, days: int) -> Asked | Learnt:
    """What `ask` says of the `days` before `day`, with the LOOKS - 1 stretches before them as far as these could be
    asked of the same candidates. Why not, where the newest could not."""
    import numpy as np

    newest = ask(day)
    if isinstance(newest, Learnt):
        return newest
    looks = [newest]
    for back in range(1, LOOKS):
        earlier = ask(day - back * days)
        if isinstance(earlier, Learnt) or earlier.foretold.keys() != newest.foretold.keys():
            break
        looks.append(earlier)
    return Asked(
        looks[-1].since,
        np.concatenate([each.customer for each in looks]),
        np.concatenate([each.came for each in looks]),
        {name: np.concatenate([each.foretold[name] for each in looks]) for name in newest.foretold},
    )


def choose(fallback: str, judged: Mapping[str, Judged], *also: Mapping[str, Judged]) -> str:
    """The candidate with the greatest gain beyond noise; the fallback without one. `also` are further measures of the
    same candidates, by which none may be worse than the fallback beyond noise."""
    better = [
        name
        for name, each in judged.items()
        if name != fallback and each.beats and not any(measure[name].loses for measure in also)
    ]
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


def of_areas(
    outcome: "Array", scores: Mapping[str, "Array"], fallback: str, groups: "Array | None" = None
) -> dict[str, Judged]:
    """Areas under the curve of several scores of the same rows; `outcome` is 0 or 1 and has both."""
    import numpy as np

    ones = outcome > 0
    places = {name: _places(ones, score) for name, score in scores.items()}
    whose = np.arange(len(outcome)) if groups is None else np.unique(groups, return_inverse=True)[1]
    found = {}
    for name, (of_ones, of_others) in places.items():
        gained, gained_of_others = of_ones - places[fallback][0], of_others - places[fallback][1]
        gain = float(gained.mean())
        moved = _moved(gained, whose[ones], whose) + _moved(gained_of_others, whose[~ones], whose)
        found[name] = Judged(float(of_ones.mean()), gain, _error(moved, gain))
    return found


def _moved(gains: "Array", whose: "Array", all_of: "Array") -> "Array":
    """Per customer how far the mean of `gains` would move without theirs; the whole of it where all are theirs."""
    import numpy as np

    customers = int(all_of.max()) + 1
    number = np.bincount(whose, minlength=customers)
    rest = len(gains) - number
    apart = np.bincount(whose, gains - gains.mean(), customers) / np.maximum(rest, 1)
    return np.where(rest > 0, apart, gains.mean())


def _error(moved: "Array", gain: float) -> float:
    """Standard error from what each customer moves; at least the gain itself where they are too few to say."""
    import numpy as np

    error = float(np.sqrt((moved**2).sum()))
    return max(error, abs(gain)) if len(moved) < WITNESSES else error


def _places(ones: "Array", score: "Array") -> "tuple[Array, Array]":
    """For each with the outcome the share of the others it is above, for each other the share that is above it."""
    everywhere = rank(score)
    among_ones, among_others = rank(score[ones]), rank(score[~ones])
    of_ones = (everywhere[ones] - among_ones) / (~ones).sum()
    of_others = 1 - (everywhere[~ones] - among_others) / ones.sum()
    return of_ones, of_others


def of_means(
    rows: Mapping[str, "Array"], fallback: str, *, less_is_better: bool = False, groups: "Array | None" = None
) -> dict[str, Judged]:
    """Means of a figure a row, such as an error (less is better) or a hit."""
    import numpy as np

    if not len(rows[fallback]):
        return {}
    sign = -1.0 if less_is_better else 1.0
    whose = np.arange(len(rows[fallback])) if groups is None else np.unique(groups, return_inverse=True)[1]
    found = {}
    for name, values in rows.items():
        gains = sign * (values - rows[fallback])
        gain = float(gains.mean())
        found[name] = Judged(float(values.mean()), gain, _error(_moved(gains, whose, whose), gain))
    return found


def of_briers(
    outcome: "Array", chances: Mapping[str, "Array"], fallback: str, groups: "Array | None" = None
) -> dict[str, Judged]:
    """Mean squared distances of several chances from what came: whether a chance is one."""
    rows = {name: (chance - outcome) ** 2 for name, chance in chances.items()}
    return of_means(rows, fallback, less_is_better=True, groups=groups)
