"""What to show a customer next: something new, the usual again, or what goes with the cart.

EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", WWW 2019) learns one
weight from each item to each other one, in closed form; many lambdas below a thousand lose to
popularity on few customers, so lambda is large. Buying again is one's own frequency, faded,
helped a little by EASE. Popularity is what remains where there is too little. Refuses raw
lift, which rare pairs win, and more than MOST items in one matrix.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

MOST = 4_000
"""Items whose weights are worked out exactly: the memory of one function holds their square."""

HALF_LIFE = 90.0
"""Days after which a purchase counts half for buying again."""

HALF_LIVES = (60.0, 90.0, 180.0)
STRENGTHS = (300.0, 1_000.0, 2_000.0, 4_000.0)
"""Candidates for a store to choose from."""

CART_STRENGTH = 200.0
"""Of baskets there are many: little strength is needed."""

CHECKED = 92
"""Days before the snapshot that candidates are judged on."""

OF_EASE = 0.3
"""Share of EASE beside one's own frequency in buying again."""

ROWS = 4_096
PAIRS = 400_000_000
"""Pairs of items in one row, over all rows, up to which they are counted one by one …"""
PAIRS_AT_ONCE = 8_000_000
"""… and about so many at once."""


@dataclass(frozen=True)
class Bought:
    """Distinct (row, item, day): who bought what on which day; a row is a customer or a basket."""

    row: "Array"
    item: "Array"
    day: "Array"
    rows: int
    items: int

    @classmethod
    def of(cls, row: "Array", item: "Array", day: "Array", rows: int, items: int) -> "Bought":
        """From order lines in any order."""
        import numpy as np

        first = int(day.min(initial=0))
        days = int(day.max(initial=0)) - first + 1
        keys = np.unique((row.astype(np.int64) * items + item) * days + (day - first))
        rest, day = np.divmod(keys, days)
        return cls(rest // items, rest % items, day + first, rows, items)

    def between(self, first: int, end: int) -> "Bought":
        kept = (self.day >= first) & (self.day < end)
        return Bought(self.row[kept], self.item[kept], self.day[kept], self.rows, self.items)

    def counted(self, rows: "Array", weight: "Array | None" = None) -> "Array":
        """Days (or the sum of `weight`) by row and item, for the given rows only, as a dense matrix."""
        import numpy as np

        place = np.full(self.rows, -1)
        place[rows] = np.arange(len(rows))
        at = place[self.row]
        kept = at >= 0
        flat = at[kept] * self.items + self.item[kept]
        sums = np.bincount(flat, None if weight is None else weight[kept], minlength=len(rows) * self.items)
        return sums.reshape(len(rows), self.items).astype(float)

    @property
    def pairs(self) -> "Array":
        """Each row and item once, as one number: row times items, and the item."""
        import numpy as np

        return np.unique(self.row * self.items + self.item)

    @property
    def popularity(self) -> "Array":
        """Number of different rows that hold each item."""
        import numpy as np

        return np.bincount(self.pairs % self.items, minlength=self.items).astype(float)

    def together(self) -> "Array":
        """Item × item → in how many rows both are: counted pair by pair where rows are short, as mostly they are."""
        import numpy as np

        row, item = np.divmod(self.pairs, self.items)
        _, start, length = np.unique(row, return_index=True, return_counts=True)
        gram = np.zeros((self.items, self.items), np.float32)
        if float((length.astype(float) ** 2).sum()) > PAIRS:
            for block in self._blocks():
                gram += block.T @ block
            return gram
        upto = np.cumsum(length.astype(np.int64) ** 2)
        bounds = np.searchsorted(upto, np.arange(0, upto[-1] if len(upto) else 0, PAIRS_AT_ONCE))
        for first, end in pairwise([*np.unique(bounds).tolist(), len(start)]):
            some = length[first:end]
            others = np.repeat(some, some)  # for each item of a row, how many the row has
            left = np.repeat(item[start[first] : start[first] + some.sum()], others)
            begins = np.repeat(start[first:end], some)
            step = np.arange(len(left)) - np.repeat(np.cumsum(others) - others, others)
            flat = left * self.items + item[np.repeat(begins, others) + step]
            gram += np.bincount(flat, minlength=self.items**2).reshape(gram.shape)
        return gram

    def _blocks(self) -> Iterator["Array"]:
        import numpy as np

        row, item = np.divmod(self.pairs, self.items)
        held, place = np.unique(row, return_inverse=True)
        bounds = np.searchsorted(place, np.arange(0, len(held) + ROWS, ROWS))
        for number, (start, end) in enumerate(pairwise(bounds)):
            block = np.zeros((ROWS, self.items), np.float32)
            block[place[start:end] - number * ROWS, item[start:end]] = 1
            yield block


def ease(together: "Array", strength: float) -> "Array":
    """Weights from item to item (rows give, columns receive); `strength` is the paper's lambda."""
    import numpy as np

    gram = together.astype(np.float64)
    gram[np.diag_indices_from(gram)] += strength
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def ease_of(history: Bought, together: "Array", strength: float) -> "Array":
    """The same weights; from the rows where these are few beside the items, as in a small store, which is faster."""
    import numpy as np

    rows = np.unique(history.row)
    if len(rows) * 2 > history.items:
        return ease(together, strength)
    held = np.minimum(history.counted(rows), 1.0)
    among = held @ held.T
    among[np.diag_indices_from(among)] += strength
    inverse = -held.T @ np.linalg.solve(among, held) / strength  # Woodbury's identity
    inverse[np.diag_indices_from(inverse)] += 1 / strength
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def faded(history: Bought, day: int, rows: "Array", *, half_life: float = HALF_LIFE) -> "Array":
    """Row × item: purchase days, each counting half as much for every `half_life` it lies before `day`."""
    return history.counted(rows, 0.5 ** ((day - history.day) / half_life))


def own_best(
    history: Bought, day: int, *, half_life: float, number: int, shown: "Array | None" = None
) -> "tuple[Array, Array, Array]":
    """(row, item, score) of the items each row bought most of late, best first and at most `number` a row.

    The same as the best of `faded`, without a matrix: for any number of items. `shown` says of each item whether it
    may be among them.
    """
    import numpy as np

    pairs, place = np.unique(history.row * history.items + history.item, return_inverse=True)
    score = np.bincount(place, 0.5 ** ((day - history.day) / half_life), minlength=len(pairs))
    row, item = np.divmod(pairs, history.items)
    if shown is not None:
        kept = shown[item]
        row, item, score = row[kept], item[kept], score[kept]
    order = np.lexsort((item, -score, row))
    row, item, score = row[order], item[order], score[order]
    _, first, size = np.unique(row, return_index=True, return_counts=True)
    kept = np.arange(len(row)) - np.repeat(first, size) < number
    return row[kept], item[kept], score[kept]


def again(own: "Array", held: "Array", weights: "Array") -> "Array":
    """Scores of everything, for buying again: `own` is faded counts, `held` 1 where the row has the item."""
    import numpy as np

    return standardised(np.log1p(own)) + OF_EASE * standardised(held @ weights)


def with_cart(cart: "Array", weights: "Array", own: "Array | None" = None) -> "Array":
    """Scores of what goes with the carts (1 where in it), by EASE on baskets; with one's own counts where known."""
    import numpy as np

    scores = cart @ weights
    if own is not None:
        scores = standardised(scores) + standardised(np.log1p(own))
    return np.where(cart > 0, -np.inf, scores)


def choose_strength(history: Bought, day: int) -> tuple[float, dict[str, float]]:
    """The strength that found most of what customers newly bought in the CHECKED days before `day`; the evidence."""
    import numpy as np

    known, users, later = _split(history, day)
    held = (known.counted(users) > 0).astype(float)
    wanted = (later.counted(users) > 0) & (held == 0)
    together = known.together()
    found = {}
    for strength in STRENGTHS:
        scores = held @ ease(together, strength)
        scores[held > 0] = -np.inf
        found[strength] = recall(wanted, scores)
    return max(found, key=lambda each: found[each]), {f"{each:g}": round(value, 5) for each, value in found.items()}


def choose_half_life(history: Bought, day: int, strength: float) -> tuple[float, dict[str, float]]:
    """The half-life that found most of each customer's first basket in the CHECKED days before `day`."""
    import numpy as np

    known, users, later = _split(history, day)
    held = (known.counted(users) > 0).astype(float)
    weights = ease(known.together(), strength)
    first = np.full(later.rows, day)
    np.minimum.at(first, later.row, later.day)
    at_once = later.day == first[later.row]
    basket = Bought(later.row[at_once], later.item[at_once], later.day[at_once], later.rows, later.items)
    wanted = basket.counted(users) > 0
    found = {
        half_life: recall(wanted, again(faded(known, day - CHECKED, users, half_life=half_life), held, weights))
        for half_life in HALF_LIVES
    }
    return max(found, key=lambda each: found[each]), {f"{each:g}": round(value, 5) for each, value in found.items()}


def _split(history: Bought, day: int) -> tuple[Bought, "Array", Bought]:
    """What was known CHECKED days before `day`, who bought before and after that, and what after."""
    import numpy as np

    first = int(history.day.min(initial=0))
    known, later = history.between(first, day - CHECKED), history.between(day - CHECKED, day)
    return known, np.intersect1d(known.row, later.row), later


def recall(wanted: "Array", scores: "Array", number: int = 10) -> float:
    """Mean share of a row's wanted items among its best `number`; rows that want nothing are left out."""
    import numpy as np

    asked = wanted.any(axis=1)
    if not asked.any():
        return 0.0
    hits = np.take_along_axis(wanted[asked], best(scores[asked], number), axis=1).sum(axis=1)
    return float((hits / wanted[asked].sum(axis=1)).mean())


def standardised(scores: "Array") -> "Array":
    """Each row with mean 0 and spread 1."""
    spread = scores.std(axis=1, keepdims=True)
    spread[spread == 0] = 1.0
    return (scores - scores.mean(axis=1, keepdims=True)) / spread


def best(scores: "Array", number: int) -> "Array":
    """Row → its `number` best items, best first."""
    import numpy as np

    number = min(number, scores.shape[1])
    found = np.argpartition(-scores, number - 1, axis=1)[:, :number]
    order = np.argsort(-np.take_along_axis(scores, found, axis=1), axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)
