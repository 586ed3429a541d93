"""What predictions learn from, as columns: orders, refunds, lines, looks, answers and offers of many customers.

A day is a number (`date.toordinal`) in the customer's own zone. Nothing here is
netted yet: `purchases(day)` and `items(day)` say what was known when that day
began, so an order counts from the day it was paid, less what was refunded
before, and not once it was called off; what came later changes nothing of it. A credit note among the orders is none.
Slices are put together with `join`, which knows a customer by the id and takes each once. Refuses
names and addresses: a customer is an id of ours.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.segment import packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.predict.coupon import Offers
    from chalicelib.segment.predict.history import Purchases

    Array = NDArray[Any]

SHAPE: dict[str, tuple[str, ...]] = {
    "orders": ("customer", "day", "known", "gone", "amount", "hour", "coupon"),
    "refunds": ("order", "day", "amount"),
    "lines": ("order", "product", "category"),
    "looks": ("customer", "day", "product"),
    "answers": ("customer", "day", "hour"),
    "offers": ("customer", "start", "end", "used"),
}
"""Table → its columns. `known` is the day of payment, `gone` that of calling off (0 = not); `amount` is whole units of
the store's currency, NaN where its worth in it is not known;
`coupon` 1 where a code was used; product and category are indexes, -1 for none."""

NAMES = {"product": "products", "category": "categories"}
POINTS_AT = {"customer": "ids", "order": "orders"}
LEAST_AMOUNT = 0.01
"""An order of nothing was an order all the same; a cent keeps it."""


@dataclass(frozen=True)
class Items:
    """Lines of orders that stand: customer, day, indexes of product and category; `order` numbers the basket."""

    customer: "Array"
    day: "Array"
    product: "Array"
    category: "Array"
    order: "Array"


@dataclass(frozen=True)
class Ledger:
    """`ids` sorted; `columns` by `table.column`; names of products and categories by index."""

    ids: "Array"
    columns: "Mapping[str, Array]"
    products: "Array"
    categories: "Array"

    @property
    def customers(self) -> int:
        return len(self.ids)

    def __getitem__(self, name: str) -> "Array":
        return self.columns[name]

    @classmethod
    def of(
        cls, ids: Sequence[str], rows: Mapping[str, Sequence[Sequence[float]]], names: Mapping[str, Any]
    ) -> "Ledger":
        """From rows of plain numbers whose first column is the place of their customer in `ids`, or of their order."""
        import numpy as np

        columns = {}
        for table, titles in SHAPE.items():
            filled = np.array(rows.get(table) or np.empty((0, len(titles))), dtype=np.float64)
            for place, title in enumerate(titles):
                kind = np.float64 if title == "amount" else np.int32
                columns[f"{table}.{title}"] = filled[:, place].astype(kind)
        made = cls(
            np.array(list(ids), dtype="S16"),
            columns,
            np.array(list(names.get("products", ())), dtype=np.str_),
            np.array(list(names.get("categories", ())), dtype=np.str_),
        )
        return made.chosen(np.argsort(made.ids, kind="stable"))

    def chosen(self, customers: "Array") -> "Ledger":
        """Only these customers (indexes), in this order, with all that is theirs."""
        import numpy as np

        place = np.full(self.customers, -1, np.int32)
        place[customers] = np.arange(len(customers))
        columns: dict[str, Array] = {}
        orders = np.flatnonzero(place[self["orders.customer"]] >= 0)
        order_place = np.full(len(self["orders.customer"]), -1, np.int32)
        order_place[orders] = np.arange(len(orders))
        for table, titles in SHAPE.items():
            moved = (place if titles[0] == "customer" else order_place)[self[f"{table}.{titles[0]}"]]
            kept = np.flatnonzero(moved >= 0)
            columns[f"{table}.{titles[0]}"] = moved[kept]
            for title in titles[1:]:
                columns[f"{table}.{title}"] = self[f"{table}.{title}"][kept]
        return Ledger(self.ids[customers], columns, self.products, self.categories)

    def sampled(self, share: float) -> "Ledger":
        """About that share of the customers, always the same ones: ids are hashes, so those that sort first will do."""
        import numpy as np

        first = np.frombuffer(self.ids.tobytes(), dtype=np.uint8).reshape(-1, 16)[:, :4].astype(np.int64)
        letters = np.where(first >= ord("a"), first - ord("a"), first - ord("2") + 26)
        place = letters @ (32 ** np.arange(3, -1, -1))
        return self if share >= 1 else self.chosen(np.flatnonzero(place < share * 32**4))

    def standing(self, day: int) -> "tuple[Array, Array]":
        """(rows of orders that stood when `day` began, what each was worth by then, NaN where that is not known)."""
        import numpy as np

        early = self["refunds.day"] < day
        back = np.bincount(
            self["refunds.order"][early], self["refunds.amount"][early], minlength=len(self["orders.day"])
        )
        gone = self["orders.gone"]
        rows = np.flatnonzero(
            (self["orders.known"] < day)
            & (self["orders.day"] < day)
            & ((gone == 0) | (gone >= day))
            & ((back <= 0) | (self["orders.amount"] > back) | np.isnan(back))
            & ~(self["orders.amount"] < 0)  # a credit note is no purchase; what is not known may be one
        )
        return rows, np.maximum(self["orders.amount"][rows] - back[rows], LEAST_AMOUNT)

    def purchases(self, day: int) -> "Purchases":
        """What was known when `day` began, one purchase a customer and day."""
        from chalicelib.segment.predict.history import Purchases

        rows, worth = self.standing(day)
        return Purchases.of(self["orders.customer"][rows], self["orders.day"][rows], worth, self.customers)

    def items(self, day: int) -> Items:
        """What was in the orders that stood when `day` began."""
        import numpy as np

        rows, _ = self.standing(day)
        stands = np.zeros(len(self["orders.day"]), bool)
        stands[rows] = True
        order = self["lines.order"]
        kept = stands[order]
        order = order[kept]
        return Items(
            self["orders.customer"][order],
            self["orders.day"][order],
            self["lines.product"][kept],
            self["lines.category"][kept],
            order,
        )

    def answers(self, day: int) -> "tuple[Array, Array, Array]":
        """(customer, day, hour of their clock) of opens and clicks before `day`."""
        early = self["answers.day"] < day
        return self["answers.customer"][early], self["answers.day"][early], self["answers.hour"][early]

    def looks(self, day: int) -> "tuple[Array, Array, Array]":
        """(customer, day, product) of what was looked at, wished for or put into the cart before `day`."""
        early = self["looks.day"] < day
        return self["looks.customer"][early], self["looks.day"][early], self["looks.product"][early]

    def offers(self, day: int) -> "Offers":
        """Coupons granted before `day`; one used on `day` or later counts as not used."""
        import numpy as np

        from chalicelib.segment.predict.coupon import Offers

        early = self["offers.start"] < day
        used = self["offers.used"][early]
        number = int(early.sum())
        return Offers(
            self["offers.customer"][early],
            self["offers.start"][early],
            self["offers.end"][early],
            np.where(used < day, used, 0),
            np.ones(number),
            np.zeros(number),
        )

    def coupon_days(self, day: int) -> "Array":
        """Per customer: days before `day` on which a code was used on anything."""
        import numpy as np

        rows, _ = self.standing(day)
        rows = rows[self["orders.coupon"][rows] > 0]
        keys = np.unique(self["orders.customer"][rows].astype(np.int64) * (1 << 24) + self["orders.day"][rows])
        return np.bincount(keys >> 24, minlength=self.customers).astype(float)

    def to_bytes(self) -> bytes:
        named = {"ids": self.ids, "products": self.products, "categories": self.categories}
        return packed.pack(named | dict(self.columns))

    @classmethod
    def from_bytes(cls, raw: bytes) -> "Ledger":
        held = packed.unpack(raw)
        columns = {name: array for name, array in held.items() if "." in name}
        return cls(held["ids"], columns, held["products"], held["categories"])


def join(parts: Iterable[Ledger]) -> Ledger:
    """All parts as one; of a customer who is in several, what the first of them has."""
    import numpy as np

    held = list(parts) or [Ledger.of([], {}, {})]
    products, product_places = _joined([part.products for part in held])
    categories, category_places = _joined([part.categories for part in held])
    places = {"product": product_places, "category": category_places}
    starts = np.cumsum([0, *(part.customers for part in held)])
    order_starts = np.cumsum([0, *(len(part["orders.day"]) for part in held)])
    columns: dict[str, Array] = {}
    for table, titles in SHAPE.items():
        for title in titles:
            moved = []
            for number, part in enumerate(held):
                values = part[f"{table}.{title}"]
                if title in places:
                    values = _renamed(values, places[title][number])
                elif title in POINTS_AT:
                    values = values + np.int32((starts if title == "customer" else order_starts)[number])
                moved.append(values)
            columns[f"{table}.{title}"] = np.concatenate(moved)
    ids = np.concatenate([part.ids for part in held])
    whole = Ledger(ids, columns, products, categories)
    _, first = np.unique(ids, return_index=True)
    return whole.chosen(first)


def _joined(names: "list[Array]") -> "tuple[Array, list[Array]]":
    """All names once, and for each list where its names went."""
    import numpy as np

    every = np.unique(np.concatenate([*names, np.empty(0, np.str_)]))
    return every, [np.searchsorted(every, each) for each in names]


def _renamed(values: "Array", place: "Array") -> "Array":
    import numpy as np

    if not len(place):
        return values
    return np.where(values >= 0, place[np.maximum(values, 0)], -1).astype(values.dtype)
