"""`python -m bench.models.shelves`: the shelf as the shop runs it, on a store with more products than the matrix holds.

The Complete Journey by product: 92 days that the shelf had not seen, customers
who had bought five products before. A product beyond the matrix counts as missed
like any other. Prints hit rate and recall at ten, and the peak of memory.
"""

import resource

import numpy as np

from bench.models import stores
from bench.models.stores import day
from chalicelib.segment.ledger import Ledger
from chalicelib.segment.models import shelf, suggest

FROM, UNTIL = day("2017-10-01"), day("2018-01-01")


def ledger() -> Ledger:
    journey = stores.journey()
    lines = journey.real[journey.real["product"] >= 0]
    baskets = lines.drop_duplicates("basket")
    place = np.zeros(int(lines.basket.max()) + 1, np.int64)
    place[baskets.basket.to_numpy()] = np.arange(len(baskets))
    nothing = np.zeros(len(baskets))
    orders = [baskets.household, baskets.day, baskets.day, nothing, nothing + 1, nothing + 12, nothing]
    rows = {
        "orders": np.column_stack(orders),
        "lines": np.column_stack([place[lines.basket.to_numpy()], lines["product"], lines.category]),
    }
    ids = [f"{number:016d}" for number in range(journey.households)]
    names = {"products": [str(each) for each in journey.products], "categories": journey.categories}
    return Ledger.of(ids, {table: each.tolist() for table, each in rows.items()}, names)


def judge(held: Ledger, shown: list[tuple[str, ...]], *, new: bool) -> dict[str, float]:
    """Of what was newly bought in all of the 92 days, or of the first of these days on which somebody bought."""
    lines = held.items(UNTIL)
    products = len(held.products)
    early = lines.day < FROM
    before = np.unique(lines.customer[early].astype(np.int64) * products + lines.product[early])
    number = np.bincount(before // products, minlength=held.customers)
    first = np.full(held.customers, UNTIL)
    np.minimum.at(first, lines.customer[~early], lines.day[~early])
    asked = ~early & (new | (lines.day == first[lines.customer]))
    wanted = np.unique(lines.customer[asked].astype(np.int64) * products + lines.product[asked])
    wanted = np.setdiff1d(wanted, before) if new else wanted
    of = np.bincount(wanted // products, minlength=held.customers)
    place = {str(name): index for index, name in enumerate(held.products)}
    who = np.flatnonzero((number >= 5) & (of > 0))
    asking = [int(each) for each in who for _ in shown[each][:10]]
    named = [place[name] for each in who for name in shown[each][:10]]
    hit = np.isin(np.array(asking, np.int64) * products + np.array(named, np.int64), wanted)
    hits = np.bincount(np.array(asking, np.int64), hit, held.customers)[who]
    return {"HR": float((hits > 0).mean()), "R": float((hits / of[who]).mean())}


def main() -> None:
    held = ledger()
    learnt = shelf.learn(held, FROM)
    found = suggest.suggest(learnt.parameters, learnt.arrays, held, FROM)
    parameters = learnt.parameters
    popular = parameters | {"new": shelf.POPULAR}
    plain = suggest.suggest(popular, learnt.arrays, held, FROM)
    print(f"{len(parameters['items'])} products, {parameters['exact']} of them in the matrix")
    for name, shown, new in (
        (f"new, {parameters['new']}", found["new"], True),
        ("new, popular", plain["new"], True),
        (f"again, {parameters['again']}", found["again"], False),
    ):
        figures = judge(held, shown, new=new)
        print(f"{name:28} HR {figures['HR']:.4f}  R {figures['R']:.4f}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
