"""How often will a customer buy again: BG/NBD and its modified form, fitted to the store's own purchases.

Fader, Hardie, Lee, "Counting your customers" the easy way (Marketing Science 2005); the
modified form (MBG/NBD) of Batislam, Denizel, Filiztekin (2007) lets a one-time buyer be
gone. Gamma functions of integer differences are running sums of logarithms, so numpy is
enough, and the gradient is exact. A penalty worth one customer keeps small stores from
running off. Refuses to say anything of money: see `order_value`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

LONGEST = 10.0
"""The longest observation is scaled to this while fitting, which is what the penalty is made for."""


@dataclass(frozen=True)
class Repeats:
    """Per customer: repeat purchases `x`, time of the last one `t`, time observed `T`, in one unit (weeks)."""

    x: "Array"
    t: "Array"
    T: "Array"

    @classmethod
    def of(cls, customer: "Array", day: "Array", end: int, customers: int) -> "Repeats":
        """From purchases as (customer index, day number), one a customer and day; `end` is the last day observed."""
        import numpy as np

        first = np.full(customers, np.iinfo(np.int64).max)
        last = np.full(customers, -1)
        np.minimum.at(first, customer, day)
        np.maximum.at(last, customer, day)
        x = np.bincount(customer, minlength=customers) - 1.0
        return cls(x, (last - first) / 7.0, (end - first) / 7.0)


@dataclass(frozen=True)
class Lifetimes:
    """Fitted parameters, time in weeks; `log_likelihood` without the penalty, `modified` for MBG/NBD."""

    r: float
    alpha: float
    a: float
    b: float
    modified: bool
    log_likelihood: float

    def alive(self, seen: Repeats) -> "Array":
        """Chance that a customer has not left for good. BG/NBD gives one-time buyers 1: no measure of dormancy."""
        import numpy as np

        with np.errstate(divide="ignore"):
            odds = self._odds(seen)
        return 1 / (1 + odds)

    def silent(self, seen: Repeats, weeks: float) -> "Array":
        """Chance of no purchase in the next `weeks`."""
        alive = self.alive(seen)
        waits = ((self.alpha + seen.T) / (self.alpha + seen.T + weeks)) ** (self.r + seen.x)
        return 1 - alive + alive * waits

    def expected(self, seen: Repeats, weeks: float) -> "Array":
        """Expected purchases in the next `weeks`.

        Formula 10 of the paper after Euler's transformation of its hypergeometric function, which leaves
        small exponents: no term overflows, whatever `x`.
        """
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6  # the formula divides by a - 1
        more = 1.0 if self.modified else 0.0
        z = weeks / (self.alpha + seen.T + weeks)
        c = a + self.b + seen.x - 1 + more
        transformed = (1 - z) ** (a - 1) * _series(a + self.b - 1 + more - self.r, a - 1, c, z)
        return c / (a - 1) * (1 - transformed) / (1 + self._odds(seen))

    def _odds(self, seen: Repeats) -> "Array":
        """Odds of having left: nobody has after a first purchase in BG/NBD."""
        import numpy as np

        gone = ((self.alpha + seen.T) / (self.alpha + seen.t)) ** (self.r + seen.x)
        if self.modified:
            return self.a / (self.b + seen.x) * gone
        return np.where(seen.x > 0, self.a / (self.b + np.maximum(seen.x, 1) - 1) * gone, 0.0)


def _series(a: float, b: float, c: "Array", z: "Array") -> "Array":
    """2F1(a, b; c; z) for 0 <= z < 1 by its series, all elements at once.

    An element takes no more terms once it has converged, so that its sum is the same whoever else is asked about.
    """
    import numpy as np

    term = np.ones_like(z)
    total = term.copy()
    for k in range(100_000):
        term = term * ((a + k) * (b + k) / ((c + k) * (k + 1.0)) * z)
        total += term
        if k > abs(a) + abs(b):
            term[np.abs(term) <= 1e-12 * np.abs(total)] = 0.0
            if not term.any():
                break
    return total


def fit(seen: Repeats, *, modified: bool = False, penalised: bool = True) -> Lifetimes:
    """The parameters of the greatest likelihood, by BFGS on their logarithms."""
    import numpy as np

    rows, weight = np.unique(np.column_stack((seen.x, seen.t, seen.T)), axis=0, return_counts=True)
    scale = LONGEST / max(float(rows[:, 2].max()), 1e-9)
    likelihood = _Likelihood(rows[:, 0], rows[:, 1] * scale, rows[:, 2] * scale, weight, modified)
    customers = float(weight.sum())

    def loss(logs: "Array") -> tuple[float, "Array"]:
        value, gradient = likelihood(logs)
        if penalised:
            value -= float(logs @ logs)
            gradient = gradient - 2 * logs
        return -value / customers, -gradient / customers

    found = minimise(loss, np.array([0.0, 0.0, 0.0, 0.5]))
    r, alpha, a, b = np.exp(found)
    value, _ = likelihood(found)
    # The likelihood of the unscaled times differs by one factor for each repeat purchase.
    value += float((rows[:, 0] * weight).sum()) * float(np.log(scale))
    return Lifetimes(float(r), float(alpha) / scale, float(a), float(b), modified, value)


class _Likelihood:
    """Log-likelihood and its gradient by the logarithms of (r, alpha, a, b)."""

    def __init__(self, x: "Array", t: "Array", T: "Array", weight: "Array", modified: bool) -> None:  # noqa: N803
        import numpy as np

        self.x, self.t, self.T, self.weight, self.modified = x, t, T, weight, modified
        self.repeats = x.astype(np.int64)
        self.steps = np.arange(self.repeats.max() + 2.0)

    def _rising(self, start: float, count: "Array") -> tuple["Array", "Array"]:
        """log of start·(start+1)…(start+count-1), and its derivative by `start`."""
        import numpy as np

        values = start + self.steps
        logs = np.concatenate(([0.0], np.cumsum(np.log(values))))
        slopes = np.concatenate(([0.0], np.cumsum(1 / values)))
        return logs[count], slopes[count]

    def __call__(self, logs: "Array") -> tuple[float, "Array"]:
        import numpy as np

        r, alpha, a, b = np.exp(logs)
        x, n = self.x, self.repeats
        more = int(self.modified)
        rate, rate_r = self._rising(r, n)
        kept, kept_b = self._rising(b, n + more)
        spread, spread_ab = self._rising(a + b, n + more)
        known = rate + r * np.log(alpha) + kept - spread
        lives = -(r + x) * np.log(alpha + self.T)
        last = b + (x if self.modified else np.maximum(x, 1) - 1)
        leaves = np.log(a) - np.log(last) - (r + x) * np.log(alpha + self.t)
        if not self.modified:
            leaves = np.where(x > 0, leaves, -np.inf)
        both = np.logaddexp(lives, leaves)
        value = float(((known + both) * self.weight).sum())
        share = np.exp(leaves - both)  # of having left

        def sum_of(values: "Array") -> float:
            return float((values * self.weight).sum())

        by_r = sum_of(rate_r + np.log(alpha) - (1 - share) * np.log(alpha + self.T) - share * np.log(alpha + self.t))
        by_alpha = sum_of(r / alpha - (r + x) * ((1 - share) / (alpha + self.T) + share / (alpha + self.t)))
        by_a = sum_of(-spread_ab + share / a)
        by_b = sum_of(kept_b - spread_ab - share / last)
        return value, np.array([by_r * r, by_alpha * alpha, by_a * a, by_b * b])


def minimise(loss: Any, start: "Array", *, steps: int = 300, tolerance: float = 1e-9) -> "Array":
    """Where `loss`, which gives value and gradient, is least: BFGS with a backtracking line search."""
    import numpy as np

    at = start.astype(float)
    value, gradient = loss(at)
    inverse = np.eye(len(at))
    for _ in range(steps):
        direction = -inverse @ gradient
        if direction @ gradient >= 0:
            inverse, direction = np.eye(len(at)), -gradient
        length = min(1.0, 2.0 / max(float(np.abs(direction).max()), 1e-12))
        while True:
            there = at + length * direction
            new_value, new_gradient = loss(there)
            if np.isfinite(new_value) and new_value <= value + 1e-4 * length * (direction @ gradient):
                break
            length /= 2
            if length < 1e-12:
                return at
        moved, turned = there - at, new_gradient - gradient
        curvature = float(moved @ turned)
        at, gradient = there, new_gradient
        done = abs(value - new_value) < tolerance * 1e-3 and float(np.abs(gradient).max()) < tolerance * 1e3
        value = new_value
        if done or float(np.abs(gradient).max()) < tolerance:
            break
        if curvature > 1e-14:
            turn = np.eye(len(at)) - np.outer(moved, turned) / curvature
            inverse = turn @ inverse @ turn.T + np.outer(moved, moved) / curvature
    return at


def order_value(orders: "Array", spent: "Array", everybody: float, *, weight: float = 1.0) -> "Array":
    """Expected value of an order: the customer's own mean drawn to everybody's, as by `weight` more orders.

    Measured against the gamma-gamma model, it is better and a line long.
    """
    return (spent + weight * everybody) / (orders + weight)
