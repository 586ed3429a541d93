"""A million customers' columns through the daily run's own `learn`, read part by part as they lie in the bucket.

One process makes the parts as gathering writes them, another learns from them,
so that only what learning holds counts as its memory. The bucket is a folder; the
table takes what it is told and answers that there is nothing yet. Prints wall and CPU time,
peak memory, from how many customers models were learnt and what each came to. Ends with 1 when a bar is missed.
"""

import argparse
import base64
import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from chalicelib import clock
from chalicelib.aws.bucket import Bucket
from chalicelib.aws.table import Key, insight_run_key
from chalicelib.segment import daily, runs
from chalicelib.segment.ledger import SHAPE, Ledger
from chalicelib.segment.observations import Columns

CUSTOMERS, PART = 1_000_000, 12_000
PRODUCTS, CATEGORIES = 3_600, 60
"""As many products as are worked out exactly, nearly: the most that learning has to hold."""
SEED = 20261123
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = NOW.date().toordinal()
RUN = clock.to_text(NOW)
MEMORY, SECONDS = 1_500, 900
"""Megabytes; seconds of CPU, which is the time its function may take on one core."""
HOURS = ("morning", "afternoon", "evening", "night")
HABITS = (*(f"category:C{number}" for number in range(CATEGORIES)), "coupon", "discount", "holiday",
          *(f"hour:{each}" for each in HOURS))  # fmt: skip


class Folder:
    """What `aws/bucket.py` needs of S3, as files."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803
        path = self.root / Key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Body)

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        from botocore.exceptions import ClientError

        path = self.root / Key
        if not path.exists():
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject")
        return {"Body": path.open("rb"), "ETag": Key}

    def get_paginator(self, _: str) -> "Folder":
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> Iterator[dict[str, Any]]:  # noqa: N803
        keys = sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file())
        yield {"Contents": [{"Key": key} for key in keys if key.startswith(Prefix)]}


class _Quick(Bucket):
    """Packed lightly: making the parts is not what is measured."""

    def put(self, key: str, body: bytes, **_: Any) -> None:
        super().put(key, gzip.compress(body, 1), zipped=False)


class _Table:
    """Nothing but the run at work is in it, everything is taken."""

    def get(self, key: Key, **_: Any) -> dict[str, Any] | None:
        at_work = {"run": RUN, "of": 16, "status": "gathering", "learns": True}
        return at_work if key == insight_run_key() else None

    def query(self, *_: Any, **__: Any) -> Iterator[Any]:
        return iter(())

    def put_if_absent(self, *_: Any) -> bool:
        return True

    def update(self, *_: Any, **__: Any) -> bool:
        return True

    def delete_many(self, keys: Any) -> None:
        pass

    def put_many(self, items: Any) -> int:
        return sum(1 for _ in items)


def services_of(root: Path) -> Any:
    queue = SimpleNamespace(send=lambda bodies: sum(1 for _ in bodies))
    return SimpleNamespace(data=_Quick("data", Folder(root)), catalog=_Table(), queue=lambda _: queue)


def part(dice: np.random.Generator, customers: int) -> tuple[Ledger, Columns]:
    """Customers with three orders on average, some with dozens, of a category they like."""
    orders_of = np.minimum(1 + dice.geometric(1 / (1 + dice.gamma(0.6, 3.0, customers))) - 1, 40)
    buyer = np.repeat(np.arange(customers), orders_of).astype(np.int32)
    orders = len(buyer)
    day = (DAY - 1 - (dice.beta(1, 1.5, orders) * 700).astype(np.int32)).astype(np.int32)
    amount = dice.lognormal(3.5, 0.7, orders)
    line_order = np.repeat(np.arange(orders), dice.integers(1, 4, orders)).astype(np.int32)
    liked = dice.integers(0, CATEGORIES, customers)
    own = dice.random(len(line_order)) < 0.7
    category = np.where(own, liked[buyer[line_order]], dice.integers(0, CATEGORIES, len(line_order))).astype(np.int32)
    within = (PRODUCTS // CATEGORIES * dice.random(len(line_order)) ** 2).astype(np.int32)
    columns: dict[str, Any] = {
        "orders.customer": buyer, "orders.day": day, "orders.known": day, "orders.gone": _some(dice, day, 0.02),
        "orders.amount": amount, "orders.hour": dice.integers(6, 24, orders),
        "orders.coupon": dice.random(orders) < 0.1,
        "lines.order": line_order, "lines.product": category * (PRODUCTS // CATEGORIES) + within,
        "lines.category": category,
    }  # fmt: skip
    back = np.flatnonzero(dice.random(orders) < 0.05)
    columns |= {"refunds.order": back, "refunds.day": day[back] + 9, "refunds.amount": amount[back] * 0.7}
    looks, answers, offers = customers * 6, customers * 6, customers // 2
    columns |= {
        "looks.customer": dice.integers(0, customers, looks), "looks.day": DAY - dice.integers(1, 90, looks),
        "looks.product": dice.integers(0, PRODUCTS, looks),
        "answers.customer": dice.integers(0, customers, answers), "answers.day": DAY - dice.integers(1, 200, answers),
        "answers.hour": dice.integers(0, 24, answers),
    }  # fmt: skip
    start = DAY - dice.integers(1, 360, offers)
    used = np.where(dice.random(offers) < 0.15, start + dice.integers(0, 14, offers), 0)
    given = dice.integers(0, customers, offers)
    columns |= {"offers.customer": given, "offers.start": start, "offers.end": start + 14, "offers.used": used}
    kinds = {
        f"{table}.{title}": np.float64 if title == "amount" else np.int32 for table in SHAPE for title in SHAPE[table]
    }
    raw = dice.bytes(10 * customers)
    ids = np.array([base64.b32encode(raw[at : at + 10]).lower() for at in range(0, len(raw), 10)], dtype="S16")
    ledger = Ledger(
        ids, {name: columns[name].astype(kind) for name, kind in kinds.items()},
        np.array([f"P{number:05d}" for number in range(PRODUCTS)]),
        np.array([f"C{each}" for each in range(CATEGORIES)]),
    ).chosen(np.argsort(ids, kind="stable"))  # fmt: skip
    return ledger, _observed(ledger, dice)


def _some(dice: np.random.Generator, day: np.ndarray, share: float) -> np.ndarray:
    return np.where(dice.random(len(day)) < share, day + 2, 0)


def _observed(ledger: Ledger, dice: np.random.Generator) -> Columns:
    known = ledger.purchases(DAY)
    first = np.concatenate(([True], known.customer[1:] != known.customer[:-1]))
    place = np.arange(len(first))
    number = place - place[first][np.cumsum(first) - 1] + 1
    habits = dice.integers(0, len(HABITS), (ledger.customers, 5))
    trials = ("category", "coupon", "discount", "holiday", "hour")
    days = np.maximum(known.number, 1)
    numbers = {
        "looks": dice.integers(0, 12, ledger.customers), "bought": np.minimum(known.number, 4),
        "customer": known.customer, "day": known.day, "order": number,
        "category_row": np.arange(len(number)), "category": dice.integers(0, CATEGORIES, len(number)),
        "habit_customer": np.repeat(np.arange(ledger.customers), 5), "habit": habits.ravel(),
        "habit_days": np.minimum(dice.integers(1, 5, habits.size), np.repeat(days, 5)),
        "trial_customer": np.repeat(np.arange(ledger.customers), len(trials)),
        "trial": np.tile(np.arange(len(trials)), ledger.customers), "trial_days": np.repeat(days, len(trials)),
    }  # fmt: skip
    names = {"categories": ledger.categories, "habits": np.array(HABITS), "trials": np.array(trials)}
    whole = {name: values.astype(np.int32) for name, values in numbers.items()}
    return Columns(amount=known.amount, **whole, **names)


def make(root: Path, customers: int) -> None:
    services, dice = services_of(root), np.random.default_rng(SEED)
    empty: dict[str, Any] = {each: {} for each in ("segments", "flows", "campaigns", "templates", "pages", "sources")}
    store = {"store": {"timezone": "UTC", "currency": "USD"}, "segments": {"slices": 16}}
    services.data.put_json("playbook/current.json", {"version": "1"})
    services.data.put_json("playbook/bundles/1.json", {"version": "1", "settings": store, **empty})
    for number, start in enumerate(range(0, customers, PART)):
        ledger, observed = part(dice, min(PART, customers - start))
        runs.keep_part(services, RUN, f"{number:05d}", ledger, observed)


def learn(root: Path) -> int:
    services = services_of(root)
    began, busy = time.monotonic(), time.process_time()
    daily.learn(services, RUN, NOW)
    wall, cpu = time.monotonic() - began, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cards, current = runs.read_cards(services), services.data.get_json(runs.CURRENT)
    good = cpu < SECONDS and peak < MEMORY
    print(
        f"learn                      {wall:8,.0f} s wall, {cpu:,.0f} s CPU, {peak:,.0f} MB at most,"
        f" {current['customers']:,} customers, models from {cards['silence']['customers']:,} of them"
        f"   bar {SECONDS} s, {MEMORY:,} MB   {'met' if good else 'MISSED'}"
    )
    parts = {name: card[inner] for name, card in cards.items() for inner in ("new", "again", "due") if inner in card}
    told = {name: card.get("chosen", card.get("blank")) for name, card in cards.items()}
    print(f"                           {json.dumps(told | {name: each.get('chosen') for name, each in parts.items()})}")
    return 0 if good else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--step", choices=("make", "learn"), help="one step alone, in --folder")
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    if asked.step == "make":
        make(asked.folder, asked.customers)
        return 0
    if asked.step == "learn":
        return learn(asked.folder)
    with tempfile.TemporaryDirectory() as folder:
        steps = ("make", "learn")
        again = [sys.executable, "-m", "bench.learning", "--folder", folder, "--customers", str(asked.customers)]
        one_core = os.environ | dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
        return next(
            (code for step in steps if (code := subprocess.run([*again, "--step", step], env=one_core).returncode)), 0
        )


if __name__ == "__main__":
    sys.exit(main())
