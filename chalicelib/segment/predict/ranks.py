"""Ranks with ties shared, and the measures of a ranking that the models are chosen by."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


def rank(values: "Array") -> "Array":
    """1 for the smallest; equal values share the mean of their ranks."""
    import numpy as np

    _, place, number = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(number)
    return (upto - (number - 1) / 2)[place]


def auc(outcome: "Array", score: "Array") -> float:
    """Chance that one with the outcome scores above one without; ties count half; 0.5 where all are alike."""
    ones = float(outcome.sum())
    others = len(outcome) - ones
    if not ones or not others:
        return 0.5
    return float((rank(score)[outcome > 0].sum() - ones * (ones + 1) / 2) / (ones * others))


def captured(outcome: "Array", score: "Array", share: float) -> float:
    """Share of all outcomes among the best `share` of the scores."""
    import numpy as np

    top = np.argsort(-score, kind="stable")[: round(len(score) * share)]
    return float(outcome[top].sum() / max(outcome.sum(), 1e-9))


def precision(outcome: "Array", score: "Array", share: float) -> float:
    """Share of outcomes among the best `share` of the scores."""
    import numpy as np

    top = np.argsort(-score, kind="stable")[: int(len(score) * share)]
    return float(outcome[top].mean()) if len(top) else 0.0
