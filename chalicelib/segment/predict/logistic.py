"""Logistic regression by iteratively reweighted least squares, on standardised columns, with a small ridge."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Logistic:
    """`weights` of the standardised columns, the intercept first."""

    weights: "Array"
    mean: "Array"
    spread: "Array"

    def chance(self, columns: "Array") -> "Array":
        """Probability of the outcome for each row."""
        import numpy as np

        scores = self.weights[0] + (columns - self.mean) / self.spread @ self.weights[1:]
        return 1 / (1 + np.exp(-np.clip(scores, -35, 35)))


def fit(columns: "Array", outcome: "Array", *, ridge: float = 1.0, steps: int = 50) -> Logistic:
    """Rows of features and what came of each (0 or 1). `ridge` is the penalty on squared standardised weights."""
    import numpy as np

    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    design = np.column_stack((np.ones(len(columns)), (columns - mean) / spread))
    penalty = np.diag([1e-9, *([ridge] * columns.shape[1])])
    weights = np.zeros(design.shape[1])
    for _ in range(steps):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -35, 35)))
        slope = design.T @ (outcome - chance) - penalty @ weights
        weighted = design * np.maximum(chance * (1 - chance), 1e-9)[:, None]
        step = np.linalg.solve(design.T @ weighted + penalty, slope)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return Logistic(weights, mean, spread)
