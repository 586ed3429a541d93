"""Which message an order is owed to: the last one its customer clicked before paying.

Last touch by click: of the customer's clicks by a person in the `window` before
the order was paid, the latest has the whole credit; an order has one credit or
none. Opens never count, a machine's clicks never count. The same facts in any
order and any number give the same credits. Refuses to split credit; first touch
and linear are other reports.
"""

from bisect import bisect_right, insort
from collections.abc import Callable
from typing import NamedTuple

from chalicelib.measure.orders import Book


class Click(NamedTuple):
    """A click by a person: ms, the message and its definition, and the link's number."""

    when: int
    message_id: str
    definition: str
    link: int = 0


class Touches:
    """Clicks by customer, ready to be asked for the last before an instant."""

    def __init__(self) -> None:
        self._clicks: dict[str, list[Click]] = {}

    def add(self, customer: str, click: Click) -> None:
        insort(self._clicks.setdefault(customer, []), click)

    def last(self, customer: str, paid: int, window: int) -> Click | None:
        clicks = self._clicks.get(customer, [])
        found = bisect_right(clicks, paid, key=lambda click: click.when)
        if found and clicks[found - 1].when >= paid - window:
            return clicks[found - 1]
        return None


def credit(book: Book, touches: Touches, customer_of: Callable[[str], str], since: int, window: int) -> None:
    """Write the credit of every order paid at or after `since` into the book; earlier ones keep theirs.

    `window` in ms; `customer_of` gives the present profile id of one that may have been merged.
    """
    for order in book.values():
        if order.paid >= since:
            click = touches.last(customer_of(order.profile_id), order.paid, window)
            order.definition, order.message_id = (click.definition, click.message_id) if click else ("", "")


def mark_repeats(book: Book, customer_of: Callable[[str], str], first_paid: Callable[[str], int]) -> None:
    """Tell each counting order whether its customer had paid for another before it.

    `first_paid` is the customer's first payment known to the profile, in ms (any early one will do),
    0 = unknown: it may lie before the book begins.
    """
    seen: set[str] = set()
    for _, order in sorted(book.items(), key=lambda entry: (entry[1].paid, entry[0])):
        if order.counts:
            customer = customer_of(order.profile_id)
            earlier = first_paid(customer)
            order.repeat = customer in seen or 0 < earlier < order.paid
            seen.add(customer)
