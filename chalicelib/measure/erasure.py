"""Makes a person unrecognisable in what the numbers are counted from; the numbers stay as they are.

The digests of facts and the order book know customers and orders by id. For an
erased person each is replaced by a pseudonym that is the same within the
erasure and follows from a key that is thrown away with it, so a flow entered
and an order paid still belong together and lead to nobody. Refuses to touch
published numbers: nobody is named there.
"""

from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Any

from chalicelib.aws.services import Services
from chalicelib.measure import archive
from chalicelib.measure.facts import Fact
from chalicelib.measure.jobs import BOOK

Rename = Callable[[str], str]

_ORDER = {"placed": 3, "paid": 3, "cancelled": 3, "refunded": 3, "entered": 4}
"""Kind of fact → where in it an order (or the run that one began) is named."""


def find(services: Services, profile_ids: Collection[str], days: Collection[date]) -> Iterator[tuple[str, Any]]:
    """(object, what it holds) of every fact and order that is theirs."""
    for day in days:
        digest = services.data.get_json(archive.digest_object(day)) or {"facts": {}}
        for fact in digest["facts"].values():
            if fact[2] in profile_ids:
                yield archive.digest_object(day), fact
    for order_id, booking in (services.data.get_json(BOOK) or {}).items():
        if booking[0] in profile_ids:
            yield BOOK, [order_id, *booking]


def remove(services: Services, profile_ids: Collection[str], days: Collection[date], rename: Rename) -> int:
    """Put pseudonyms in place of their ids; how many facts and orders were changed."""
    changed = 0
    for day in days:
        name = archive.digest_object(day)
        digest = services.data.get_json(name)
        if digest is None:
            continue
        theirs = {key: fact for key, fact in digest["facts"].items() if fact[2] in profile_ids}
        if theirs:
            digest["facts"] |= {key: _renamed(fact, rename) for key, fact in theirs.items()}
            services.data.put_json(name, digest)
            changed += len(theirs)
    book = services.data.get_json(BOOK) or {}
    orders = {order_id for order_id, booking in book.items() if booking[0] in profile_ids}
    if orders:
        for order_id in orders:
            booking = book.pop(order_id)
            book[rename(order_id)] = [rename(booking[0]), *booking[1:]]
        services.data.put_json(BOOK, book)
    return changed + len(orders)


def _renamed(fact: Fact, rename: Rename) -> Fact:
    place = _ORDER.get(fact[0])
    return [
        rename(value) if isinstance(value, str) and number in (2, place) and value else value
        for number, value in enumerate(fact)
    ]
