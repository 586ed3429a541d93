"""Whether a reminder's confidence is how often it comes true: the Complete Journey, as the daily run would tell it.

What is told on days past is compared with what was bought after them, in groups of like confidence and of like waiting,
those to whom nothing would be said too.
"""

from itertools import pairwise

import numpy as np

from bench.models import shelves
from bench.models.stores import day
from chalicelib.segment.models import refill, reminders
from chalicelib.segment.predict.replenishment import BEFOREHAND

HOUSEHOLDS = 700
DAYS = (day("2017-10-02"), day("2017-11-06"))
CONFIDENCE = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 1.0)
WAITED = (1, 4, 8, 15, 31, 61, 93)
FEWEST = 100
"""Pairs in a group that is compared."""


def measure() -> dict[str, float]:
    """`off` is the greatest distance of a group; the others are of those who are reminded."""
    ledger = shelves.ledger().chosen(np.arange(HOUSEHOLDS))
    rows = np.concatenate([_told(ledger, each) for each in DAYS])
    confidence, in_time, waited, given = rows.T
    groups = [_within(confidence, low, high) for low, high in pairwise(CONFIDENCE)]
    groups += [_within(waited, low, high) for low, high in pairwise(WAITED)]
    off = [abs(confidence[each].mean() - in_time[each].mean()) for each in groups if each.sum() >= FEWEST]
    reminded = given > 0
    return {
        "off": float(max(off)),
        "promised": float(confidence[reminded].mean()),
        "in time": float(in_time[reminded].mean()),
        "reminders": float(reminded.sum()),
    }


def _within(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.asarray((values >= low) & (values < high))


def _told(ledger: shelves.Ledger, today: int) -> np.ndarray:
    """Pair → confidence, whether it was in time, days waited, whether a reminder is given."""
    learnt = refill.learn(ledger, today)
    rhythms = reminders.rhythms_of(ledger, today, "category")
    dates = reminders.dates(learnt.parameters, ledger, rhythms, today, "category")
    later = ledger.items(today + reminders.OVER)
    bought = set(zip(later.customer.tolist(), later.category.tolist(), later.day.tolist(), strict=True))
    pairs = zip(rhythms.customer[dates.rows].tolist(), rhythms.unit[dates.rows].tolist(), strict=True)
    in_time = [
        any((who, category, at) in bought for at in range(remind, remind + BEFOREHAND + 1))
        for (who, category), remind in zip(pairs, dates.remind.tolist(), strict=True)
    ]
    given = dates.confidence >= reminders.REMINDED
    return np.column_stack((dates.confidence, in_time, today - rhythms.day[dates.rows], given))
