"""What to show a customer: something new, the usual again, what goes with a product, what is like it.

New: EASE in several strengths and what was popular of late against what is popular (the fallback). Again: one's
own frequency faded by a half-life of the store's choice (the fallback), with
or without EASE. With the cart: EASE on baskets. Alike: who buys one buys the
other, as a cosine drawn to nothing by few buyers; never raw lift, which rare pairs
win. Up to MOST products are worked out exactly; in a larger shop the
categories are, and the most bought products stand for each. Refuses what the
catalogue forbids (`filters.py`), and products that hardly anybody bought.
"""

from collections.abc import Container
from typing import TYPE_CHECKING, Any

from chalicelib.segment.models.evidence import Learnt, card_of, choose, of_means, rounded, unable
from chalicelib.segment.predict import recommend
from chalicelib.segment.predict.recommend import CHECKED, HALF_LIVES, MOST, Bought

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.ledger import Ledger

    Array = NDArray[Any]

FEWEST_BUYERS = 5
"""Different customers of a product before it is shown to others."""
FEWEST_USERS = 50
"""Customers with something known and something later, to choose by."""
STRENGTHS = (100.0, 300.0, 1_000.0, 2_000.0, 4_000.0)
POPULAR = "popular"
LATELY = {f"{POPULAR}, {days} d": days for days in (30, 90)}
"""Of so many days only: where products come and go, what was bought most in all those years is gone."""
OWN = "own, half-life {:g} d"
WITH_EASE = "own and EASE, half-life {:g} d"
ASKED = 16_000_000
"""Customers times items that candidates are judged on, at most: what fits into memory."""
BASKETS = 100_000
"""The newest baskets, from which what goes together is learnt."""
SHOWN = 12
"""Products kept of each kind."""
ALIKE_PSEUDO = 5.0


class Items:
    """The items of a shop: its products, or its categories where there are too many; row of a product by its index."""

    def __init__(self, ledger: "Ledger", day: int) -> None:
        import numpy as np

        lines = ledger.items(day)
        with_product = lines.product >= 0
        pairs = np.unique(lines.customer[with_product].astype(np.int64) * (1 << 32) + lines.product[with_product])
        buyers = np.bincount(pairs & 0xFFFFFFFF, minlength=len(ledger.products))
        self.buyers = buyers
        shown = np.flatnonzero(buyers >= FEWEST_BUYERS)
        self.by_category = len(shown) > MOST
        self.names = [str(name) for name in (ledger.categories if self.by_category else ledger.products[shown])]
        self.products = shown


def bought_of(ledger: "Ledger", day: int, names: list[str], by_category: bool, *, baskets: bool = False) -> Bought:
    """Who (or which order) bought which of the items named, as known when `day` began."""
    import numpy as np

    lines = ledger.items(day)
    place = {name: number for number, name in enumerate(names)}
    known = ledger.categories if by_category else ledger.products
    places = np.array([place.get(str(name), -1) for name in known] or [-1], np.int64)
    index = lines.category if by_category else lines.product
    item = np.where(index >= 0, places[np.maximum(index, 0)], -1)
    kept = item >= 0
    if baskets and len(lines.order):
        newest = np.argsort(-ledger["orders.day"], kind="stable")[:BASKETS]
        kept &= np.isin(lines.order, newest)
    rows = len(ledger["orders.day"]) if baskets else ledger.customers
    return Bought.of((lines.order if baskets else lines.customer)[kept], item[kept], lines.day[kept], rows, len(names))


def learn(ledger: "Ledger", day: int, barred: "Container[str]" = ()) -> Learnt:
    """`barred` are products that may be shown to nobody; see `filters.py`."""
    import numpy as np

    items = Items(ledger, day)
    if not items.names:
        most = int(items.buyers.max(initial=0))
        return unable("too_few_buyers_of_a_product", have=most, need=FEWEST_BUYERS)
    whole = bought_of(ledger, day, items.names, items.by_category)
    tested = day - CHECKED
    known = bought_of(ledger, tested, items.names, items.by_category)
    later = whole.between(tested, day)
    users = np.intersect1d(known.row, later.row)[: max(FEWEST_USERS, ASKED // len(items.names))]
    new, popular, again, cards = POPULAR, POPULAR, OWN.format(HALF_LIVES[1]), {}
    if len(users) >= FEWEST_USERS:
        new, popular, cards["new"] = _choose_new(known, later, users, tested, day)
        again, cards["again"] = _choose_again(known, later, users, new, tested, day)
    else:
        cards = {"new": _unjudged(POPULAR, len(users)), "again": _unjudged(again, len(users))}
    together = whole.together()
    baskets = bought_of(ledger, day, items.names, items.by_category, baskets=True)
    in_baskets = baskets.together()
    arrays: dict[str, Array] = {
        "popular": np.log1p(popularity(whole, popular, day)).astype(np.float32),
        "buyers": np.diag(together).astype(np.int32),
    }
    strength = strength_of(new) or strength_of(again)
    if strength:
        arrays["weights"] = recommend.ease_of(whole, together, strength).astype(np.float32)
    cart = recommend.ease_of(baskets, in_baskets, recommend.CART_STRENGTH).astype(np.float32)
    repeated = _repeated(whole)
    parameters = {
        "new": new,
        "strength": strength,
        "again": again,
        "by_category": items.by_category,
        "items": items.names,
        "products": _products_of(ledger, day, items, barred) if items.by_category else {},
        "repeated": [rounded(share) for share in repeated],
        "barred": [name for name in items.names if not items.by_category and name in barred],
        "with_cart": _best_of(cart, items.names, barred),
        "alike": _best_of(_alike(together), items.names, barred),
    }
    size = {"items": len(items.names), "by_category": items.by_category}
    return Learnt({**cards, **size}, parameters, arrays)


def popularity(bought: Bought, name: str, day: int) -> "Array":
    """Buyers of each item, of all time or of the days before `day` that the candidate counts."""
    return (bought.between(day - LATELY[name], day) if name in LATELY else bought).popularity


def _choose_new(known: Bought, later: Bought, users: "Array", tested: int, day: int) -> tuple[str, str, dict[str, Any]]:
    """The candidate, the best kind of popularity (for those of whom nothing is known), and the card."""
    import numpy as np

    held = known.counted(users)
    wanted = (later.counted(users) > 0) & (held == 0)
    asked = wanted.any(axis=1)
    held, wanted = held[asked], wanted[asked]
    if asked.sum() < FEWEST_USERS:
        return POPULAR, POPULAR, _unjudged(POPULAR, int(asked.sum()))
    together = known.together()
    found = {
        name: recalls(wanted, np.where(held > 0, -np.inf, popularity(known, name, tested)[None, :]))
        for name in (POPULAR, *LATELY)
    }
    for strength in STRENGTHS:
        weights = recommend.ease_of(known, together, strength)
        for name, given in ((f"EASE {strength:g}", np.minimum(held, 1.0)), (f"EASE {strength:g} log", np.log1p(held))):
            found[name] = recalls(wanted, np.where(held > 0, -np.inf, given @ weights))
    judged = of_means(found, POPULAR)
    chosen = choose(POPULAR, judged)
    popular = choose(POPULAR, {name: judged[name] for name in (POPULAR, *LATELY)})
    return chosen, popular, card_of("recall at 10", judged, chosen, POPULAR, rows=len(wanted), on=(tested, day))


def _choose_again(
    known: Bought, later: Bought, users: "Array", new: str, tested: int, day: int
) -> tuple[str, dict[str, Any]]:
    import numpy as np

    held = (known.counted(users) > 0).astype(float)
    wanted = (later.counted(users) > 0) & (held > 0)
    asked = wanted.any(axis=1)
    fallback = OWN.format(HALF_LIVES[1])
    if asked.sum() < FEWEST_USERS:
        return fallback, _unjudged(fallback, int(asked.sum()))
    weights = recommend.ease_of(known, known.together(), strength_of(new) or STRENGTHS[2])
    found = {}
    for half_life in HALF_LIVES:
        own = recommend.faded(known, tested, users, half_life=half_life)[asked]
        found[OWN.format(half_life)] = recalls(wanted[asked], own)
        found[WITH_EASE.format(half_life)] = recalls(wanted[asked], recommend.again(own, held[asked], weights))
    judged = of_means(found, fallback)
    chosen = choose(fallback, judged)
    rows = int(np.count_nonzero(asked))
    return chosen, card_of("recall at 10", judged, chosen, fallback, rows=rows, on=(tested, day))


def recalls(wanted: "Array", scores: "Array", number: int = 10) -> "Array":
    """Per row, the share of its wanted items among its best `number`."""
    import numpy as np

    hits = np.take_along_axis(wanted, recommend.best(scores, number), axis=1).sum(axis=1)
    return hits / np.minimum(wanted.sum(axis=1), number)


def half_life_of(name: str) -> float:
    return float(name.rpartition("half-life ")[2].removesuffix(" d"))


def strength_of(name: str) -> float | None:
    """The strength of an EASE that stands alone; what is bought again borrows it, or the middle one."""
    if name.startswith("EASE "):
        return float(name.split()[1])
    return STRENGTHS[2] if "and EASE" in name else None


def _unjudged(chosen: str, have: int) -> dict[str, Any]:
    return {"chosen": chosen, "fallback": chosen, "blank": ["too_few_to_judge", {"have": have, "need": FEWEST_USERS}]}


def _repeated(whole: Bought) -> "Array":
    """Per item the share of its buyers who bought it on two days or more: whether it is bought but once."""
    import numpy as np

    pairs, days = np.unique(whole.row * whole.items + whole.item, return_counts=True)
    buyers = np.bincount(pairs % whole.items, minlength=whole.items)
    again = np.bincount(pairs[days > 1] % whole.items, minlength=whole.items)
    return again / np.maximum(buyers, 1)


def _alike(together: "Array") -> "Array":
    import numpy as np

    buyers = np.diag(together).astype(float)
    cosine = together / np.sqrt(np.outer(buyers + ALIKE_PSEUDO, buyers + ALIKE_PSEUDO))
    np.fill_diagonal(cosine, 0.0)
    return cosine


def _best_of(weights: "Array", names: list[str], barred: Container[str]) -> dict[str, list[str]]:
    """Item → the items that go best with it, best first; those that do not go with it at all are left out."""
    found = {}
    order = recommend.best(weights, 3 * SHOWN)
    for row, best in enumerate(order):
        kept = [names[each] for each in best if weights[row, each] > 0 and each != row and names[each] not in barred]
        if kept:
            found[names[row]] = kept[:SHOWN]
    return found


def _products_of(ledger: "Ledger", day: int, items: Items, barred: Container[str]) -> dict[str, list[str]]:
    """Category → its most bought products."""
    import numpy as np

    lines = ledger.items(day)
    kept = (lines.product >= 0) & (lines.category >= 0)
    pairs = np.unique(lines.category[kept].astype(np.int64) * (1 << 32) + lines.product[kept])
    category, product = pairs >> 32, pairs & 0xFFFFFFFF
    order = np.lexsort((product, -items.buyers[product], category))
    found: dict[str, list[str]] = {}
    for place in order:
        if items.buyers[product[place]] >= FEWEST_BUYERS:
            best = found.setdefault(str(ledger.categories[category[place]]), [])
            name = str(ledger.products[product[place]])
            if len(best) < SHOWN and name not in barred:
                best.append(name)
    return found
