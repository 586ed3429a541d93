"""What was observed of many customers, as columns: gathered by slices, put together, learnt from.

Arrays of numbers and of text, nothing else, so that a slice can be stored with
`arrays` and come back with `Columns(**stored)` without pickling. Refuses to
hold an identifier: a customer is an index.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.segment.observed import Observed
    from chalicelib.segment.predict.history import Purchases

    Array = NDArray[Any]


@dataclass(frozen=True)
class Columns:
    """One row a customer, a purchase (by customer and day), a purchase's category, a habit, a trial of habits."""

    looks: "Array"
    """Per customer: products viewed in 90 days …"""
    bought: "Array"
    """… and orders in the same days."""

    customer: "Array"
    day: "Array"
    amount: "Array"
    order: "Array"
    """Per purchase: whose, local day number, whole units, and the how manieth of the customer it is, from 1."""

    category_row: "Array"
    category: "Array"
    """Row of the purchase, index in `categories`."""
    categories: "Array"

    habit_customer: "Array"
    habit: "Array"
    habit_days: "Array"
    """Whose, index in `habits`, on how many days it showed."""
    habits: "Array"

    trial_customer: "Array"
    trial: "Array"
    trial_days: "Array"
    """Whose, index in `trials`, on how many days it could have shown."""
    trials: "Array"

    @property
    def customers(self) -> int:
        return len(self.looks)

    @property
    def arrays(self) -> "dict[str, Array]":
        return {each.name: getattr(self, each.name) for each in fields(self)}

    @property
    def purchases(self) -> "Purchases":
        """As the predictions take them."""
        from chalicelib.segment.predict.history import Purchases

        return Purchases.of(self.customer, self.day, self.amount, self.customers)


def columns_of(observed: "Sequence[Observed]") -> Columns:
    """The columns of some customers, in the order given."""
    import numpy as np

    whole = [[], [], [], []]  # type: list[list[Any]]
    rows: list[int] = []
    names: list[str] = []
    for who, each in enumerate(observed):
        for number, purchase in enumerate(each.purchases, 1):
            rows += [len(whole[0])] * len(purchase.categories)
            names += purchase.categories
            for column, value in zip(whole, (who, purchase.day, purchase.amount, number), strict=True):
                column.append(value)
    categories, category = _indexed(names)
    habit = _counted([each.times for each in observed])
    trial = _counted([each.days for each in observed])
    return Columns(
        looks=np.array([each.looks for each in observed], np.int32),
        bought=np.array([each.bought for each in observed], np.int32),
        customer=np.array(whole[0], np.int32),
        day=np.array(whole[1], np.int32),
        amount=np.array(whole[2], np.float64),
        order=np.array(whole[3], np.int32),
        category_row=np.array(rows, np.int32),
        category=category,
        categories=categories,
        habit_customer=habit[0],
        habit=habit[1],
        habit_days=habit[2],
        habits=habit[3],
        trial_customer=trial[0],
        trial=trial[1],
        trial_days=trial[2],
        trials=trial[3],
    )


def join(parts: "Sequence[Columns]") -> Columns:
    """The columns of all slices, customers numbered through in the order of the parts."""
    import numpy as np

    parts = [*parts] or [columns_of([])]
    before = np.cumsum([0, *(each.customers for each in parts)])
    rows_before = np.cumsum([0, *(len(each.customer) for each in parts)])

    def together(name: str, offsets: "Iterable[Any] | None" = None) -> "Array":
        added = offsets if offsets is not None else [0] * len(parts)
        return np.concatenate([getattr(part, name) + more for part, more in zip(parts, added, strict=False)])

    def named(name: str, index: str) -> "tuple[Array, Array]":
        names, place = np.unique(np.concatenate([getattr(part, name) for part in parts]), return_inverse=True)
        starts = np.cumsum([0, *(len(getattr(part, name)) for part in parts)])
        return names, np.concatenate(
            [place[start:][getattr(part, index)] for part, start in zip(parts, starts, strict=False)]
        ).astype(np.int32)

    categories, category = named("categories", "category")
    habits, habit = named("habits", "habit")
    trials, trial = named("trials", "trial")
    return Columns(
        **{name: together(name) for name in ("looks", "bought", "day", "amount", "order", "habit_days", "trial_days")},
        **{name: together(name, before) for name in ("customer", "habit_customer", "trial_customer")},
        category_row=together("category_row", rows_before),
        category=category,
        categories=categories,
        habit=habit,
        habits=habits,
        trial=trial,
        trials=trials,
    )


def _indexed(names: "Sequence[str]") -> "tuple[Array, Array]":
    """(distinct names in order, index of each)."""
    import numpy as np

    distinct, index = np.unique(np.array(names, np.str_), return_inverse=True)
    return distinct, index.astype(np.int32)


def _counted(each: "Sequence[Any]") -> "tuple[Array, Array, Array, Array]":
    """(customer, index of the name, number, names) of a mapping name → number for each customer."""
    import numpy as np

    rows = [(who, name, number) for who, counts in enumerate(each) for name, number in counts.items()]
    names, index = _indexed([name for _, name, _ in rows])
    return np.array([row[0] for row in rows], np.int32), index, np.array([row[2] for row in rows], np.int32), names
