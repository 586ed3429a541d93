"""Which of the products that lately changed this customer wants to hear of: one fact a customer, product and change.

Pure: `(customer, changed products, now, thresholds) → facts`. Their ids name
the change, so however often a slice computes them each is logged once. Refuses
to tell of what she bought since, of a price she was never shown, and of more
than a handful at once: a sale of everything is a campaign's subject.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from chalicelib import clock, ids
from chalicelib.catalogue.changes import Changed, Thresholds
from chalicelib.events import BackInStock, Event, LowStock, PriceDropped
from chalicelib.money import Money
from chalicelib.profile.customer import Customer

SOURCE = "catalogue"
AT_ONCE = 10
"""At most so many facts of a kind a customer and run: the largest falls, the newest interests."""
_LOOKS = ("viewed", "added", "removed", "wished")


class Interest(NamedTuple):
    """What a customer had to do with a product: when last, whether it is wished or in the cart, looks, price seen."""

    at: datetime
    is_wanted: bool
    looked: tuple[datetime, ...]
    seen: Money | None


def notices(
    customer: Customer, changed: Mapping[str, Changed], now: datetime, thresholds: Thresholds
) -> Iterator[Event]:
    """The facts to log for a customer; `changed` by product id."""
    interests = {
        product_id: interest
        for product_id, interest in _interests(customer, changed, now - thresholds.seen_within).items()
        if not _has_bought(customer, product_id, interest.at)
    }
    ranked = sorted(interests.items(), key=lambda each: (each[1].at, each[0]), reverse=True)
    wanted = [(changed[product_id], interest) for product_id, interest in ranked]
    yield from _price_drops(customer, wanted, now, thresholds)
    yield from _returns(customer, wanted, now)
    yield from _last_pieces(customer, wanted, now)


def _price_drops(
    customer: Customer, wanted: Iterable[tuple[Changed, Interest]], now: datetime, thresholds: Thresholds
) -> Iterator[Event]:
    falls = []
    for news, interest in wanted:
        price, seen = news.product.price, interest.seen
        if news.fell_at is None or news.product.stock == 0 or price is None or seen is None:
            continue
        if thresholds.is_fall(seen, price):
            falls.append((price.amount / seen.amount, news.product.product_id, news, seen, price))
    for _, _, news, seen, price in sorted(falls, key=lambda fall: fall[:2])[:AT_ONCE]:
        yield PriceDropped(**_about(customer, news, news.fell_at, "price dropped", now), seen=seen, price=price)


def _returns(customer: Customer, wanted: Iterable[tuple[Changed, Interest]], now: datetime) -> Iterator[Event]:
    told = 0
    for news, interest in wanted:
        since, back_at = news.gone_since, news.back_at
        if since is None or back_at is None or news.product.stock == 0 or told == AT_ONCE:
            continue
        found_until = back_at + timedelta(hours=1)  # it came back some time in the hour of the run
        if interest.is_wanted or any(since <= at < found_until for at in interest.looked):
            told += 1
            yield BackInStock(**_about(customer, news, back_at, "back in stock", now))


def _last_pieces(customer: Customer, wanted: Iterable[tuple[Changed, Interest]], now: datetime) -> Iterator[Event]:
    told = 0
    for news, interest in wanted:
        left = news.product.stock
        if news.low_at is not None and left and interest.is_wanted and told < AT_ONCE:
            told += 1
            yield LowStock(**_about(customer, news, news.low_at, "low stock", now), left=left)


def _about(customer: Customer, news: Changed, changed_at: datetime | None, kind: str, now: datetime) -> dict[str, Any]:
    product = news.product
    occurrence = clock.to_text(changed_at) if changed_at else ""
    return {
        "id": ids.event_id(SOURCE, kind, customer.profile_id, product.product_id, occurrence),
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
