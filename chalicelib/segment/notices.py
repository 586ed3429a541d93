"""Which of the products that lately changed this customer wants to hear of: one fact a customer, product and change.

Pure: `(customer, changed products, now, thresholds) → facts`. Their ids name
the change, so however often a slice computes them each is logged once; who was
told under a profile that has since become part of this one is not told again,
which `was_told` answers. Refuses to tell of what she bought since, of a price she was never shown, and of more
than a handful at once: a sale of everything is a campaign's subject.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib import clock, ids
from chalicelib.catalogue.changes import Changed, Thresholds
from chalicelib.catalogue.product import Product
from chalicelib.events import BackInStock, Event, LowStock, PriceDropped
from chalicelib.money import Money
from chalicelib.profile.customer import Customer

SOURCE = "catalogue"
AT_ONCE = 10
"""At most so many facts of a kind a customer and run: the largest falls, the newest interests."""
Earlier = list[tuple[str, str]]
"""Where the log would hold a fact had it been told under an earlier profile: partition and id."""
_LOOKS = ("viewed", "added", "removed", "wished")


class Interest(NamedTuple):
    """What a customer had to do with a product: when last, whether it is wished or in the cart, looks, price seen."""

    at: datetime
    is_wanted: bool
    looked: tuple[datetime, ...]
    seen: Money | None


def notices(
    customer: Customer,
    changed: Mapping[str, Changed],
    now: datetime,
    thresholds: Thresholds,
    was_told: Callable[[Earlier], bool] = lambda earlier: False,
) -> Iterator[Event]:
    """The facts to log for a customer; `changed` by product id."""
    interests = {
        product_id: interest
        for product_id, interest in _interests(customer, changed, now - thresholds.seen_within).items()
        if not _has_bought(customer, product_id, interest.at)
    }
    ranked = sorted(interests.items(), key=lambda each: (each[1].at, each[0]), reverse=True)
    wanted = [(changed[product_id], interest) for product_id, interest in ranked]
    for found in (_price_drops(wanted, thresholds), _returns(wanted), _last_pieces(wanted)):
        for kind, news, changed_at, figures in found:
            ids_of = {each: _id(kind, each, news, changed_at) for each in {*customer.identities, customer.profile_id}}
            fact_id = ids_of.pop(customer.profile_id)
            if not ids_of or not was_told(sorted(ids_of.items())):
                yield kind(**_about(customer, fact_id, news.product, now), **figures)


Found = Iterator[tuple[type[Event], Changed, datetime, dict[str, Any]]]
"""Kind of fact, the product, when it changed, the fact's own figures."""


def _price_drops(wanted: Iterable[tuple[Changed, Interest]], thresholds: Thresholds) -> Found:
    falls = []
    for news, interest in wanted:
        price, seen = news.product.price, interest.seen
        if news.fell_at is None or news.product.stock == 0 or price is None or seen is None:
            continue
        if thresholds.is_fall(seen, price):
            figures = {"seen": seen, "price": price}
            falls.append((price.amount / seen.amount, news.product.product_id, news, news.fell_at, figures))
    for _, _, news, fell_at, figures in sorted(falls, key=lambda fall: fall[:2])[:AT_ONCE]:
        yield PriceDropped, news, fell_at, figures


def _returns(wanted: Iterable[tuple[Changed, Interest]]) -> Found:
    told = 0
    for news, interest in wanted:
        since, back_at = news.gone_since, news.back_at
        if since is None or back_at is None or news.product.stock == 0 or told == AT_ONCE:
            continue
        found_until = back_at + timedelta(hours=1)  # it came back some time in the hour of the run
        if interest.is_wanted or any(since <= at < found_until for at in interest.looked):
            told += 1
            yield BackInStock, news, back_at, {}


def _last_pieces(wanted: Iterable[tuple[Changed, Interest]]) -> Found:
    told = 0
    for news, interest in wanted:
        left = news.product.stock
        if news.low_at is not None and left and interest.is_wanted and told < AT_ONCE:
            told += 1
            yield LowStock, news, news.low_at, {"left": left}


def _id(kind: type[Event], profile_id: str, news: Changed, changed_at: datetime) -> str:
    return ids.event_id(SOURCE, kind.name, profile_id, news.product.product_id, clock.to_text(changed_at))


def _about(customer: Customer, fact_id: str, product: Product, now: datetime) -> dict[str, Any]:
    return {
        "id": fact_id,
        "occurred_at": now,
        "received_at": now,
        "source": SOURCE,
        "who": {"profile": customer.profile_id},
        "product_id": product.product_id,
        "title": product.title,
    }


def _interests(customer: Customer, changed: Mapping[str, Changed], since: datetime) -> dict[str, Interest]:
    """Product → interest, for the changed ones that the customer met since then or still wants."""
    looks: dict[str, list[tuple[datetime, Money | None]]] = {}
    for act in customer.recent:
        if act.product_id in changed and act.kind in _LOOKS and act.at >= since:
            looks.setdefault(act.product_id, []).append((act.at, act.price))
    wanted = set()
    for product_id, wish in customer.wishes.items():
        if product_id in changed and wish.at >= since:
            looks.setdefault(product_id, []).append((wish.at, wish.price))
            wanted.add(product_id)
    cart = customer.cart
    if cart is not None and cart.at >= since:
        for line in cart.lines:
            if line.product_id in changed:
                shown = line.price if line.price.currency and line.price.amount else None
                looks.setdefault(line.product_id, []).append((cart.at, shown))
                wanted.add(line.product_id)
    found = {}
    for product_id, each in looks.items():
        each.sort(key=lambda look: (look[0], look[1] is not None))
        seen = next((price for _, price in reversed(each) if price is not None), None)
        found[product_id] = Interest(each[-1][0], product_id in wanted, tuple(at for at, _ in each), seen)
    return found


def _has_bought(customer: Customer, product_id: str, since: datetime) -> bool:
    orders = (order for order in customer.orders.values() if order.placed_at >= since and order.status != "cancelled")
    return any(line.product_id == product_id for order in orders for line in order.lines)
