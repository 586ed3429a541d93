"""A store's purchases as columns, one a customer and local day, and what of them was known at a date.

Every feature of a prediction is read from `Purchases.before(day)`: nothing at or past
the snapshot is in it, so no feature can see what it is to predict. Refuses to
hold what was bought; see `replenishment` and `recommend` for that.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


@dataclass(frozen=True)
class Purchases:
    """Columns sorted by customer and day: index of the customer, local day number, amount (NaN: unknown)."""

    customer: "Array"
    day: "Array"
    amount: "Array"
    customers: int

    @classmethod
    def of(cls, customer: "Array", day: "Array", amount: "Array", customers: int) -> "Purchases":
        """From order rows in any order: the rows of one customer and day become one purchase; nothing paid, none.

        What is known of its rows is its amount.
        """
        import numpy as np

        base = int(day.min(initial=0))
        width = int(day.max(initial=0)) - base + 1
        keys, place = np.unique(customer.astype(np.int64) * width + (day - base), return_inverse=True)
        is_known = np.isfinite(amount)
        amounts = np.bincount(place, weights=np.where(is_known, amount, 0.0), minlength=len(keys)).astype(float)
        amounts[np.bincount(place, weights=is_known, minlength=len(keys)) == 0] = np.nan
        paid = np.isnan(amounts) | (amounts > 0)
        return cls((keys // width)[paid], (keys % width + base)[paid], amounts[paid], customers)

    def between(self, first: int, end: int) -> "Purchases":
        """Those of the days `first` up to, and without, `end`."""
        kept = (self.day >= first) & (self.day < end)
        return Purchases(self.customer[kept], self.day[kept], self.amount[kept], self.customers)

    def before(self, day: int) -> "Purchases":
        """What was known when `day` began."""
        return self.between(-(1 << 40), day)

    @cached_property
    def number(self) -> "Array":
        """Purchases per customer."""
        import numpy as np

        return np.bincount(self.customer, minlength=self.customers)

    @cached_property
    def spent(self) -> "Array":
        """Amount per customer, as far as it is known."""
        import numpy as np

        return np.bincount(self.customer, weights=np.nan_to_num(self.amount), minlength=self.customers)

    @cached_property
    def priced(self) -> "Array":
        """Purchases per customer whose amount is known."""
        import numpy as np

        return np.bincount(self.customer, weights=np.isfinite(self.amount), minlength=self.customers)

    @cached_property
    def first(self) -> "Array":
        """Day of the first purchase per customer; the greatest integer for none."""
        import numpy as np

        found = np.full(self.customers, np.iinfo(np.int64).max)
        np.minimum.at(found, self.customer, self.day)
        return found

    @cached_property
    def last(self) -> "Array":
        """Day of the last purchase per customer; -1 for none."""
        import numpy as np

        found = np.full(self.customers, -1)
        np.maximum.at(found, self.customer, self.day)
        return found

    @cached_property
    def gaps(self) -> tuple["Array", "Array"]:
        """(customer, days) between each purchase and the one before it."""
        import numpy as np

        same = self.customer[1:] == self.customer[:-1]
        return self.customer[1:][same], np.diff(self.day)[same]

    def recent(self, day: int, days: int) -> "Array":
        """Purchases per customer in the `days` before `day`."""
        return self.between(day - days, day).number
