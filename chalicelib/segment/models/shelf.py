"""What to show a customer: something new, the usual again, what goes with a product, what is like it.

New: EASE in several strengths and what was popular of late against what is popular (the fallback). Again: one's
own frequency faded by a half-life of the store's choice (the fallback), with
or without EASE. With the cart: EASE on baskets. Alike: who buys one buys the
other, as a cosine drawn to nothing by few buyers; never raw lift, which rare pairs
win. Up to MOST products are worked out exactly. In a larger shop the most bought
are, and a row for each category stands for all else that is bought of it: who bought only such things
is shown what goes with them, and a product without a row of its own what goes with its
category. Buying again needs no matrix and knows every product. Refuses what the
catalogue forbids (`filters.py`), and products that hardly anybody bought.
"""

from collections.abc import Callable, Container
from typing import TYPE_CHECKING, Any

from chalicelib.segment.models.evidence import Learnt, card_of, choose, of_means, unable
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
REST = 8
"""One in so many rows of the matrix at most stands for what else is bought of a category, in a larger shop."""
BASKETS = 100_000
"""The newest baskets, from which what goes together is learnt."""
SHOWN = 12
"""Products kept of each kind."""
ALIKE_PSEUDO = 5.0


class Items:
    """The products that may be shown, the most bought first, and what stands for those the matrix has no room for.

    `exact` of `names` have a row of their own; `rest` are categories, each with a row for all else that is
    bought of it, which gives but is never shown; `tail` is the place in `rest` of each of the other names, -1 for none.
    """

    def __init__(self, ledger: "Ledger", day: int, most: int = MOST) -> None:
        import numpy as np

        lines = ledger.items(day)
        named = lines.product >= 0
        pairs = np.unique(lines.customer[named].astype(np.int64) * (1 << 32) + lines.product[named])
        buyers = np.bincount(pairs & 0xFFFFFFFF, minlength=len(ledger.products))
        shown = np.flatnonzero(buyers >= FEWEST_BUYERS)
        shown = shown[np.argsort(-buyers[shown], kind="stable")]
        self.most_buyers = int(buyers.max(initial=0))
        self.names = [str(name) for name in ledger.products[shown]]
        self.exact, self.rest, self.tail = len(shown), list[str](), list[int]()
        if len(shown) > most:
            category = np.full(len(buyers), -1)
            known = named & (lines.category >= 0)
            category[lines.product[known]] = lines.category[known]
            tail = shown[most - most // REST :]
            tail = tail[category[tail] >= 0]
            sold = np.bincount(category[tail], buyers[tail], len(ledger.categories))
            largest = [int(each) for each in np.argsort(-sold, kind="stable")[: most // REST] if sold[each] > 0]
            self.exact = most - len(largest)
            self.rest = [str(ledger.categories[each]) for each in largest]
            place = {each: number for number, each in enumerate(largest)}
            self.tail = [place.get(int(each), -1) for each in category[shown[self.exact :]]]

    def bought(self, ledger: "Ledger", day: int, *, baskets: bool = False) -> Bought:
        return bought_of(ledger, day, self.names[: self.exact], self.rest, baskets=baskets)


def bought_of(
    ledger: "Ledger", day: int, names: list[str], rest: list[str] | None = None, *, baskets: bool = False
) -> Bought:
    """Who (or which order) bought which of the products named, as known when `day` began; and, in the places behind
    them, what else of the categories in `rest`."""
    import numpy as np

    lines = ledger.items(day)
    item = places(ledger.products, names)[lines.product]
    if rest:
        behind = places(ledger.categories, rest)[lines.category]
        item = np.where((item < 0) & (behind >= 0), len(names) + behind, item)
    kept = item >= 0
    if baskets and len(lines.order):
        newest = np.argsort(-ledger["orders.day"], kind="stable")[:BASKETS]
        kept &= np.isin(lines.order, newest)
    rows = len(ledger["orders.day"]) if baskets else ledger.customers
    width = len(names) + len(rest or ())
    return Bought.of((lines.order if baskets else lines.customer)[kept], item[kept], lines.day[kept], rows, width)


def places(known: "Array", names: list[str]) -> "Array":
    """For each name of the ledger its place among `names`, -1 for none; the last is for the index -1."""
    import numpy as np

    place = {name: number for number, name in enumerate(names)}
    return np.array([*(place.get(str(name), -1) for name in known), -1], np.int64)


def learn(
    ledger: "Ledger",
    day: int,
    barred: "Container[str]" = (),
    is_durable: Callable[[str, float], bool] = lambda name, repeated: False,
    *,
    most: int = MOST,
) -> Learnt:
    """`barred` are products that may be shown to nobody, `is_durable` tells of one, by the share of its buyers who
    bought it again, whether it is bought but once; see `filters.py`. `most` are the rows of the matrix."""
    import numpy as np

    items = Items(ledger, day, most)
    if not items.names:
        return unable("too_few_buyers_of_a_product", have=items.most_buyers, need=FEWEST_BUYERS)
    tested = day - CHECKED
    whole, known = items.bought(ledger, day), items.bought(ledger, tested)
    later = whole.between(tested, day)
    width = whole.items
    users = np.intersect1d(known.row, later.row)[: max(FEWEST_USERS, ASKED // width)]
    new, popular, again, cards = POPULAR, POPULAR, OWN.format(HALF_LIVES[1]), {}
    if len(users) >= FEWEST_USERS:
        new, popular, cards["new"] = _choose_new(known, later, users, items.exact, tested, day)
        if items.rest:
            again, cards["again"] = _choose_own(ledger, items.names, tested, day)
        else:
            again, cards["again"] = _choose_again(known, later, users, new, tested, day)
    else:
        cards = {"new": _unjudged(POPULAR, len(users)), "again": _unjudged(again, len(users))}
    together = whole.together()
    arrays: dict[str, Array] = {"popular": np.log1p(popularity(whole, popular, day)).astype(np.float32)}
    strength = strength_of(new) or strength_of(again)
    if strength:
        arrays["weights"] = recommend.ease_of(whole, together, strength).astype(np.float32)
    baskets = items.bought(ledger, day, baskets=True)
    cart = recommend.ease_of(baskets, baskets.together(), recommend.CART_STRENGTH).astype(np.float32)
    best_with = _best_of(cart, items, barred)
    repeated = _repeated(bought_of(ledger, day, items.names)).tolist()
    parameters = {
        "new": new,
        "strength": strength,
        "again": again,
        "items": items.names,
        "exact": items.exact,
        "rest": items.rest,
        "tail": items.tail,
        "once": [place for place, share in enumerate(repeated) if is_durable(items.names[place], share)],
        "barred": [name for name in items.names if name in barred],
        "with_cart": {items.names[row]: best for row, best in best_with.items() if row < items.exact},
        "with_rest": [best_with.get(items.exact + place, []) for place in range(len(items.rest))],
        "alike": {
            items.names[row]: best
            for row, best in _best_of(_alike(together), items, barred).items()
            if row < items.exact
        },
        "alike_rest": _most_bought(items, barred),
    }
    size = {"items": len(items.names), "exact": items.exact}
    return Learnt({**cards, **size}, parameters, arrays)


def popularity(bought: Bought, name: str, day: int) -> "Array":
    """Buyers of each item, of all time or of the days before `day` that the candidate counts."""
    return (bought.between(day - LATELY[name], day) if name in LATELY else bought).popularity


def _choose_new(
    known: Bought, later: Bought, users: "Array", exact: int, tested: int, day: int
) -> tuple[str, str, dict[str, Any]]:
    """The candidate, the best kind of popularity (for those of whom nothing is known), and the card."""
    import numpy as np

    held = known.counted(users)
    wanted = ((later.counted(users) > 0) & (held == 0))[:, :exact]
    asked = wanted.any(axis=1)
    held, wanted = held[asked], wanted[asked]
    if asked.sum() < FEWEST_USERS:
        return POPULAR, POPULAR, _unjudged(POPULAR, int(asked.sum()))
    together = known.together()
    is_held = held[:, :exact] > 0
    found = {
        name: recalls(wanted, np.where(is_held, -np.inf, popularity(known, name, tested)[None, :exact]))
        for name in (POPULAR, *LATELY)
    }
    for strength in STRENGTHS:
        weights = recommend.ease_of(known, together, strength)[:, :exact]
        for name, given in ((f"EASE {strength:g}", np.minimum(held, 1.0)), (f"EASE {strength:g} log", np.log1p(held))):
            found[name] = recalls(wanted, np.where(is_held, -np.inf, given @ weights))
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


def _choose_own(ledger: "Ledger", names: list[str], tested: int, day: int) -> tuple[str, dict[str, Any]]:
    """The half-life of one's own purchases, judged over any number of products, without a matrix."""
    import numpy as np

    known = bought_of(ledger, tested, names)
    later = bought_of(ledger, day, names).between(tested, day)
    asked = np.intersect1d(known.pairs, later.pairs)  # bought before and again
    rows, wanted = np.unique(asked // known.items, return_counts=True)
    fallback = OWN.format(HALF_LIVES[1])
    if len(rows) < FEWEST_USERS:
        return fallback, _unjudged(fallback, len(rows))
    found = {}
    for half_life in HALF_LIVES:
        row, item, _ = recommend.own_best(known, tested, half_life=half_life, number=10)
        hits = np.bincount(row[np.isin(row * known.items + item, asked)], minlength=known.rows)[rows]
        found[OWN.format(half_life)] = hits / np.minimum(wanted, 10)
    judged = of_means(found, fallback)
    chosen = choose(fallback, judged)
    return chosen, card_of("recall at 10", judged, chosen, fallback, rows=len(rows), on=(tested, day))


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


def _best_of(weights: "Array", items: Items, barred: Container[str]) -> dict[int, list[str]]:
    """Row → the products that go best with it, best first; those that do not go with it at all are left out."""
    found = {}
    order = recommend.best(weights[:, : items.exact], 3 * SHOWN)
    names = items.names
    for row, best in enumerate(order):
        kept = [names[each] for each in best if weights[row, each] > 0 and each != row and names[each] not in barred]
        if kept:
            found[row] = kept[:SHOWN]
    return found


def _most_bought(items: Items, barred: Container[str]) -> list[list[str]]:
    """For each of `rest` the most bought of its products that have no row of their own."""
    found: list[list[str]] = [[] for _ in items.rest]
    for name, place in zip(items.names[items.exact :], items.tail, strict=False):
        if place >= 0 and len(found[place]) <= SHOWN and name not in barred:
            found[place].append(name)
    return found
