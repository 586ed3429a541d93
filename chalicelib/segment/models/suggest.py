"""From what the shelf learnt to products for each customer of a slice: something new, the usual again, for the cart.

Works through the customers in blocks, so that a block times all items fits into
memory. Refuses what is barred, what was bought and is bought but once, and an
empty guess: who has nothing bought or looked at gets what is popular.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

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

    names: list[str] = parameters["items"]
    bought = shelf.bought_of(ledger, day, names, parameters["by_category"])
    looked = _looked(ledger, day, names, parameters["by_category"])
    found: dict[str, list[tuple[str, ...]]] = {NEW: [], AGAIN: []}
    block = max(1, CELLS // max(len(names), 1))
    for start in range(0, ledger.customers, block):
        rows = np.arange(start, min(start + block, ledger.customers))
        held = bought.counted(rows)
        found[NEW] += _new(parameters, arrays, held, looked.counted(rows))
        found[AGAIN] += _again(parameters, arrays, recommend.faded(bought, day, rows, half_life=_half_life(parameters)))
    if parameters["by_category"]:
        own = _own_products(ledger, day)
        found = {
            kind: [_in_categories(parameters["products"], each, own[who]) for who, each in enumerate(lists)]
            for kind, lists in found.items()
        }
        found[AGAIN] = [()] * ledger.customers  # of a category one has bought, which product again is not known
    return found


def _half_life(parameters: Mapping[str, Any]) -> float:
    return shelf.half_life_of(parameters["again"])


def _new(
    parameters: Mapping[str, Any], arrays: "Mapping[str, Array]", held: "Array", looked: "Array"
) -> list[tuple[str, ...]]:
    import numpy as np

    known = np.log1p(held) if parameters["new"].endswith(" log") else np.minimum(held, 1.0)
    known = np.where((held == 0) & (looked > 0), LOOK, known)
    popular = arrays["popular"].astype(float)
    if parameters["new"].startswith(shelf.POPULAR):
        scores = np.tile(popular, (len(held), 1))
    else:
        scores = known @ arrays["weights"]
        scores[~known.any(axis=1)] = popular
    scores[held > 0] = -np.inf
    return _named(parameters, scores, scores > -np.inf)


def _again(parameters: Mapping[str, Any], arrays: "Mapping[str, Array]", own: "Array") -> list[tuple[str, ...]]:
    import numpy as np

    scores = own
    if "and EASE" in parameters["again"] and "weights" in arrays:
        scores = recommend.again(own, (own > 0).astype(float), arrays["weights"])
    once = np.isin(np.arange(own.shape[1]), parameters.get("once", ()))
    return _named(parameters, scores, (own > 0) & ~once[None, :])


def _named(parameters: Mapping[str, Any], scores: "Array", shown: "Array") -> list[tuple[str, ...]]:
    import numpy as np

    names = parameters["items"]
    forbidden = set(parameters["barred"])
    open_to_all = np.array([name not in forbidden for name in names], bool)
    scores = np.where(shown & open_to_all[None, :], scores, -np.inf)
    order = recommend.best(scores, shelf.SHOWN)
    kept = np.take_along_axis(scores, order, axis=1) > -np.inf
    return [
        tuple(names[each] for each, is_kept in zip(best, row, strict=True) if is_kept)
        for best, row in zip(order.tolist(), kept.tolist(), strict=True)
    ]


def _looked(ledger: "Ledger", day: int, names: list[str], by_category: bool) -> "Bought":
    import numpy as np

    from chalicelib.segment.predict.recommend import Bought

    who, at, product = ledger.looks(day)
    place = {name: number for number, name in enumerate(names)}
    known = [] if by_category else [place.get(str(name), -1) for name in ledger.products]
    item = np.array(known or [-1], np.int64)[np.maximum(product, 0) if known else np.zeros(len(product), np.int64)]
    kept = item >= 0
    return Bought.of(who[kept], item[kept], at[kept], ledger.customers, len(names))


def _own_products(ledger: "Ledger", day: int) -> list[set[str]]:
    found: list[set[str]] = [set() for _ in range(ledger.customers)]
    lines = ledger.items(day)
    for who, product in zip(lines.customer.tolist(), lines.product.tolist(), strict=True):
        if product >= 0:
            found[who].add(str(ledger.products[product]))
    return found


def _in_categories(products: Mapping[str, list[str]], categories: tuple[str, ...], own: set[str]) -> tuple[str, ...]:
    """The best product of each category in turn, then the second of each."""
    lists = [[each for each in products.get(category, ()) if each not in own] for category in categories]
    longest = max(map(len, lists), default=0)
    turns = [each[turn] for turn in range(longest) for each in lists if turn < len(each)]
    return tuple(turns[: shelf.SHOWN])
