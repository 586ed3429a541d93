"""From what the shelf learnt to products for each customer of a slice: something new, the usual again, for the cart.

Works through the customers in blocks, so that a block times all items fits into
memory. Refuses what is barred, what was bought and is bought but once, and an
empty guess: who has nothing bought or looked at gets what is popular.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.catalogue.related import Related
from chalicelib.segment.models import shelf
from chalicelib.segment.predict import recommend

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger
    from chalicelib.segment.predict.recommend import Bought

    Array = NDArray[Any]

CELLS = 8_000_000
"""Customers times items worked on at once."""
LOOK = 0.5
"""What having looked at something counts beside having bought it."""
NEW, AGAIN, WITH_CART = "new", "again", "with_cart"
"""Kinds of recommendations on insights; the last for those with an open cart, see `catalogue/related.py`."""


def suggest(
    parameters: Mapping[str, Any], arrays: "Mapping[str, Array]", ledger: "Ledger", day: int
) -> dict[str, list[tuple[str, ...]]]:
    """Kind → for each customer of `ledger` the products, best first; empty where there is nothing to say."""
    import numpy as np

    exact, rest = parameters["exact"], parameters["rest"]
    names: list[str] = parameters["items"]
    bought = shelf.bought_of(ledger, day, names[:exact], rest)
    looked = _looked(ledger, day, names[:exact], bought.items)
    with_ease = "and EASE" in parameters["again"] and "weights" in arrays
    found: dict[str, list[tuple[str, ...]]] = {NEW: [], AGAIN: [] if with_ease else _own(parameters, ledger, day)}
    block = max(1, CELLS // max(bought.items, 1))
    for start in range(0, ledger.customers, block):
        rows = np.arange(start, min(start + block, ledger.customers))
        found[NEW] += _new(parameters, arrays, bought.counted(rows), looked.counted(rows))
        if with_ease:
            own = recommend.faded(bought, day, rows, half_life=_half_life(parameters))
            found[AGAIN] += _again(parameters, arrays, own)
    return found


def _half_life(parameters: Mapping[str, Any]) -> float:
    return shelf.half_life_of(parameters["again"])


def _new(
    parameters: Mapping[str, Any], arrays: "Mapping[str, Array]", held: "Array", looked: "Array"
) -> list[tuple[str, ...]]:
    import numpy as np

    exact = parameters["exact"]
    known = np.log1p(held) if parameters["new"].endswith(" log") else np.minimum(held, 1.0)
    known = np.where((held == 0) & (looked > 0), LOOK, known)
    popular = arrays["popular"][:exact].astype(float)
    if parameters["new"].startswith(shelf.POPULAR):
        scores = np.tile(popular, (len(held), 1))
    else:
        scores = known @ arrays["weights"][:, :exact]
        scores[~known.any(axis=1)] = popular
    scores[held[:, :exact] > 0] = -np.inf
    return _named(parameters, scores, scores > -np.inf)


def _own(parameters: Mapping[str, Any], ledger: "Ledger", day: int) -> list[tuple[str, ...]]:
    """What one bought most of late, of all products."""
    import numpy as np

    names = parameters["items"]
    bought = shelf.bought_of(ledger, day, names)
    forbidden = set(parameters["barred"])
    shown = np.array([name not in forbidden for name in names], bool)
    shown &= ~np.isin(np.arange(len(names)), parameters.get("once", ()))
    row, item, _ = recommend.own_best(bought, day, half_life=_half_life(parameters), number=shelf.SHOWN, shown=shown)
    found: list[list[str]] = [[] for _ in range(ledger.customers)]
    for who, which in zip(row.tolist(), item.tolist(), strict=True):
        found[who].append(names[which])
    return [tuple(each) for each in found]


def _again(parameters: Mapping[str, Any], arrays: "Mapping[str, Array]", own: "Array") -> list[tuple[str, ...]]:
    import numpy as np

    scores = recommend.again(own, (own > 0).astype(float), arrays["weights"])
    once = np.isin(np.arange(own.shape[1]), parameters.get("once", ()))
    return _named(parameters, scores, (own > 0) & ~once[None, :])


def _named(parameters: Mapping[str, Any], scores: "Array", shown: "Array") -> list[tuple[str, ...]]:
    import numpy as np

    names = parameters["items"][: parameters["exact"]]
    forbidden = set(parameters["barred"])
    open_to_all = np.array([name not in forbidden for name in names], bool)
    scores = np.where(shown & open_to_all[None, :], scores, -np.inf)
    order = recommend.best(scores, shelf.SHOWN)
    kept = np.take_along_axis(scores, order, axis=1) > -np.inf
    return [
        tuple(names[each] for each, is_kept in zip(best, row, strict=True) if is_kept)
        for best, row in zip(order.tolist(), kept.tolist(), strict=True)
    ]


def _looked(ledger: "Ledger", day: int, names: list[str], width: int) -> "Bought":
    from chalicelib.segment.predict.recommend import Bought

    who, at, product = ledger.looks(day)
    item = shelf.places(ledger.products, names)[product]
    kept = item >= 0
    return Bought.of(who[kept], item[kept], at[kept], ledger.customers, width)


def beside(parameters: Mapping[str, Any]) -> dict[str, Related]:
    """What goes with a product and what is like it, without what is barred by now."""
    if not parameters:
        return {}
    gone = frozenset(parameters["barred"])

    def shown(names: Iterable[str], but: str = "") -> tuple[str, ...]:
        return tuple(each for each in names if each not in gone and each != but)

    found = {
        name: Related(shown(parameters["with_cart"].get(name, ())), shown(parameters["alike"].get(name, ())))
        for name in sorted(parameters["with_cart"].keys() | parameters["alike"].keys())
    }
    for name, place in zip(parameters["items"][parameters["exact"] :], parameters["tail"], strict=True):
        if place >= 0:  # a product that its category stands for
            found[name] = Related(shown(parameters["with_rest"][place]), shown(parameters["alike_rest"][place], name))
    return found
