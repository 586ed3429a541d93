"""`make bench-scale`: a million customers' events to features, in one pass and as a map over hash ranges.

Events are rows of the columns that gathering writes: orders, refunds, looks,
opens and clicks, made up but as many as a store of that size has. Features are
those the predictions read: purchases netted as of the day, the ten columns of
the silence model, what BG/NBD reads, hours, recent looks. The map takes the
customers by range of their ids, as slices do, and its results are compared bit by bit with those of
the one pass. CPU time of one core; ends with 1 when a bar is missed or a bit differs.
"""

import argparse
import base64
import resource
import sys
import time
from itertools import pairwise
from typing import Any

import numpy as np

from chalicelib.segment.ledger import SHAPE, Ledger
from chalicelib.segment.models import hours, silence
from chalicelib.segment.predict import dormancy

CUSTOMERS = 1_000_000
ORDERS, LOOKS, ANSWERS, REFUNDS = 3, 6, 6, 0.15
"""Of each customer."""
DAY = 739_000
RANGES = 16
BAR, STRETCH = 1_500_000, 5_000_000
MEMORY = 1_500
"""Megabytes."""
EVERYBODY = {"kind": "own", "everybody": [1] * 24}


def make(customers: int) -> Ledger:
    dice = np.random.default_rng(20261123)

    def whole(low: int, high: int, number: int) -> np.ndarray:
        return dice.integers(low, high, number, dtype=np.int32)

    orders, looks, answers = (customers * each for each in (ORDERS, LOOKS, ANSWERS))
    refunds = int(customers * REFUNDS)
    columns: dict[str, Any] = {f"{table}.{title}": np.empty(0, np.int32) for table in SHAPE for title in SHAPE[table]}
    columns |= {
        "orders.customer": whole(0, customers, orders),
        "orders.day": DAY - whole(1, 700, orders),
        "orders.gone": np.zeros(orders, np.int32),
        "orders.amount": dice.uniform(5, 200, orders),
        "orders.hour": whole(0, 24, orders),
        "orders.coupon": whole(0, 2, orders),
        "refunds.order": whole(0, orders, refunds),
        "refunds.day": DAY - whole(1, 300, refunds),
        "refunds.amount": dice.uniform(5, 200, refunds),
        "looks.customer": whole(0, customers, looks),
        "looks.day": DAY - whole(1, 90, looks),
        "looks.product": whole(0, 500, looks),
        "answers.customer": whole(0, customers, answers),
        "answers.day": DAY - whole(1, 200, answers),
        "answers.hour": whole(0, 24, answers),
    }
    columns["orders.known"] = columns["orders.day"]
    raw = dice.integers(0, 256, (customers, 10), dtype=np.uint8).tobytes()
    names = {base64.b32encode(raw[start : start + 10]).lower() for start in range(0, len(raw), 10)}
    while len(names) < customers:  # two alike among a million: once in a lifetime
        names.add(base64.b32encode(dice.bytes(10)).lower())
    ids = np.array(sorted(names), dtype="S16")
    return Ledger(ids, columns, np.empty(0, np.str_), np.empty(0, np.str_))


def features(ledger: Ledger, usual: float) -> dict[str, np.ndarray]:
    """Name → array whose first axis is customers, for those who bought or for all."""
    known = ledger.purchases(DAY)
    who, columns = dormancy.features(known, DAY, usual)
    _, seen = silence.repeats(known, DAY)
    _, hour, answers = hours.best(EVERYBODY, ledger, DAY)
    looker, at, _ = ledger.looks(DAY)
    looks = np.bincount(looker[at >= DAY - 30], minlength=ledger.customers)
    return {
        "who": ledger.ids[who],
        "silence": columns,
        "repeats": np.column_stack((seen.x, seen.t, seen.T)),
        "hour": hour,
        "answers": answers,
        "looks": looks,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    asked = parser.parse_args()
    ledger = make(asked.customers)
    events = sum(len(ledger[f"{table}.{titles[0]}"]) for table, titles in SHAPE.items())
    usual = dormancy.usual_gap(ledger.purchases(DAY))
    began = time.process_time()
    whole = features(ledger, usual)
    seconds = time.process_time() - began
    rate = events / seconds
    print(
        f"events to features         {rate:12,.0f} events/s, {events:,} of {asked.customers:,} customers"
        f"   bar {BAR:,}, stretch {STRETCH:,}   {'met' if rate >= BAR else 'MISSED'}",
        flush=True,
    )
    bounds = np.linspace(0, ledger.customers, RANGES + 1).astype(int)
    began = time.process_time()
    parts = []
    for start, end in pairwise(bounds.tolist()):
        part = Ledger.from_bytes(ledger.chosen(np.arange(start, end)).to_bytes())  # as it comes back from the bucket
        parts.append(features(part, usual))
    seconds = time.process_time() - began
    same = all(
        np.concatenate([each[name] for each in parts]).tobytes() == array.tobytes() for name, array in whole.items()
    )
    print(
        f"map over {RANGES} hash ranges    {events / seconds:12,.0f} events/s with cutting and packing,"
        f" {'bit by bit the one pass' if same else 'DIFFERS from the one pass'}"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory                {peak:12,.0f} MB   bar {MEMORY:,}   {'met' if peak < MEMORY else 'MISSED'}")
    return 0 if rate >= BAR and same and peak < MEMORY else 1


if __name__ == "__main__":
    sys.exit(main())
