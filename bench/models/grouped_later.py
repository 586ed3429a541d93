"""Whether RFM scores and stages of life order customers by what they did next, in the same made-up stores.

A score, or a stage that a store's own waits part, must not buy again less often
than the one below it; each step is compared with its own standard error.
"""

from datetime import timedelta

import numpy as np

from bench.models.judged_later import Later
from chalicelib.segment import lifecycle, rfm
from chalicelib.segment.ledger import Ledger

AHEAD = 90


def judge(cut: Ledger, whole: Ledger, day: int) -> dict[str, Later]:
    known = cut.purchases(day)
    who = np.flatnonzero(known.number)
    again = whole.purchases(day + AHEAD).between(day, day + AHEAD).number[who] > 0
    days = day - known.last[who]
    thirds = rfm.learn(days, known.number[who], known.spent[who], timedelta(days=day - int(known.day.min())))
    found = {"scores": Later(blank="too_few_buyers")}
    if thirds is not None:
        scores = thirds.scores(days, known.number[who], known.spent[who])
        found = {f"score {name}": _steps(score, again) for name, score in zip("RFM", scores, strict=True)}
    waits = _waits(cut, day)
    bounds = [waits.of(int(number)) for number in known.number[who]]
    stage = [
        lifecycle.stage_of(*each)[0] for each in zip(known.number[who].tolist(), days.tolist(), bounds, strict=True)
    ]
    found["stages"] = _steps(np.array([-max(1, lifecycle.STAGES.index(each)) for each in stage]), again)
    return found


def _waits(cut: Ledger, day: int) -> lifecycle.Waits:
    known = cut.purchases(day)
    ended = np.append(known.customer[1:] == known.customer[:-1], False)
    waits = np.where(ended, np.append(np.diff(known.day), 0), day - known.day)
    first = np.flatnonzero(np.append(True, ~ended[:-1]))
    number = np.arange(len(known.day)) - np.repeat(first, np.diff(np.append(first, len(known.day)))) + 1
    waited = lifecycle.Waited(waits, ended, day - known.day, known.customer)
    return lifecycle.learn(waited, number, np.full(len(waits), -1), [])


def _steps(group: np.ndarray, again: np.ndarray) -> Later:
    """The least step up from one group to the next, in the share that bought again, and its standard error."""
    groups = [each for each in np.unique(group) if (group == each).sum() >= 30]
    if len(groups) < 2:
        return Later(blank="one group")
    shares = np.array([again[group == each].mean() for each in groups])
    numbers = np.array([(group == each).sum() for each in groups])
    likely = (shares * numbers + 1) / (numbers + 2)  # nobody of a few is not never
    errors = likely * (1 - likely) / numbers
    steps, spread = np.diff(shares), np.sqrt(errors[1:] + errors[:-1])
    worst = int(np.argmin(steps / np.maximum(spread, 1e-9)))
    figures = " < ".join(f"{share:.2f}" for share in shares)
    return Later(figures, shares[0], shares[-1], shares[-1], float(steps[worst]), float(spread[worst]))
