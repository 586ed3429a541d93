"""`python -m bench.models.other_stores`: what the daily run chooses in five made-up stores, and what came of it.

Each store (`made.py`) is cut as it was known on a day; the daily run learns from
that; then the days that followed judge what was chosen, and every other
candidate beside it. The law: what was chosen is in no store worse than the plain fallback
by more than two standard errors. Columns: the figure of the fallback, of what was chosen and of the best
candidate; what was gained on the fallback, with its standard error; how often which was chosen. Scores
and stages stand among them: their lowest and highest group, and the least step between two. Ends
with 1 where the law is broken, or where a model learns something else when it is handed the days that follow.
"""

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable

import numpy as np

from bench.models import grouped_later, judged_later
from bench.models.judged_later import Later
from bench.models.made import STORES, Made
from chalicelib.segment.ledger import SHAPE, Ledger
from chalicelib.segment.models import learning

SEEDS = (1, 2, 3, 4)


def known_at(ledger: Ledger, day: int) -> Ledger:
    """As it would have been gathered when `day` began."""
    orders = (ledger["orders.day"] < day) & (ledger["orders.known"] < day)
    place = np.where(orders, np.cumsum(orders) - 1, -1).astype(np.int32)
    kept = {
        "orders": orders,
        "refunds": (ledger["refunds.day"] < day) & orders[ledger["refunds.order"]],
        "lines": orders[ledger["lines.order"]],
        "looks": ledger["looks.day"] < day,
        "answers": ledger["answers.day"] < day,
        "offers": ledger["offers.start"] < day,
    }
    columns = {f"{table}.{title}": ledger[f"{table}.{title}"][kept[table]] for table in SHAPE for title in SHAPE[table]}
    for table in ("refunds", "lines"):
        columns[f"{table}.order"] = place[columns[f"{table}.order"]]
    for name in ("orders.gone", "offers.used"):
        columns[name] = np.where(columns[name] < day, columns[name], 0)
    return Ledger(ledger.ids, columns, ledger.products, ledger.categories)


def learns_from_later(store: Made) -> list[str]:
    """Models that learn something else when they are handed what came after the snapshot."""
    day = store.snapshots[-1]
    cut, whole = (learning.learn(each, day, lambda names: ()) for each in (known_at(store.ledger, day), store.ledger))
    return [
        name
        for name in cut
        if (cut[name].card, cut[name].parameters) != (whole[name].card, whole[name].parameters)
        or any(not np.array_equal(cut[name].arrays[each], whole[name].arrays[each]) for each in cut[name].arrays)
    ]


def judge(store: Made, day: int) -> dict[str, Later]:
    cut = known_at(store.ledger, day)
    learnt = learning.learn(cut, day, lambda names: ())
    return judged_later.judge(learnt, cut, store.ledger, day) | grouped_later.judge(cut, store.ledger, day)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", default=",".join(STORES))
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="of each store, so many are made")
    asked = parser.parse_args()
    broken = leaking = 0
    print(f"{'store, job':42} {'fallback':>9} {'chosen':>9} {'best':>9} {'gain':>9} {'error':>8}  what was chosen")
    for name in asked.stores.split(","):
        broken += _of_store(name, STORES[name], SEEDS[: asked.seeds])
        leaks = learns_from_later(STORES[name](SEEDS[0]))
        leaking += len(leaks)
        print(f"{name:42} {'learns from later days: ' + ', '.join(leaks) if leaks else 'nothing later was read'}")
    print(f"the law is broken {broken} times, {leaking} models read what came later")
    return 1 if broken or leaking else 0


def _of_store(name: str, make: Callable[[int], Made], seeds: tuple[int, ...]) -> int:
    found: dict[str, list[Later]] = defaultdict(list)
    for seed in seeds:
        store = make(seed)
        for place, day in enumerate(store.snapshots):
            for job, later in judge(store, day).items():
                found[f"{name} {'ab'[place]} {job}"].append(later)
    return sum(_line(title, each) for title, each in sorted(found.items()))


def _line(title: str, found: list[Later]) -> bool:
    """Print one job of one store over all seeds; whether the law is broken."""
    told = [each for each in found if not each.blank]
    chosen = Counter(each.chosen if not each.blank else f"blank: {each.blank}" for each in found)
    words = ", ".join(f"{what} ×{times}" if times > 1 else what for what, times in chosen.most_common(4))
    if not told:
        print(f"{title:42} {'':9} {'':9} {'':9} {'':9} {'':8}  {words}", flush=True)
        return False
    gain, error = np.mean([each.gain for each in told]), np.sqrt(np.sum([each.error**2 for each in told])) / len(told)
    fallback, mine, best = (
        np.mean([getattr(each, of) for each in told]) for of in ("of_fallback", "of_chosen", "best")
    )
    law = bool(gain < -2 * error - 1e-12)
    alone = sum(each.gain < -2 * each.error - 1e-12 for each in told)
    verdict = "  BROKEN" if law else f"  (alone in {alone})" if alone else ""
    print(f"{title:42} {fallback:9.4f} {mine:9.4f} {best:9.4f} {gain:+9.4f} {error:8.4f}  {words}{verdict}", flush=True)
    return law


if __name__ == "__main__":
    sys.exit(main())
